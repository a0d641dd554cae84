//! Whether a session is active, for `tokens.session_check = "on"`, without a query for each request.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use quick_cache::sync::Cache;
use uuid::Uuid;

use super::{holder, rotation};
use crate::Auth;
use crate::clock::Moment;
use crate::db;
use crate::error::Result;
use crate::tokens::AccessClaims;

/// How long a look-up is trusted: another process may have ended the session.
const TRUSTED: Duration = Duration::from_secs(5);
const CAPACITY: usize = 100_000;

/// Caches look-ups of sessions. It can neither revive nor end a session: reports of changes only cause new look-ups.
pub(crate) struct Liveness {
    seen: Cache<Uuid, Seen>,
    /// The epoch of each account that was looked up. A change of the account's sessions ends it. A look-up counts only
    /// in its epoch, which must exist before the look-up starts, so one that raced with a change never counts.
    epochs: Cache<Uuid, u64>,
    next_epoch: AtomicU64,
}

#[derive(Clone, Copy)]
struct Seen {
    at: Moment,
    epoch: u64,
    accepted_from: Option<i64>,
}

impl Default for Liveness {
    fn default() -> Self {
        Self { seen: Cache::new(CAPACITY), epochs: Cache::new(CAPACITY), next_epoch: AtomicU64::default() }
    }
}

impl Liveness {
    pub(super) fn changed(&self, user: Uuid) {
        self.epochs.remove(&user);
    }

    pub(super) fn forget(&self) {
        self.epochs.clear();
    }

    pub(super) async fn check(&self, auth: &Auth, claims: &AccessClaims, now: Moment) -> db::Result<bool> {
        let epoch = self.epoch(claims.sub);
        let fresh = |seen: &Seen| seen.epoch == epoch && now.is_within(TRUSTED, seen.at);
        let seen = match self.seen.get(&claims.session).filter(fresh) {
            Some(seen) => seen,
            None => self.look_up(auth, claims, epoch, now).await?,
        };
        Ok(seen.accepted_from.is_some_and(|version| version <= claims.access_version))
    }

    async fn look_up(&self, auth: &Auth, claims: &AccessClaims, epoch: u64, now: Moment) -> db::Result<Seen> {
        let holder = holder::of_live(auth, claims.session, now.at).await?.filter(|holder| holder.id == claims.sub);
        let seen = Seen { at: now, epoch, accepted_from: holder.map(|holder| holder.access_version) };
        self.seen.insert(claims.session, seen);
        Ok(seen)
    }

    fn epoch(&self, user: Uuid) -> u64 {
        self.epochs.get(&user).unwrap_or_else(|| {
            let epoch = self.next_epoch.fetch_add(1, Ordering::Relaxed);
            self.epochs.insert(user, epoch);
            epoch
        })
    }
}

/// For the client that the token is bound to, which need not be the caller. The token is not used up.
pub(crate) async fn is_acceptable(auth: &Auth, token: &str) -> Result<bool> {
    let now = auth.now();
    let access = auth.tokens().verify_access(token, now);
    let refresh = auth.tokens().verify_refresh(token, now);
    let session = match (&access, &refresh) {
        (Ok(access), _) => access.session,
        (_, Ok(refresh)) => refresh.session,
        _ => return Ok(false),
    };
    let Some(holder) = holder::of_live(auth, session, now).await? else { return Ok(false) };
    match (access, refresh) {
        (Ok(access), _) => Ok(holder.accepts(&access)),
        (_, Ok(refresh)) => Ok(rotation::is_live(auth, session, refresh.generation, now).await?),
        _ => Ok(false),
    }
}
