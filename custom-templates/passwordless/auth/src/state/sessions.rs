//! The rows of sessions. One that was ended is kept until its last token would have expired: until then a replay must
//! be recognised.

use time::OffsetDateTime;
use uuid::Uuid;

use super::Session;
use crate::Auth;
use crate::db::{Db, Next, Rank, Result, Row, Tx};
use crate::http::Client;
use crate::tokens::UserClaims;

impl Row for Session {
    const KIND: &str = "session";

    /// One that is over says only that its tokens are replays.
    fn rank(&self) -> Rank {
        if self.ended_at.is_some() { Rank::Counted } else { Rank::Proven }
    }
}

fn name(id: Uuid) -> Vec<u8> {
    id.to_string().into_bytes()
}

/// Without the device, which nobody asks for.
pub(super) async fn insert(tx: &mut Tx, session: &Session) -> Result<()> {
    let rule = |_| Next::Row(Session { ip: None, user_agent: None, ..session.clone() }, session.expires_at, ());
    tx.db().update(&name(session.id), session.created_at, rule).await
}

pub(super) async fn by_id(db: &Db, id: Uuid) -> Result<Option<Session>> {
    db.read(&name(id)).await
}

/// A session, and what was said of its holder when it began or was refreshed last.
pub(super) async fn with_holder(auth: &Auth, id: Uuid) -> Result<Option<(Session, UserClaims)>> {
    let with_claims = |session: Session| {
        let claims = session.user_claims();
        (session, claims)
    };
    Ok(by_id(auth.db(), id).await?.map(with_claims))
}

/// Of concurrent attempts one matches.
pub(super) async fn set_due_at(db: &Db, id: Uuid, was: i64, due_at: i64) -> Result<bool> {
    let rule = |session: &mut Session| {
        let is_same = session.refresh_due_at == was;
        is_same.then(|| session.refresh_due_at = due_at)
    };
    Ok(db.edit(&name(id), rule).await?.is_some())
}

/// Moves a session on by one generation: of all who try at once, the first. The others find the generation gone by.
pub(super) async fn advance(auth: &Auth, next: &Session, was_due_at: i64, _client: Option<&Client>) -> Result<bool> {
    let rule = |row: Option<Session>| {
        let is_before = |row: &Session| row.generation + 1 == next.generation && row.refresh_due_at == was_due_at;
        match row.filter(|row| is_before(row) && row.ended_at.is_none() && row.refreshable) {
            Some(_) => Next::Row(next.clone(), next.expires_at, true),
            None => Next::Same(false),
        }
    };
    auth.db().update(&name(next.id), next.refreshed_at, rule).await
}

/// Ends a session, for good; says whether it lived until now.
pub(super) async fn end_in(tx: &mut Tx, id: Uuid, user: Uuid, _by: &str, now: OffsetDateTime) -> Result<bool> {
    let rule = |session: &mut Session| {
        let lives = session.user_id == user && session.ended_at.is_none() && session.expires_at > now;
        lives.then(|| session.ended_at = Some(now))
    };
    Ok(tx.db().edit(&name(id), rule).await?.is_some())
}
