//! OpenAPI schemas for bodies that have no Rust type.

/// Declares the schema of a body. Handlers read requests field by field (see [`crate::http::Fields`]) and assemble
/// responses from parts, so the struct only describes; `tests/openapi.rs` compares it with the handler.
macro_rules! bodies {
    ($($body:item)*) => {$(
        #[derive(utoipa::ToSchema)]
        #[expect(dead_code, reason = "it describes a body")]
        $body
    )*};
}
pub(crate) use bodies;
