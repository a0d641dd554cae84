//! The signed-in user as an argument of a handler, which then cannot be called without one.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde_json::Value;
use uuid::Uuid;

use crate::Auth;
use crate::error::{Error, Result};
use crate::tokens::AccessClaims;

/// The claims of the request's access token. The database is not asked, unless `tokens.session_check` is on.
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
pub struct CurrentUser(Arc<AccessClaims>);

impl CurrentUser {
    /// The user's id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.0.sub
    }

    /// The role, as it was when the token was made: see [`crate::users::role`].
    #[must_use]
    pub fn role(&self) -> i64 {
        self.0.user.role
    }

    /// Whether the address was verified when the token was made.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.0.user.email_verified
    }

    /// A claim beside those every token has, by its name.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.0.user.extra.get(name)
    }
}

impl Deref for CurrentUser {
    type Target = AccessClaims;

    fn deref(&self) -> &AccessClaims {
        &self.0
    }
}

impl FromRequestParts<Auth> for CurrentUser {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, auth: &Auth) -> Result<Self> {
        super::authenticated(auth, parts).await.map(Self)
    }
}
