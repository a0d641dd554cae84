use time::OffsetDateTime;
use uuid::Uuid;

use super::issuing::begin;
use super::{Admitted, EndedBy, Issued, NotRotated, Session, batches, end_all, end_in, require};
use crate::Auth;
use crate::db::{self, Tx};
use crate::error::Result;
use crate::http::Client;
use crate::notices;
use crate::tokens::{AccessClaims, UserClaims};
use crate::users::{self, User};

#[derive(Clone, Copy)]
pub(super) struct Holder {
    pub(super) id: Uuid,
    pub(super) access_version: i64,
}

impl Holder {
    pub(super) fn accepts(self, claims: &AccessClaims) -> bool {
        claims.sub == self.id && claims.access_version >= self.access_version
    }
}

impl From<&User> for Holder {
    fn from(user: &User) -> Self {
        Self { id: user.id, access_version: user.access_version }
    }
}

pub(super) async fn of_live(auth: &Auth, session: Uuid, now: OffsetDateTime) -> db::Result<Option<Holder>> {
    Ok(live_user(auth, session, now).await?.as_ref().map(Holder::from))
}

/// The account of a session, if both are active.
pub(crate) async fn live_user(auth: &Auth, session: Uuid, now: OffsetDateTime) -> db::Result<Option<User>> {
    let found = batches::with_holder(auth, session).await?;
    let is_live = |session: &Session, user: &User| user.is_active && session.is_live(now);
    Ok(found.filter(|(session, user)| is_live(session, user)).map(|(_, user)| user))
}

/// Call it in the transaction that recorded the sign-in. The account may have changed since it was admitted.
pub(crate) async fn start(
    auth: &Auth,
    tx: &mut Tx,
    user: &User,
    admitted: &Admitted,
    client: &Client,
    remembered: bool,
) -> Result<Issued> {
    if admitted.user != user.id {
        return Err(anyhow::anyhow!("a session was to begin for another account than was admitted").into());
    }
    let issued = begin(auth, tx, user.into(), &admitted.claims, client, (&admitted.authentication, remembered)).await?;
    auth.throttle().remember(tx, user.email.key(), client).await?;
    Ok(issued)
}

/// Never call it within a transaction: hooks may need the only connection that writes.
pub(super) async fn user_claims(auth: &Auth, user: &User) -> Result<UserClaims> {
    let more = auth.hooks().extra_claims(auth, user).await?;
    let extra = auth.settings().claims.of(user, more);
    Ok(UserClaims { role: user.role, email_verified: user.email_verified, extra })
}

pub(super) async fn refreshing(
    auth: &Auth,
    session: &Session,
    user: &User,
) -> Result<(Holder, UserClaims), NotRotated> {
    if user.is_active {
        require(auth, user)?;
        return Ok((user.into(), user_claims(auth, user).await?));
    }
    let mut tx = auth.db().begin().await?;
    users::hold(&mut tx, session.user_id).await?;
    end_all(auth, &mut tx, session.user_id, None, EndedBy::Deactivation).await?.commit(auth, tx).await?;
    Err(NotRotated::NotValid)
}

/// The owner is notified once: by the request that ends the session.
pub(super) async fn end_replayed(auth: &Auth, session: &Session) -> Result<(), NotRotated> {
    // Before the transaction: it must not wait for another connection.
    let owner = if auth.settings().audit.notify_replay {
        users::by_id(auth.db(), session.user_id).await?.filter(|user| user.is_active)
    } else {
        None
    };
    let mut tx = auth.db().begin().await?;
    let ended = end_in(auth, &mut tx, session.id, session.user_id, EndedBy::Replay).await?;
    if let Some(owner) = owner.filter(|_| ended.contains(session.id)) {
        notices::session_copied(auth, &mut tx, &owner).await?;
    }
    Ok(ended.commit(auth, tx).await?)
}
