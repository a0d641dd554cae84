//! Whether an idle connection can still be used: it may have gone silent, or lead to a server that became read-only.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::anyhow;
use sqlx::pool::PoolConnectionMetadata;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Connection, Row};
use tokio::time::timeout;

/// How long a connection that was idle for a while may take to answer. Whatever drops connections (a firewall, an
/// address translation, a failover) drops idle ones and says nothing.
const ANSWER: Duration = Duration::from_millis(250);
/// How long one may take that was in use just now: the server may be busy, and to connect anew would keep it busier.
const BUSY_ANSWER: Duration = Duration::from_secs(1);
/// What counts as a while.
const IDLE: Duration = Duration::from_secs(1);
/// How long a connection to a read-only server is used: reading works there, and writing may work through a new one.
const READ_ONLY: Duration = Duration::from_secs(1);
/// How long a connection may take to finish what an abandoned request has begun.
const FINISH: Duration = Duration::from_secs(6);

/// What is known of the idle connections of a pool.
#[derive(Clone, Default)]
pub(super) struct Watch {
    /// When one went silent. Those that have been idle since before are not asked one after the other.
    silent_at: Arc<Mutex<Option<Instant>>>,
}

impl Watch {
    /// Whether a connection can be given to a request. One that cannot is closed, and the request gets a new one.
    pub(super) async fn may_be_used(
        &self,
        connection: &mut PgConnection,
        meta: &PoolConnectionMetadata,
    ) -> sqlx::Result<bool> {
        let idle_since = Instant::now().checked_sub(meta.idle_for);
        if self.silent_at().is_some_and(|silent_at| idle_since.is_none_or(|since| since < silent_at)) {
            return Ok(false);
        }
        let patience = if meta.idle_for < IDLE { BUSY_ANSWER } else { ANSWER };
        let Ok(answer) = timeout(patience, is_read_only(connection)).await else {
            *self.silent_at() = Some(Instant::now());
            return Err(silence(patience));
        };
        Ok(!answer? || meta.age < READ_ONLY)
    }

    /// Whether a connection that is given back has finished. Without a limit it would wait for a silent one as long as
    /// TCP does, and keep its place in the pool for a quarter of an hour.
    pub(super) async fn is_free(connection: &mut PgConnection) -> sqlx::Result<bool> {
        let answer = timeout(FINISH, connection.ping()).await;
        answer.unwrap_or_else(|_| Err(silence(FINISH))).map(|()| true)
    }

    fn silent_at(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.silent_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the server that a connection leads to takes no changes: a standby, or a primary that was put aside.
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
