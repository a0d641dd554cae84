//! Whether a session lives, for `tokens.session_check = "on"`, without a query for each request.

use quick_cache::sync::Cache;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::Db;
use crate::users;

/// Seconds after which a session is looked up again: another process may have ended it.
const TRUSTED_SECONDS: i64 = 5;
/// Sessions remembered.
const CAPACITY: usize = 100_000;

/// Remembers which sessions were seen alive, and which this process ended. A session never comes back to life, so the
/// second list is asked first and a look-up that raced with the end cannot bring it back.
pub(crate) struct Liveness {
    alive: Cache<Uuid, i64>,
    ended: Cache<Uuid, ()>,
}

impl Default for Liveness {
    fn default() -> Self {
        Self { alive: Cache::new(CAPACITY), ended: Cache::new(CAPACITY) }
    }
}

impl Liveness {
    /// Notes that sessions were ended; from now on none of them passes.
    pub(crate) fn ended(&self, sessions: impl IntoIterator<Item = Uuid>) {
        for session in sessions {
            self.ended.insert(session, ());
            self.alive.remove(&session);
        }
    }

    pub(crate) async fn check(&self, db: &Db, session: Uuid, now: OffsetDateTime) -> sqlx::Result<bool> {
        if self.ended.get(&session).is_some() {
            return Ok(false);
        }
        let seconds = now.unix_timestamp();
        if self.alive.get(&session).is_some_and(|seen| seconds - seen < TRUSTED_SECONDS) {
            return Ok(true);
        }
        let lives = users::store::by_session(db, session, now).await?.is_some();
        if lives {
            self.alive.insert(session, seconds);
        } else {
            self.alive.remove(&session);
        }
        Ok(lives && self.ended.get(&session).is_none())
    }
}
