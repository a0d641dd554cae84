//! The access token of a request.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};

use super::{binding, cookies};
use crate::app::Auth;
use crate::error::{Error, Result, Scheme};
use crate::http::Client;
use crate::tokens::{AccessClaims, Refusal};

/// The claims of the access token that came with a request, or why there are none, for a handler that takes other
/// credentials too.
pub(super) struct Shown(pub(super) Result<Arc<AccessClaims>>);

impl FromRequestParts<Auth> for Shown {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, auth: &Auth) -> Result<Self, Infallible> {
        Ok(Self(access_claims(auth, parts)))
    }
}

/// The claims of the access token that came with a request, in `Authorization` or, if there is no such header, in the cookie;
/// whether or not its session lives.
pub(super) fn access_claims(auth: &Auth, parts: &Parts) -> Result<Arc<AccessClaims>> {
    let has_header = parts.headers.contains_key(header::AUTHORIZATION);
    let cookie = if has_header { None } else { cookies::access_token(auth, &parts.headers) };
    let token = match &cookie {
        Some(token) => Some(token.as_str()),
        None => bearer(&parts.headers)?,
    };
    let token = token.ok_or(Error::NotAuthenticated(Scheme::Bearer))?;
    let refused = |refusal: Refusal| Error::BearerNotValid(refusal.message());
    let claims = auth.tokens().verify_access(token, auth.now()).map_err(refused)?;
    if !binding::holds(auth, &claims, &Client::of(parts, auth)) {
        return Err(refused(Refusal::Invalid));
    }
    if cookie.is_some() && !parts.method.is_safe() {
        cookies::check_csrf(auth, &parts.headers, claims.session)?;
    }
    Ok(claims)
}

/// The token of an `Authorization: Bearer` header (RFC 6750, section 2.1). Another scheme is no credential.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    // What is not ASCII cannot be a token of ours, but it may well be an attempt to send one.
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
