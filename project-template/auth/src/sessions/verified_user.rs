//! The signed-in user as an argument, if their address is verified.

use std::ops::Deref;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;

use super::{CurrentUser, EmailNotVerified};
use crate::Auth;
use crate::error::{Error, Result};

/// As [`CurrentUser`], of an address that is verified as far as the access token knows: the claim changes at the next
/// refresh. Everybody else gets 403 `email_not_verified`.
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
        if user.user.email_verified { Ok(Self(user)) } else { Err(forbidden()) }
    }
}

/// Whoever is signed in need not do so again: what is missing is the confirmation.
fn forbidden() -> Error {
    let refusal = EmailNotVerified::REFUSAL;
    Error::refused(StatusCode::FORBIDDEN, refusal.detail, refusal.code)
}
