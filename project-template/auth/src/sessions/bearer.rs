use axum::http::{HeaderMap, StatusCode, header};

use crate::error::{Error, Result};

/// The token of an `Authorization: Bearer` header (RFC 6750, section 2.1). Other schemes are ignored.
pub(super) fn bearer(headers: &HeaderMap) -> Result<Option<&str>> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    // Tokens are ASCII. Any other value is an invalid token, not a missing one.
    let text = value.to_str().unwrap_or("Bearer ?");
    let mut parts = text.split_whitespace();
    if !parts.next().is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer")) {
        return Ok(None);
    }
    match (parts.next(), parts.next()) {
        (Some(token), None) => Ok(Some(token)),
        _ => Err(Error::refused(
            StatusCode::UNAUTHORIZED,
            "Authorization header must contain two space-delimited values",
            "bad_authorization_header",
        )),
    }
}
