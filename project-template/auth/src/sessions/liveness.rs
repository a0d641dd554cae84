//! Whether a session lives, for `tokens.session_check = "on"`, without a query for each request.

use std::sync::{Mutex, PoisonError};

use quick_cache::sync::Cache;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::Db;
use crate::tokens::AccessClaims;
use crate::users;

/// Seconds after which a session is looked up again: another process may have ended it.
const TRUSTED_SECONDS: i64 = 5;
/// Sessions remembered.
const CAPACITY: usize = 100_000;

/// Remembers which sessions were seen alive, and what this process ended or invalidated. A session never comes back to
/// life, and a version never counts down, so those are asked first and a look-up that raced with the end cannot bring it
/// back.
pub(crate) struct Liveness {
    alive: Cache<Uuid, Seen>,
    ended: Cache<Uuid, ()>,
    /// Users whose access tokens were taken back, each with the first version that is accepted again.
    accepted_from: Cache<Uuid, i64>,
    /// Held by whoever writes the above: versions may be noted in another order than they were made.
    noting: Mutex<()>,
}

/// A session as it was found alive.
#[derive(Clone, Copy)]
struct Seen {
    at: i64,
    access_version: i64,
}

impl Default for Liveness {
    fn default() -> Self {
        let (alive, ended, accepted_from) = (Cache::new(CAPACITY), Cache::new(CAPACITY), Cache::new(CAPACITY));
        Self { alive, ended, accepted_from, noting: Mutex::default() }
    }
}

impl Liveness {
    /// Notes that sessions were ended; from now on none of them passes.
    pub(super) fn ended(&self, sessions: impl IntoIterator<Item = Uuid>) {
        for session in sessions {
            self.ended.insert(session, ());
            self.alive.remove(&session);
        }
    }

    /// Notes that a user's access tokens are accepted from this version on.
    pub(super) fn accepted_from(&self, user: Uuid, version: i64) {
        let _noting = self.noting.lock().unwrap_or_else(PoisonError::into_inner);
        if self.accepted_from.get(&user).is_none_or(|noted| noted < version) {
            self.accepted_from.insert(user, version);
        }
    }

    /// Whether an access token is of a session that lives, and was not invalidated.
    pub(super) async fn check(&self, db: &Db, claims: &AccessClaims, now: OffsetDateTime) -> sqlx::Result<bool> {
        if self.is_refused(claims) {
            return Ok(false);
        }
        let seconds = now.unix_timestamp();
        if let Some(seen) = self.alive.get(&claims.session)
            && seconds - seen.at < TRUSTED_SECONDS
        {
            return Ok(seen.access_version <= claims.access_version);
        }
        let Some(user) = users::store::by_session(db, claims.session, now).await? else {
            self.alive.remove(&claims.session);
            return Ok(false);
        };
        self.alive.insert(claims.session, Seen { at: seconds, access_version: user.access_version });
        Ok(user.accepts(claims) && !self.is_refused(claims))
    }

    fn is_refused(&self, claims: &AccessClaims) -> bool {
        self.ended.get(&claims.session).is_some()
            || self.accepted_from.get(&claims.sub).is_some_and(|version| claims.access_version < version)
    }
}
