use uuid::Uuid;

use super::instances::tell_of_change;
use super::{EndedBy, store};
use crate::Auth;
use crate::audit::{Event, Kind};
use crate::db::{self, Tx};
use crate::error::Result;

#[derive(Default)]
#[must_use = "the transaction is to be committed with `Ended::commit`, else this process goes on accepting access tokens"]
pub(crate) struct Ended {
    pub(super) user: Uuid,
    pub(super) sessions: Vec<Uuid>,
}

impl Ended {
    pub(crate) fn contains(&self, session: Uuid) -> bool {
        self.sessions.contains(&session)
    }

    /// Also stops accepting the sessions' access tokens in this process, even if the client disconnects meanwhile.
    pub(crate) async fn commit(self, auth: &Auth, tx: Tx) -> Result<()> {
        let auth = auth.clone();
        Ok(db::whole(async move {
            let committed = tx.commit().await;
            if !self.sessions.is_empty() {
                // Even after an error: if the answer to the commit was lost, it may still have happened.
                tell_of_change(&auth, self.user);
            }
            committed
        })
        .await?)
    }
}

pub(crate) async fn end(auth: &Auth, session: Uuid, user: Uuid, by: EndedBy) -> Result<bool> {
    let mut tx = auth.db().begin().await?;
    let ended = end_in(auth, &mut tx, session, user, by).await?;
    // Only if it was ended: the id may be another user's.
    let is_ended = ended.contains(session);
    ended.commit(auth, tx).await?;
    Ok(is_ended)
}

pub(crate) async fn end_in(auth: &Auth, tx: &mut Tx, session: Uuid, user: Uuid, by: EndedBy) -> Result<Ended> {
    if !store::end_in(tx, session, user, by.name(), auth.now()).await? {
        return Ok(Ended::default());
    }
    let event = match by {
        EndedBy::Replay => Event::of_id(Kind::Replayed, user),
        by => Event::of_id(Kind::SessionsEnded, user).because(by),
    };
    auth.audit().write(tx, event.session(session)).await?;
    Ok(Ended { user, sessions: vec![session] })
}
