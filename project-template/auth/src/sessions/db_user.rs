use std::ops::Deref;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use uuid::Uuid;

use super::Holder;
use super::credential::{self, session_over};
use super::{holder, is_live};
use crate::Auth;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::mail::Recipient;
use crate::users::{self, User};

/// The user as the database has them now, with an active session: for actions too important to trust a token alone.
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

impl<'u> From<&'u DbUser> for Recipient<'u> {
    fn from(user: &'u DbUser) -> Self {
        Self::from(&user.user)
    }
}

impl DbUser {
    /// Locks the account, if the session of the request is still active: another request may have ended it.
    pub(crate) async fn hold(&self, auth: &Auth, tx: &mut Tx) -> Result<()> {
        users::hold(tx, self.id).await?;
        if is_live(auth, tx, self.session).await? { Ok(()) } else { Err(session_over()) }
    }
}

impl FromRequestParts<Auth> for DbUser {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, auth: &Auth) -> Result<Self> {
        let claims = credential::access_claims(auth, parts)?;
        let user = holder::live_user(auth, claims.session, auth.now()).await?;
        match user.filter(|user| Holder::from(user).accepts(&claims)) {
            Some(user) => Ok(Self { user, session: claims.session }),
            None => Err(session_over()),
        }
    }
}
