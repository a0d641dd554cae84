//! Checks idle connections before use: the peer may be gone without notice, or the server may have become read-only.
//! One that answered a moment ago is not checked: that would cost a busy server more than its statements do.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::anyhow;
use sqlx::pool::PoolConnectionMetadata;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Connection, Row};
use tokio::time::timeout;

/// How long an idle connection may take to answer: firewalls, address translation and failovers drop some silently.
const ANSWER: Duration = Duration::from_millis(250);
/// How long a recently used connection may take: the server may be busy, and a new connection would add load.
const BUSY_ANSWER: Duration = Duration::from_secs(1);
const IDLE: Duration = Duration::from_secs(1);
/// How long a connection is trusted after its last answer.
const TRUSTED: Duration = Duration::from_millis(100);
/// How long none is trusted after a read-only server was seen; and the time after which one is checked nevertheless, on a
/// server so busy that none is ever idle.
const DOUBT: Duration = Duration::from_secs(1);
/// The age from which a connection to a read-only server is closed: a new one may reach a writable server.
const READ_ONLY: Duration = Duration::from_secs(1);
/// How long the statement of an abandoned request may take.
const FINISH: Duration = Duration::from_secs(6);

#[derive(Clone, Default)]
pub(super) struct Watch(Arc<Mutex<Seen>>);

/// When each was last seen.
#[derive(Clone, Copy, Default)]
struct Seen {
    /// A silent connection. Those idle since before then are closed without a check: to wait for each would take long.
    silent: Option<Instant>,
    checked: Option<Instant>,
    read_only: Option<Instant>,
}

impl Seen {
    fn is_trusting(&self) -> bool {
        let is_recent = |at: Option<Instant>| at.is_some_and(|at| at.elapsed() < DOUBT);
        is_recent(self.checked) && !is_recent(self.read_only)
    }

    fn note(&mut self, is_read_only: bool) {
        let now = Some(Instant::now());
        self.checked = now;
        if is_read_only {
            self.read_only = now;
        }
    }
}

impl Watch {
    pub(super) async fn may_be_used(
        &self,
        connection: &mut PgConnection,
        meta: &PoolConnectionMetadata,
    ) -> sqlx::Result<bool> {
        let idle_since = Instant::now().checked_sub(meta.idle_for);
        let seen = *self.seen();
        if seen.silent.is_some_and(|silent| idle_since.is_none_or(|since| since < silent)) {
            return Ok(false);
        }
        if meta.idle_for < TRUSTED && seen.is_trusting() {
            return Ok(true);
        }
        let patience = if meta.idle_for < IDLE { BUSY_ANSWER } else { ANSWER };
        let Ok(answer) = timeout(patience, is_read_only(connection)).await else {
            self.seen().silent = Some(Instant::now());
            return Err(silence(patience));
        };
        let is_read_only = answer?;
        self.seen().note(is_read_only);
        Ok(!is_read_only || meta.age < READ_ONLY)
    }

    /// Limited in time: a dead connection would keep its place for about 15 minutes, until TCP gives up.
    pub(super) async fn is_free(connection: &mut PgConnection) -> sqlx::Result<bool> {
        let answer = timeout(FINISH, connection.ping()).await;
        answer.unwrap_or_else(|_| Err(silence(FINISH))).map(|()| true)
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A standby, or a former primary.
pub(super) async fn is_read_only(connection: &mut PgConnection) -> sqlx::Result<bool> {
    let row: PgRow = sqlx::raw_sql("show transaction_read_only").fetch_one(connection).await?;
    Ok(row.try_get::<&str, _>(0)? == "on")
}

fn silence(patience: Duration) -> sqlx::Error {
    sqlx::Error::Io(std::io::Error::new(
        std::io::ErrorKind::TimedOut,
        anyhow!("the connection to PostgreSQL did not answer in {} ms; it is closed", patience.as_millis()),
    ))
}
