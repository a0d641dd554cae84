//! How all sessions of a user end, or those beyond a number.

use uuid::Uuid;

use super::{Ended, EndedBy, store};
use crate::app::Auth;
use crate::audit::{self, Event, Kind};
use crate::db::Tx;
use crate::error::Result;

/// Ends the sessions of a user, but one if so wished, within a transaction that holds or has changed the account (see
/// [`users::store::hold`](crate::users::store::hold)).
pub(crate) async fn end_all(auth: &Auth, tx: &mut Tx, user: Uuid, except: Option<Uuid>, by: EndedBy) -> Result<Ended> {
    let ended = store::end_all(tx, user, except, by.name(), auth.now()).await?;
    noted(auth, tx, user, ended, by).await
}

/// As [`end_all`], but for the `most` sessions that were used last.
pub(super) async fn end_beyond(auth: &Auth, tx: &mut Tx, user: Uuid, most: u32, by: EndedBy) -> Result<Ended> {
    let ended = store::end_beyond(tx, user, most, by.name(), auth.now()).await?;
    noted(auth, tx, user, ended, by).await
}

async fn noted(auth: &Auth, tx: &mut Tx, user: Uuid, ended: Vec<Uuid>, by: EndedBy) -> Result<Ended> {
    if !ended.is_empty() {
        let event = Event::of_id(Kind::SessionsEnded, user).because(by).times(ended.len());
        audit::record(auth, tx, event).await?;
    }
    Ok(Ended::of(user, ended))
}
