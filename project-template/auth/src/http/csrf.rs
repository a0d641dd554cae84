//! The token against forged requests (cross-site request forgery), where a cookie is the credential: a page of another site
//! can have a browser send the cookie, but knows no token that belongs to it, not even if it can set cookies of its own.

use axum::http::{HeaderMap, StatusCode};

use crate::Auth;
use crate::error::{Error, Result};

/// Where a program puts the token.
const HEADER: &str = "x-csrftoken";
/// The code of a refusal.
pub(crate) const REFUSED: &str = "csrf_failed";

/// What has to come beside a credential: a MAC over what names it. A page of another site does not know it, not even one
/// that can set cookies here.
pub(crate) fn token(auth: &Auth, credential: &str) -> String {
    auth.tokens().mac_text(credential, auth.now())
}

/// Whether this is the token of a credential.
pub(crate) fn is_token(auth: &Auth, credential: &str, token: &str) -> bool {
    auth.tokens().has_mac_text(credential, token)
}

/// Lets a request pass that has the token of its credential, in the header or in `field` of a form.
///
/// # Errors
/// 403 without one, or with another.
pub(crate) fn check(auth: &Auth, headers: &HeaderMap, field: Option<&str>, credential: &str) -> Result<()> {
    let header = headers.get(HEADER).map(|value| value.to_str().unwrap_or_default());
    let detail = match header.or(field) {
        None => "CSRF Failed: CSRF token missing.",
        Some(token) if !is_token(auth, credential, token) => "CSRF Failed: CSRF token incorrect.",
        Some(_) => return Ok(()),
    };
    Err(Error::refused(StatusCode::FORBIDDEN, detail, REFUSED))
}
