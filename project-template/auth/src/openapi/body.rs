/// Handlers read field by field (see [`crate::http::Fields`]); `tests/openapi.rs` compares the schema with the handler.
macro_rules! bodies {
    ($($body:item)*) => {$(
        #[derive(utoipa::ToSchema)]
        #[expect(dead_code, reason = "it describes a body")]
        $body
    )*};
}
pub(crate) use bodies;
