//! The database: SQLite or PostgreSQL, chosen by `database.url` at run time. The only room that knows an engine.
//! Each query is written once and runs on either pool through [`crate::on`]. Ids (UUIDv7) and times come from Rust.

mod expiring;
mod failures;
mod idle;
mod migrating;
mod pooler;
mod postgres;
mod settings;
mod trigrams;
mod trouble;

use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::Context;
pub(crate) use expiring::{Expiring, expiring};
pub(crate) use failures::{is_passing, is_taken, was_crowded};
use secrecy::ExposeSecret;
pub use settings::Settings;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::PgPool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Postgres, SqlSafeStr, Sqlite, Transaction};
use tracing::Instrument;
pub(crate) use trigrams::Indexed;

use crate::request;

/// How long a writer waits for another process that holds the file.
const SQLITE_BUSY: Duration = Duration::from_secs(5);
const SQLITE_RETRY: Duration = Duration::from_millis(20);

/// The result of a statement.
pub type Result<T> = sqlx::Result<T>;

/// A pool of connections to either engine.
#[derive(Clone, Debug)]
pub enum Db {
    /// One file, one connection.
    Sqlite(SqlitePool),
    /// A server.
    Postgres(PgPool),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Pool {
    pub(crate) open: usize,
    pub(crate) idle: usize,
    pub(crate) limit: usize,
}

/// A transaction on either engine; rolled back unless committed.
pub struct Tx {
    /// For [`crate::in_tx`].
    pub on: TxOn,
    after: Vec<Box<dyn FnOnce() + Send>>,
}

/// The transaction of the engine.
pub enum TxOn {
    /// Holds the file's write lock from its start.
    Sqlite(Transaction<'static, Sqlite>),
    /// At the engine's default isolation, read committed.
    Postgres(Transaction<'static, Postgres>),
}

/// Runs one query on the configured engine: `on!(db, pool => sqlx::query("…").execute(pool).await)`.
#[macro_export]
macro_rules! on {
    ($db:expr, $pool:ident => $body:expr) => {
        match $db {
            $crate::db::Db::Sqlite($pool) => $body,
            $crate::db::Db::Postgres($pool) => $body,
        }
    };
}

/// Runs one query inside a transaction: `in_tx!(tx, conn => sqlx::query("…").execute(conn).await)`.
#[macro_export]
macro_rules! in_tx {
    ($tx:expr, $conn:ident => $body:expr) => {
        match &mut $tx.on {
            $crate::db::TxOn::Sqlite(tx) => {
                let $conn = &mut **tx;
                $body
            }
            $crate::db::TxOn::Postgres(tx) => {
                let $conn = &mut **tx;
                $body
            }
        }
    };
}

/// Declares a struct read from a row. `derive(FromRow)` would compile sqlx, with SQLite's C code, a second time.
#[macro_export]
macro_rules! row {
    // Also from a row with columns of another table, by names with a prefix.
    (joined $prefix:literal, $(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$doc:meta])* $field_vis:vis $field:ident: $type:ty),* $(,)? }) => {
        $crate::row! { $(#[$meta])* $vis struct $name { $($(#[$doc])* $field_vis $field: $type),* } }

        impl $name {
            pub(super) fn joined<'r, R: sqlx::Row>(row: &'r R) -> sqlx::Result<Self>
            where
                &'static str: sqlx::ColumnIndex<R>,
                $($type: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>),*
            {
                Ok(Self { $($field: row.try_get(concat!($prefix, stringify!($field)))?),* })
            }
        }
    };
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$doc:meta])* $field_vis:vis $field:ident: $type:ty),* $(,)? }) => {
        $(#[$meta])* $vis struct $name { $($(#[$doc])* $field_vis $field: $type),* }

        impl<'r, R: sqlx::Row> sqlx::FromRow<'r, R> for $name
        where
            &'static str: sqlx::ColumnIndex<R>,
            $($type: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>),*
        {
            fn from_row(row: &'r R) -> sqlx::Result<Self> {
                Ok(Self { $($field: row.try_get(stringify!($field))?),* })
            }
        }
    };
}

macro_rules! migrations {
    ($($version:literal $name:literal),* $(,)?) => {
        fn migrations_for(engine: &Db) -> Migrator {
            let migration = |version, name: &'static str, sql: &'static str| {
                Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
            };
            Migrator::with_migrations(match engine {
                Db::Sqlite(_) => vec![$(migration($version, $name, include_str!(concat!("../../migrations/sqlite/", $name, ".sql")))),*],
                Db::Postgres(_) => vec![$(migration($version, $name, include_str!(concat!("../../migrations/postgres/", $name, ".sql")))),*],
            })
        }
    };
}

// A new migration is a file in each of the two folders and a line here.
migrations! {
    1 "0001_users_and_sessions",
    2 "0002_outbox_and_codes",
    3 "0003_throttle",
    4 "0004_invalidation",
    5 "0005_audit",
    6 "0006_password_proven",
    7 "0007_reload",
    8 "0008_code_requests",
    9 "0009_remembered",
    10 "0010_user_search",
    11 "0011_passkeys",
    12 "0012_second_factor",
    13 "0013_invitations",
    14 "0014_social",
    15 "0015_refresh_rate",
}

impl Db {
    /// Opens the pool. Fails with the reason if the server cannot be reached or the file cannot be opened.
    pub async fn connect(settings: &Settings) -> anyhow::Result<Self> {
        let url = settings.url.expose_secret();
        if settings.is_sqlite() {
            let options = SqliteConnectOptions::from_str(url)
                .context("`database.url` is not a valid SQLite address")?
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Normal)
                .foreign_keys(true)
                .busy_timeout(SQLITE_BUSY)
                // Overwrites deleted rows, so that they are in no free page of a copy of the file.
                .pragma("secure_delete", "on");
            create_private(options.get_filename())?;
            // SQLite has one writer; a second connection would only wait for the first, in coarser steps.
            let pool = SqlitePoolOptions::new()
                .max_connections(1)
                .idle_timeout(None)
                .max_lifetime(None)
                .acquire_timeout(settings.acquire_timeout)
                .test_before_acquire(false)
                // On a full disk SQLite rolls back, but sqlx counts the transaction as open: close such connections.
                .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }));
            return Ok(Self::Sqlite(open_sqlite(pool, options).await.context("cannot open the SQLite database")?));
        }
        Ok(Self::Postgres(postgres::connect(settings).await?))
    }

    /// As [`Db::connect`]; none for a SQLite file that does not exist, instead of creating it.
    pub(crate) async fn connect_existing(settings: &Settings) -> anyhow::Result<Option<Self>> {
        if settings.is_sqlite() {
            let options = SqliteConnectOptions::from_str(settings.url.expose_secret())
                .context("`database.url` is not a valid SQLite address")?;
            let path = options.get_filename();
            if is_file(path) && !path.exists() {
                return Ok(None);
            }
        }
        Self::connect(settings).await.map(Some)
    }

    /// Begins a transaction. On SQLite it takes the write lock at once: a reader that becomes a writer later can fail.
    pub async fn begin(&self) -> sqlx::Result<Tx> {
        let on = match self {
            Self::Sqlite(pool) => TxOn::Sqlite(pool.begin_with("begin immediate").await?),
            // If cancelled half-way, sqlx 0.9 (issue 4393) returns the connection to the pool with the transaction
            // open, and the work of later requests on it is never committed. In a task of its own `begin` completes; if
            // the caller is gone, the transaction is dropped and so rolled back.
            Self::Postgres(pool) => {
                let pool = pool.clone();
                TxOn::Postgres(whole(async move { pool.begin_with(postgres::BEGIN).await }).await?)
            }
        };
        Ok(Tx { on, after: Vec::new() })
    }

    /// Checks that the database answers, accepts writes, and still has its file.
    pub async fn ping(&self) -> sqlx::Result<()> {
        let pool = match self {
            Self::Sqlite(pool) => pool,
            Self::Postgres(pool) => {
                let is_read_only = idle::is_read_only(&mut *pool.acquire().await?).await?;
                return if is_read_only { Err(trouble::read_only()) } else { Ok(()) };
            }
        };
        sqlx::query("select 1").execute(pool).await?;
        // Writes to a removed file succeed until it is closed, and then everything is lost.
        let options = pool.connect_options();
        let path = options.get_filename();
        if !is_file(path) || path.exists() {
            return Ok(());
        }
        let problem = format!("{} was removed while it was in use; restart the server", path.display());
        Err(sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::NotFound, problem)))
    }

    pub(crate) fn pool(&self) -> Pool {
        on!(self, pool => Pool {
            open: pool.size() as usize,
            idle: pool.num_idle(),
            limit: pool.options().get_max_connections() as usize,
        })
    }

    /// Closes every connection after its current work.
    pub async fn close(&self) {
        on!(self, pool => pool.close().await);
    }
}

/// Retries: two processes that open a new file both change its journal mode, and SQLite fails for one at once.
async fn open_sqlite(pool: SqlitePoolOptions, options: SqliteConnectOptions) -> sqlx::Result<SqlitePool> {
    let deadline = Instant::now() + SQLITE_BUSY;
    loop {
        match pool.clone().connect_with(options.clone()).await {
            Err(error) if is_passing(&error) && Instant::now() < deadline => tokio::time::sleep(SQLITE_RETRY).await,
            opened => return opened,
        }
    }
}

/// A client that disconnects cannot stop the work half-way.
pub(crate) async fn whole<T: Send + 'static>(
    work: impl Future<Output = sqlx::Result<T>> + Send + 'static,
) -> sqlx::Result<T> {
    tokio::spawn(request::of_same_request(work.in_current_span())).await.unwrap_or(Err(sqlx::Error::PoolClosed))
}

impl Tx {
    /// Runs an action once the changes are durable, for example to announce them.
    pub fn after_commit(&mut self, action: impl FnOnce() + Send + 'static) {
        self.after.push(Box::new(action));
    }

    /// Makes the changes durable and visible, then runs the registered actions, even if the client has disconnected.
    pub async fn commit(self) -> sqlx::Result<()> {
        whole(async move {
            match self.on {
                TxOn::Sqlite(tx) => tx.commit().await?,
                TxOn::Postgres(tx) => tx.commit().await?,
            }
            for action in self.after {
                action();
            }
            Ok(())
        })
        .await
    }
}

/// `sqlite::memory:` has a name too.
fn is_file(path: &std::path::Path) -> bool {
    !path.as_os_str().is_empty() && path.as_os_str() != ":memory:" && !path.to_string_lossy().starts_with("file:")
}

/// SQLite would create the file readable by every user.
#[cfg(unix)]
fn create_private(path: &std::path::Path) -> anyhow::Result<()> {
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
fn create_private(_: &std::path::Path) -> anyhow::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
