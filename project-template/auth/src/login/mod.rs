//! Signing in. Every way in ends at `complete`.

mod routes;

pub(crate) use routes::{checked, router};

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::Auth;
use crate::audit::{self, Event, Kind, Reason};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::http::Client;
use crate::notices;
use crate::sessions::{self, Delivery, Ended, Issued};
use crate::tokens::UserClaims;
use crate::users::{self, User};

/// Begins a session for a user who has proven who they are; none if the account was changed or deactivated since the
/// proof was checked.
///
/// # Errors
/// 401 `email_not_verified` where only verified addresses sign in; 403 `too_many_devices`; what a hook refuses with.
pub(crate) async fn complete(auth: &Auth, user: &User, client: &Client, terms: Terms) -> Result<Option<Issued>> {
    let refused = |reason: Reason| audit::note(auth, Event::of(Kind::SignInFailed, user).because(reason));
    let claims = admit(auth, user, refused).await?;
    let mut tx = auth.db().begin().await?;
    let Some((issued, evicted)) = begin(auth, &mut tx, user, &claims, client, terms).await? else {
        refused(Reason::Changed);
        return Ok(None);
    };
    evicted.commit(auth, tx).await?;
    Ok(Some(issued))
}

/// What a session is to be like, beside whose it is.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    /// What the audit log is to say about the way in.
    pub(crate) way: Option<Reason>,
    /// Whether the browser is to forget it when it is closed.
    pub(crate) forgotten: bool,
}

impl Terms {
    /// Those of an ordinary session.
    pub(crate) fn forgetting(forgotten: bool) -> Self {
        Self { way: None, forgotten }
    }
}

/// Asks whether somebody may sign in, and what their tokens are to say. Hooks are asked, and so never within a transaction:
/// they may need the one connection there is.
///
/// # Errors
/// 401 `email_not_verified`; what a hook refuses with.
pub(crate) async fn admit(auth: &Auth, user: &User, refused: impl Fn(Reason)) -> Result<UserClaims> {
    sessions::require(auth, user).inspect_err(|_| refused(Reason::NotVerified))?;
    auth.hooks().before_login(auth, user).await.inspect_err(|_| refused(Reason::Vetoed))?;
    sessions::user_claims(auth, user).await
}

/// Begins the session of somebody who was admitted, in a transaction that is to be committed with the sessions that end
/// for it. None if the account is not as `user` shows it.
///
/// # Errors
/// 403 `too_many_devices`.
pub(crate) async fn begin(
    auth: &Auth,
    tx: &mut Tx,
    user: &User,
    claims: &UserClaims,
    client: &Client,
    terms: Terms,
) -> Result<Option<(Issued, Ended)>> {
    let before = user;
    let Some(user) = users::store::touch_login(tx, user, auth.now()).await? else { return Ok(None) };
    tell_of_new_device(auth, tx, before, client).await?;
    let evicted = sessions::make_room(auth, tx, user.id).await?;
    let issued = sessions::start(auth, tx, &user, claims, client, !terms.forgotten).await?;
    let event = Event::of(Kind::SignIn, &user).session(issued.session);
    audit::record(auth, tx, terms.way.into_iter().fold(event, Event::because)).await?;
    Ok(Some((issued, evicted)))
}

/// Tells of a sign-in with a device, or from an address, that no session of the account had. `user` is the account as it was:
/// nobody is told of their first sign-in.
async fn tell_of_new_device(auth: &Auth, tx: &mut Tx, user: &User, client: &Client) -> Result<()> {
    let is_first = user.last_login_at.is_none();
    if !auth.settings().audit.notify_new_device || is_first || sessions::is_known(tx, user.id, client).await? {
        return Ok(());
    }
    let device = sessions::known_device_name(client.user_agent.as_deref());
    notices::new_device(auth, tx, &user.email, device, client.ip).await
}

/// The answer to something that is done whether or not its owner may sign in, with tokens if they may. That they may not,
/// or that something fails now, would say as an error that nothing was done.
pub(crate) async fn answer(
    auth: &Auth,
    user: &User,
    (client, terms): (&Client, Terms),
    delivery: Delivery,
    body: Value,
) -> Response {
    match complete(auth, user, client, terms).await {
        Ok(Some(issued)) => return delivery.answer(auth, StatusCode::OK, issued, body),
        Ok(None) | Err(Error::Refused { .. }) => {}
        Err(error) => tracing::warn!(user = %user.id, ?error, "it is done, but no session could begin after it"),
    }
    Json(body).into_response()
}
