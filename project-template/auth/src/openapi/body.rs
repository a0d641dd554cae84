//! How bodies are described that no type is made of.

/// Declares what a body holds. Handlers read requests field by field (see [`crate::http::Fields`]) and put answers together
/// from parts, so the struct describes and does nothing else; `tests/openapi.rs` holds it against what the handler does.
macro_rules! bodies {
    ($($body:item)*) => {$(
        #[derive(utoipa::ToSchema)]
        #[expect(dead_code, reason = "it describes a body")]
        $body
    )*};
}
pub(crate) use bodies;
