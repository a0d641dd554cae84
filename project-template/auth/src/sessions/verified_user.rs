use std::ops::Deref;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;

use super::{CurrentUser, EmailNotVerified};
use crate::Auth;
use crate::error::{Error, Result};

/// Like [`CurrentUser`], if the access token says that the address is verified; others get 403 `email_not_verified`.
#[derive(Clone, Debug)]
pub struct VerifiedUser(CurrentUser);

impl Deref for VerifiedUser {
    type Target = CurrentUser;

    fn deref(&self) -> &CurrentUser {
        &self.0
    }
}

impl FromRequestParts<Auth> for VerifiedUser {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, auth: &Auth) -> Result<Self> {
        let user = CurrentUser::from_request_parts(parts, auth).await?;
        if user.is_verified() { Ok(Self(user)) } else { Err(forbidden()) }
    }
}

/// 403, not 401: signing in again would not help, since the confirmation is missing.
fn forbidden() -> Error {
    let refusal = EmailNotVerified::REFUSAL;
    Error::refused(StatusCode::FORBIDDEN, refusal.detail, refusal.code)
}
