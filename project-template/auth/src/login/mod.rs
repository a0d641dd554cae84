//! Signing in. Every way in ends at `complete`.

mod routes;

pub(crate) use routes::{checked, router};

use std::time::Duration;

use time::OffsetDateTime;

use crate::app::Auth;
use crate::audit::{self, Event, Kind, Reason};
use crate::email_verification;
use crate::error::Result;
use crate::http::Client;
use crate::sessions::{self, Issued};
use crate::users::{self, User};

/// How long a proof of who somebody is stands for another one, where something takes a fresh proof (OWASP ASVS 5.0, 7.5).
const FRESH: Duration = Duration::from_mins(5);

/// Whether a proof that was given at a time, in seconds since 1970, is a fresh one.
pub(crate) fn is_fresh(proven: i64, now: OffsetDateTime) -> bool {
    now.unix_timestamp().saturating_sub(proven) < FRESH.as_secs().cast_signed()
}

/// Begins a session for a user who has proven who they are; none if the account was changed or deactivated since the
/// proof was checked.
///
/// # Errors
/// 401 `email_not_verified` where only verified addresses sign in; 403 `too_many_devices`; what a hook refuses with.
pub(crate) async fn complete(auth: &Auth, user: &User, client: &Client) -> Result<Option<Issued>> {
    complete_as(auth, user, client, None).await
}

/// As [`complete`], with what the audit log is to say about it.
pub(crate) async fn complete_as(
    auth: &Auth,
    user: &User,
    client: &Client,
    way: Option<Reason>,
) -> Result<Option<Issued>> {
    let refused = |reason| audit::note(auth, Event::of(Kind::SignInFailed, user).because(reason));
    email_verification::require(auth, user).inspect_err(|_| refused(Reason::NotVerified))?;
    auth.hooks().before_login(auth, user).await.inspect_err(|_| refused(Reason::Vetoed))?;
    let claims = sessions::user_claims(auth, user).await?;
    let mut tx = auth.db().begin().await?;
    let before = user;
    let Some(user) = users::store::touch_login(&mut tx, user, auth.now()).await? else {
        refused(Reason::Changed);
        return Ok(None);
    };
    audit::notices::new_device(auth, &mut tx, before, client).await?;
    let evicted = sessions::make_room(auth, &mut tx, user.id).await?;
    let issued = sessions::start(auth, &mut tx, &user, &claims, client).await?;
    let event = Event::of(Kind::SignIn, &user).session(issued.session);
    audit::record(auth, &mut tx, way.into_iter().fold(event, Event::because)).await?;
    evicted.commit(auth, tx).await?;
    Ok(Some(issued))
}
