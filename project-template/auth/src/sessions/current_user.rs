//! The signed-in user as an argument of a handler, which then cannot be called without one.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
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
///     format!("user {} with role {}", user.id(), user.user.role)
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
