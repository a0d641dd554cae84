use uuid::Uuid;

use super::{Ended, EndedBy, store};
use crate::Auth;
use crate::audit::{Event, Kind};
use crate::db::Tx;
use crate::error::Result;

/// The transaction must hold or have changed the account (see [`hold`](crate::users::hold)).
pub(crate) async fn end_all(auth: &Auth, tx: &mut Tx, user: Uuid, except: Option<Uuid>, by: EndedBy) -> Result<Ended> {
    let ended = store::end_all(tx, user, except, by.name(), auth.now()).await?;
    noted(auth, tx, user, ended, by).await
}

/// Call it in a transaction that holds the account, so that it stays true until the commit.
pub(crate) async fn is_live(auth: &Auth, tx: &mut Tx, session: Uuid) -> Result<bool> {
    let state = store::state(tx, session).await?;
    Ok(state.is_some_and(|state| state.ended_at.is_none() && state.expires_at > auth.now()))
}

/// Whether a session was revoked, not just left by its owner: requests made in it are void then.
pub(crate) async fn is_taken_back(tx: &mut Tx, session: Uuid) -> Result<bool> {
    let is_left = |by: &str| [EndedBy::Logout, EndedBy::Lifetime, EndedBy::Limit].map(EndedBy::name).contains(&by);
    let state = store::state(tx, session).await?;
    Ok(state.is_some_and(|state| !state.refreshable || state.ended_by.is_some_and(|by| !is_left(&by))))
}

pub(super) async fn end_beyond(auth: &Auth, tx: &mut Tx, user: Uuid, most: u32, by: EndedBy) -> Result<Ended> {
    let ended = store::end_beyond(tx, user, most, by.name(), auth.now()).await?;
    noted(auth, tx, user, ended, by).await
}

async fn noted(auth: &Auth, tx: &mut Tx, user: Uuid, ended: Vec<Uuid>, by: EndedBy) -> Result<Ended> {
    if !ended.is_empty() {
        let event = Event::of_id(Kind::SessionsEnded, user).because(by).times(ended.len());
        auth.audit().write(tx, event).await?;
    }
    Ok(Ended { user, sessions: ended })
}
