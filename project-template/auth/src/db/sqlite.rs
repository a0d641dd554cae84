//! One file: a connection that writes, and some that read.

use std::num::NonZero;
use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::Context;
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use super::is_passing;

/// How long a connection waits for another process that holds the file.
const BUSY: Duration = Duration::from_secs(5);
const RETRY: Duration = Duration::from_millis(20);
/// More would only take memory: a read is work for a core, not for a disk.
const MAX_READERS: usize = 4;

/// The connections to a file. In the write-ahead log readers see what was committed before they began, and neither wait
/// for the writer nor hinder it.
#[derive(Clone, Debug)]
pub struct SqliteFile {
    /// SQLite has one writer; a second connection would only wait for the first, in coarser steps.
    pub writer: SqlitePool,
    /// They cannot write. Of a database in memory this is the writer: every connection would have its own.
    pub readers: SqlitePool,
}

impl SqliteFile {
    pub(super) async fn open(url: &str, acquire_timeout: Duration) -> anyhow::Result<Self> {
        let options = SqliteConnectOptions::from_str(url)
            .context("`database.url` is not a valid SQLite address")?
            .foreign_keys(true)
            .busy_timeout(BUSY);
        create_private(options.get_filename())?;
        let writing = options
            .clone()
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            // Overwrites deleted rows, so that they are in no free page of a copy of the file.
            .pragma("secure_delete", "on");
        let pool = SqlitePoolOptions::new()
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(acquire_timeout)
            .test_before_acquire(false)
            // On a full disk SQLite rolls back, but sqlx counts the transaction as open: close such connections.
            .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }));
        let writer = open(pool.clone().max_connections(1), writing).await.context("cannot open the SQLite database")?;
        let readers = if is_file(options.get_filename()) {
            let cores = std::thread::available_parallelism().map_or(1, NonZero::get).min(MAX_READERS);
            let readers = pool.max_connections(u32::try_from(cores).unwrap_or(1));
            readers.connect_lazy_with(options.pragma("query_only", "on"))
        } else {
            writer.clone()
        };
        Ok(Self { writer, readers })
    }

    pub(super) async fn ping(&self) -> sqlx::Result<()> {
        sqlx::query("select 1").execute(&self.writer).await?;
        // Writes to a removed file succeed until it is closed, and then everything is lost.
        let options = self.writer.connect_options();
        let path = options.get_filename();
        if !is_file(path) || path.exists() {
            return Ok(());
        }
        let problem = format!("{} was removed while it was in use; restart the server", path.display());
        Err(sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::NotFound, problem)))
    }
}

/// Retries: two processes that open a new file both change its journal mode, and SQLite fails for one at once.
async fn open(pool: SqlitePoolOptions, options: SqliteConnectOptions) -> sqlx::Result<SqlitePool> {
    let deadline = Instant::now() + BUSY;
    loop {
        match pool.clone().connect_with(options.clone()).await {
            Err(error) if is_passing(&error) && Instant::now() < deadline => tokio::time::sleep(RETRY).await,
            opened => return opened,
        }
    }
}

/// `sqlite::memory:` has a name too.
pub(super) fn is_file(path: &Path) -> bool {
    !path.as_os_str().is_empty() && path.as_os_str() != ":memory:" && !path.to_string_lossy().starts_with("file:")
}

/// SQLite would create the file readable by every user.
#[cfg(unix)]
fn create_private(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    if !is_file(path) {
        return Ok(());
    }
    let file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot create the database file {}", path.display()))?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        let path = path.display();
        tracing::warn!("database.url: `{path}` is open to other users; close it with `chmod 600 {path}*`");
    }
    Ok(())
}

#[cfg(not(unix))]
fn create_private(_: &Path) -> anyhow::Result<()> {
    Ok(())
}
