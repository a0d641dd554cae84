//! The signed-in user as the database has them, as an argument of a handler.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use uuid::Uuid;

use super::credential;
use crate::app::Auth;
use crate::error::{Error, Result};
use crate::tokens::AccessClaims;
use crate::users::{self, User};

/// The user as the database has them now, whose session lives now: for what is too important to trust a token alone.
///
/// ```no_run
/// use auth::DbUser;
///
/// async fn profile(user: DbUser) -> String {
///     format!("{} <{}>", user.first_name, user.email)
/// }
/// # axum::Router::<auth::Auth>::new().route("/profile/", axum::routing::get(profile));
/// ```
#[derive(Clone, Debug)]
pub struct DbUser {
    /// The account.
    pub user: User,
    /// The session of the access token.
    pub session: Uuid,
}

impl Deref for DbUser {
    type Target = User;

    fn deref(&self) -> &User {
        &self.user
    }
}

impl FromRequestParts<Auth> for DbUser {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, auth: &Auth) -> Result<Self> {
        let claims = credential::access_claims(auth, parts)?;
        let user = users::store::by_session(auth.db(), claims.session, auth.now()).await?;
        match user.filter(|user| user.accepts(&claims)) {
            Some(user) => Ok(Self { user, session: claims.session }),
            None => Err(session_over()),
        }
    }
}

/// 401: the session of a genuine access token has ended.
pub(crate) fn session_over() -> Error {
    Error::refused(StatusCode::UNAUTHORIZED, "Session is no longer active.", "token_not_valid")
}

/// The claims of the access token that came with a request: that of a live session, if `tokens.session_check` is on.
pub(super) async fn authenticated(auth: &Auth, parts: &Parts) -> Result<Arc<AccessClaims>> {
    let claims = credential::access_claims(auth, parts)?;
    let checked = auth.settings().tokens.session_check;
    if checked && !auth.liveness().check(auth.db(), &claims, auth.now()).await? {
        return Err(session_over());
    }
    Ok(claims)
}
