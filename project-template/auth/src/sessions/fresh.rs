use std::ops::Deref;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use time::OffsetDateTime;

use super::CurrentUser;
use crate::Auth;
use crate::clock;
use crate::error::{Error, Result, refusals};

refusals! {
    /// The session did not begin within the last five minutes.
    NotFresh = FORBIDDEN, "sign_in_again", "Sign in again, then repeat this within five minutes.";
}

/// How long a proof of identity counts as fresh (OWASP ASVS 5.0, 7.5).
const FRESH: Duration = Duration::from_mins(5);

/// `proven`: in seconds since 1970.
pub(crate) fn is_fresh(proven: i64, now: OffsetDateTime) -> bool {
    clock::is_recent(proven, now, FRESH)
}

impl CurrentUser {
    pub(crate) fn is_fresh(&self, now: OffsetDateTime) -> bool {
        self.proven_at().is_some_and(|proven| is_fresh(proven.unix_timestamp(), now))
    }
}

/// A signed-in user who proved who they are within the last five minutes, for actions that an open browser or a stolen
/// token must not allow: at the sign-in, or at `reauthenticate/`; a refresh proves nothing. Others get 403
/// `sign_in_again`: have them prove it again, and repeat the request.
///
/// ```no_run
/// use auth::Fresh;
///
/// async fn close_account(user: Fresh) -> String {
///     format!("user {} signed in just now", user.id())
/// }
/// # axum::Router::<auth::Auth>::new().route("/close/", axum::routing::post(close_account));
/// ```
#[derive(Clone, Debug)]
pub struct Fresh(CurrentUser);

impl Deref for Fresh {
    type Target = CurrentUser;

    fn deref(&self) -> &CurrentUser {
        &self.0
    }
}

impl FromRequestParts<Auth> for Fresh {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, auth: &Auth) -> Result<Self> {
        let user = CurrentUser::from_request_parts(parts, auth).await?;
        if user.is_fresh(auth.now()) { Ok(Self(user)) } else { Err(NotFresh.into()) }
    }
}
