use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};

use super::bearer::bearer;
use super::{binding, cookies};
use crate::Auth;
use crate::error::{Error, Result, Scheme};
use crate::http::Client;
use crate::tokens::{AccessClaims, Refusal};

pub(super) struct Shown(pub(super) Result<Arc<AccessClaims>>);

impl FromRequestParts<Auth> for Shown {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, auth: &Auth) -> Result<Self, Infallible> {
        Ok(Self(access_claims(auth, parts)))
    }
}

/// From `Authorization`, else from the cookie. Does not check whether the session is active.
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
        cookies::check_csrf(auth, &parts.headers, &claims)?;
    }
    Ok(claims)
}

pub(crate) fn session_over() -> Error {
    Error::refused(StatusCode::UNAUTHORIZED, "Session is no longer active.", "token_not_valid")
}

pub(super) async fn authenticated(auth: &Auth, parts: &Parts) -> Result<Arc<AccessClaims>> {
    let claims = access_claims(auth, parts)?;
    let checked = auth.settings().tokens.session_check;
    if checked && !auth.liveness().check(auth, &claims, auth.moment()).await? {
        return Err(session_over());
    }
    Ok(claims)
}
