//! The token against cross-site request forgery, where a cookie is the credential. A page of another site can make a
//! browser send the cookie, but cannot know the token that belongs to it, even if it can set cookies here.

use axum::http::{HeaderMap, StatusCode};

use crate::Auth;
use crate::error::{Error, Result};

const HEADER: &str = "x-csrftoken";
pub(crate) const REFUSED: &str = "csrf_failed";

pub(crate) fn token(auth: &Auth, credential: &str) -> String {
    auth.tokens().mac_text(credential, auth.now())
}

pub(crate) fn is_token(auth: &Auth, credential: &str, token: &str) -> bool {
    auth.tokens().has_mac_text(credential, token)
}

/// The token is in the header, or else in `field` of a form.
pub(crate) fn check(auth: &Auth, headers: &HeaderMap, field: Option<&str>, credential: &str) -> Result<()> {
    let header = headers.get(HEADER).map(|value| value.to_str().unwrap_or_default());
    let detail = match header.or(field) {
        None => "CSRF Failed: CSRF token missing.",
        Some(token) if !is_token(auth, credential, token) => "CSRF Failed: CSRF token incorrect.",
        Some(_) => return Ok(()),
    };
    Err(Error::refused(StatusCode::FORBIDDEN, detail, REFUSED))
}
