use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Auth;
use crate::error::{Error, Result};
use crate::tokens::AccessClaims;

/// The credential by which a request is authenticated.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Credential {
    /// The access token of a session.
    AccessToken(Arc<AccessClaims>),
}

/// The user of the request's credential. The database is not asked, unless `tokens.session_check` is on.
///
/// ```no_run
/// use auth::CurrentUser;
///
/// async fn whoami(user: CurrentUser) -> String {
///     format!("user {} with role {}", user.id(), user.role())
/// }
/// # axum::Router::<auth::Auth>::new().route("/whoami/", axum::routing::get(whoami));
/// ```
#[derive(Clone, Debug)]
pub struct CurrentUser(Credential);

impl CurrentUser {
    /// The credential, such as a token with its claims.
    #[must_use]
    pub fn credential(&self) -> &Credential {
        &self.0
    }

    /// The user's id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.token().sub
    }

    /// The role, as it was when the token was made: see [`crate::users::role`].
    #[must_use]
    pub fn role(&self) -> i64 {
        self.token().user.role
    }

    /// Whether the address was verified when the token was made.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.token().user.email_verified
    }

    /// A claim beside those every token has, by its name.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.token().user.extra.get(name)
    }

    /// The session, if the credential belongs to one.
    #[must_use]
    pub fn session(&self) -> Option<Uuid> {
        Some(self.token().session)
    }

    /// When the session began, with a proof of the user's identity; a refresh does not change it.
    #[must_use]
    pub fn signed_in_at(&self) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp(self.token().session_iat).ok()
    }

    /// When the user last proved who they are: at the sign-in, or at `reauthenticate/`.
    #[must_use]
    pub fn proven_at(&self) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp(self.token().proven_at()).ok()
    }

    /// How they did: the claim `amr`, such as `pwd` and `otp`; with `mfa` if by two factors.
    pub fn methods(&self) -> impl Iterator<Item = &str> {
        self.token().amr.iter().map(String::as_str)
    }

    fn token(&self) -> &AccessClaims {
        let Credential::AccessToken(claims) = &self.0;
        claims
    }
}

impl FromRequestParts<Auth> for CurrentUser {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, auth: &Auth) -> Result<Self> {
        let claims = super::authenticated(auth, parts).await?;
        Ok(Self(Credential::AccessToken(claims)))
    }
}
