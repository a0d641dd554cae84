//! Signing in: every way authenticates the user and calls `complete`. If the same request creates the account, its
//! transaction stands between the two halves, `admit` and `begin`. There is no third way: beginning a session takes an
//! `Admitted`, which a sign-in only gets from `sessions::admit`.

pub(crate) mod attempt;
mod door;
mod routes;

pub use door::OwnProof;
pub(crate) use routes::{checked, router};

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::http::Client;
use crate::notices;
use crate::sessions::{self, Admitted, Delivery, Due, Ended, Entry, Issued, Proof, SignIn, SigningIn};
use crate::users::User;

/// None if the account was changed or deactivated since the proof was checked.
pub(crate) async fn complete(auth: &Auth, user: &User, client: &Client, terms: Terms) -> Result<Option<SignIn>> {
    let refused = |reason: Reason| auth.audit().note(Event::of(Kind::SignInFailed, user).because(reason));
    let admitted = match admit(auth, user, client, terms, refused).await? {
        Entry::Open(admitted) => admitted,
        Entry::Challenge(challenge) => return Ok(Some(SignIn::Challenge(challenge))),
    };
    let mut tx = auth.db().begin().await?;
    let Some((issued, evicted)) = begin(auth, &mut tx, user, &admitted, client, terms).await? else {
        refused(Reason::Changed);
        return Ok(None);
    };
    evicted.commit(auth, tx).await?;
    Ok(Some(SignIn::Session(issued)))
}

#[derive(Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) proof: Proof,
    pub(crate) forgotten: bool,
}

/// Never call it within a transaction: see [`sessions::admit`].
pub(crate) async fn admit(
    auth: &Auth,
    user: &User,
    client: &Client,
    terms: Terms,
    refused: impl Fn(Reason),
) -> Result<Entry> {
    let signing_in = SigningIn { client, proof: terms.proof, remembered: !terms.forgotten };
    let entry = sessions::admit(auth, user, &signing_in, refused).await?;
    if let Entry::Challenge(challenge) = &entry {
        let detail = match challenge.due() {
            Due::Code(_) | Due::Passkey => Some(Reason::SecondFactor.name()),
            Due::Setup(_) => Some(Reason::Setup.name()),
            Due::None => terms.proof.detail(),
        };
        let event = Event::of(Kind::SignInChallenged, user);
        auth.audit().note(detail.into_iter().fold(event, Event::because));
    }
    Ok(entry)
}

/// Commit the transaction through the returned `Ended`. None if the account no longer matches `user`.
pub(crate) async fn begin(
    auth: &Auth,
    tx: &mut Tx,
    user: &User,
    admitted: &Admitted,
    client: &Client,
    terms: Terms,
) -> Result<Option<(Issued, Ended)>> {
    let before = user;
    let Some(user) = user.record_sign_in(tx, auth.now()).await? else { return Ok(None) };
    tell_of_new_device(auth, tx, before, client).await?;
    let evicted = sessions::make_room(auth, tx, user.id).await?;
    let issued = sessions::start(auth, tx, &user, admitted, client, !terms.forgotten).await?;
    auth.audit().write(tx, event(Kind::SignIn, &user, terms).session(issued.session)).await?;
    Ok(Some((issued, evicted)))
}

fn event(kind: Kind, user: &User, terms: Terms) -> Event {
    let event = Event::of(kind, user);
    match terms.proof.detail() {
        Some(way) => event.because(way),
        None => event,
    }
}

/// `user` is the account before this sign-in: the first one is not reported.
async fn tell_of_new_device(auth: &Auth, tx: &mut Tx, user: &User, client: &Client) -> Result<()> {
    let is_first = user.last_login_at.is_none();
    if !auth.settings().audit.notify_new_device || is_first || sessions::is_known(tx, user.id, client).await? {
        return Ok(());
    }
    let device = sessions::known_device_name(client.user_agent.as_deref());
    notices::new_device(auth, tx, user, device, client.ip).await
}

/// For an action that is already done: an error of the sign-in would suggest that the action failed. None if no session
/// may begin.
pub(crate) async fn after(auth: &Auth, user: &User, client: &Client, terms: Terms) -> Option<SignIn> {
    match complete(auth, user, client, terms).await {
        Ok(sign_in) => sign_in,
        Err(Error::Refused { .. }) => None,
        Err(error) => {
            tracing::warn!(user = %user.id, ?error, "it is done, but no session could begin after it");
            None
        }
    }
}

/// As [`after`], with `body` beside the tokens or instead of them.
pub(crate) async fn answer(
    auth: &Auth,
    user: &User,
    (client, terms): (&Client, Terms),
    delivery: Delivery,
    body: Value,
) -> Response {
    match after(auth, user, client, terms).await {
        Some(sign_in) => sign_in.answer(auth, delivery, StatusCode::OK, body),
        None => Json(body).into_response(),
    }
}
