//! Requests that arrive together share the two statements of a refresh: the one that reads, which every look at a
//! session needs, and the one that advances. So under load there are fewer statements and commits than requests.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::batch_store::{self, Advance, Device};
use super::{Session, store};
use crate::Auth;
use crate::db::{self, Batch, Db, Shared};
use crate::http::Client;
use crate::users::User;

/// The statements that are shared.
pub(crate) struct Batches {
    holders: Batch<Holders>,
    advances: Batch<Advances>,
}

impl Batches {
    pub(crate) fn new(db: &Db) -> Self {
        Self {
            // While one is on its way, the answers of the other are sent.
            holders: Batch::new(Holders(db.clone()), 2),
            // Each commit costs a disk or a network the same, however many it serves.
            advances: Batch::new(Advances(db.clone()), 1),
        }
    }
}

/// A session, and the account as it is now.
pub(super) async fn with_holder(auth: &Auth, id: Uuid) -> db::Result<Option<(Session, User)>> {
    auth.batches().holders.ask(id).await
}

/// Of concurrent attempts one matches the generation and the due time, which `was_due_at` was before. Without a client,
/// the stored address and user agent are erased.
pub(super) async fn advance(auth: &Auth, next: &Session, was_due_at: i64, client: Option<&Client>) -> db::Result<bool> {
    let device =
        client.map(|client| Device { ip: client.ip.map(|ip| ip.to_string()), user_agent: client.user_agent.clone() });
    auth.batches().advances.ask(Advance { session: next.clone(), was_due_at, device }).await
}

struct Holders(Db);

impl Shared for Holders {
    type Question = Uuid;
    type Answer = Option<(Session, User)>;

    async fn one(&self, id: Uuid) -> sqlx::Result<Self::Answer> {
        store::with_holder(&self.0, id).await
    }

    async fn one_at_once(&self, id: Uuid) -> sqlx::Result<Option<Self::Answer>> {
        // Reading waits for no lock.
        self.one(id).await.map(Some)
    }

    async fn many_at_once(&self, ids: &[Uuid]) -> sqlx::Result<Vec<Option<Self::Answer>>> {
        let found = batch_store::with_holders(&self.0, ids).await?;
        let found: HashMap<Uuid, _> = found.into_iter().map(|found| (found.0.id, found)).collect();
        Ok(ids.iter().map(|id| Some(found.get(id).cloned())).collect())
    }
}

struct Advances(Db);

impl Shared for Advances {
    type Question = Advance;
    type Answer = bool;

    async fn one(&self, next: Advance) -> sqlx::Result<bool> {
        store::advance(&self.0, &next).await
    }

    async fn one_at_once(&self, next: Advance) -> sqlx::Result<Option<bool>> {
        Ok(store::advance_unlocked(&self.0, &next).await?.then_some(true))
    }

    /// Says nothing of one that did not match, nor of the second of two attempts at a session: asked for alone, they
    /// are judged by the row as it is then.
    async fn many_at_once(&self, all: &[Advance]) -> sqlx::Result<Vec<Option<bool>>> {
        let mut seen = HashSet::new();
        let different: Vec<_> = all.iter().filter(|next| seen.insert(next.session.id)).cloned().collect();
        let mut advanced: HashSet<Uuid> = batch_store::advance(&self.0, &different).await?.into_iter().collect();
        // Of two attempts the first was made.
        Ok(all.iter().map(|next| advanced.remove(&next.session.id).then_some(true)).collect())
    }
}
