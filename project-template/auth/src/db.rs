//! The database: SQLite or PostgreSQL, chosen by `database.url` at run time. The only file that knows an engine.
//!
//! Each query is written once and runs on either pool through [`crate::on`]. Ids (UUIDv7) and times come from Rust.

use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};
use sqlx::migrate::{AppliedMigration, Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Postgres, SqlSafeStr, Sqlite, Transaction};
use tracing::Instrument;

use crate::audit;
use crate::error::Error;
use crate::settings::Section;

/// How long a writer waits for another process that holds the SQLite file.
const SQLITE_BUSY: Duration = Duration::from_secs(5);
/// How long to leave it alone before it is opened again.
const SQLITE_RETRY: Duration = Duration::from_millis(20);
/// How long PostgreSQL works on one statement before it gives up, in milliseconds.
const POSTGRES_STATEMENT_TIMEOUT: &str = "5000";
/// Above this, `check --deploy` warns.
const SAFE_ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// `[database]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `sqlite://path` or `postgres://user:password@host/name`.
    pub url: SecretString,
    /// Connections to PostgreSQL; SQLite has one writer and uses one.
    pub max_connections: u32,
    /// How long a request waits for a connection before it is answered 503.
    pub acquire_timeout: Duration,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let url = section.secret("url");
        // Its value may have a password in it.
        if is_sqlite(&url) && SqliteConnectOptions::from_str(url.expose_secret()).is_err() {
            section.problem("url", "must be an address such as \"sqlite://app.db\"");
        } else if is_postgres(&url) && PgConnectOptions::from_str(url.expose_secret()).is_err() {
            section.problem("url", "must be an address such as \"postgres://user:password@127.0.0.1:5432/app\"");
        } else if !is_sqlite(&url) && !is_postgres(&url) {
            section.problem("url", "must start with `sqlite://` or `postgres://`");
        }
        let acquire_timeout = section.duration("acquire_timeout");
        if acquire_timeout.is_zero() {
            section.problem("acquire_timeout", "must be longer than nothing");
        }
        Self { url, max_connections: section.number("max_connections", 1..=1_000), acquire_timeout }
    }

    pub(crate) fn warn(&self, warnings: &mut Vec<String>) {
        if is_postgres(&self.url) && speaks_in_clear(self.url.expose_secret()) {
            warnings.push(
                "database.url: add `?sslmode=verify-full` (or `require`); accounts and password hashes travel in clear"
                    .into(),
            );
        }
        if self.acquire_timeout > SAFE_ACQUIRE_TIMEOUT {
            warnings.push(
                "database.acquire_timeout: requests pile up while the database is busy; \"3s\" is the default".into(),
            );
        }
    }
}

/// Whether the way to a PostgreSQL server leaves this machine and need not be encrypted.
fn speaks_in_clear(url: &str) -> bool {
    PgConnectOptions::from_str(url).is_ok_and(|options| {
        let is_here = ["localhost", "127.0.0.1", "::1", "[::1]"].contains(&options.get_host())
            || options.get_host().starts_with('/');
        !is_here && matches!(options.get_ssl_mode(), PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer)
    })
}

fn is_sqlite(url: &SecretString) -> bool {
    url.expose_secret().starts_with("sqlite:")
}

fn is_postgres(url: &SecretString) -> bool {
    let url = url.expose_secret();
    url.starts_with("postgres:") || url.starts_with("postgresql:")
}

/// A pool of connections to either engine.
#[derive(Clone, Debug)]
pub enum Db {
    /// One file, one connection.
    Sqlite(SqlitePool),
    /// A server.
    Postgres(PgPool),
}

/// How full a pool is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pool {
    /// Connections there are.
    pub(crate) open: usize,
    /// Those that nobody uses.
    pub(crate) idle: usize,
    /// Connections there may be.
    pub(crate) limit: usize,
}

/// A transaction on either engine; rolled back unless committed.
pub struct Tx {
    /// For [`crate::in_tx`].
    pub on: TxOn,
    after: Vec<Box<dyn FnOnce() + Send>>,
}

/// Which engine a transaction is on.
pub enum TxOn {
    /// Holds the file's write lock from its start.
    Sqlite(Transaction<'static, Sqlite>),
    /// At the engine's default isolation, read committed.
    Postgres(Transaction<'static, Postgres>),
}

/// Runs one query on whichever engine is configured: `on!(db, pool => sqlx::query("…").execute(pool).await)`.
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

/// Declares a struct read from a row of either engine, column by field name. (`derive(FromRow)` would compile sqlx, with
/// SQLite's C code, a second time for its macros.)
#[macro_export]
macro_rules! row {
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
                Db::Sqlite(_) => vec![$(migration($version, $name, include_str!(concat!("../migrations/sqlite/", $name, ".sql")))),*],
                Db::Postgres(_) => vec![$(migration($version, $name, include_str!(concat!("../migrations/postgres/", $name, ".sql")))),*],
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
}

impl Db {
    /// Opens the pool. Fails with the reason where the server cannot be reached or the file cannot be opened.
    pub async fn connect(settings: &Settings) -> anyhow::Result<Self> {
        let url = settings.url.expose_secret();
        if is_sqlite(&settings.url) {
            let options = SqliteConnectOptions::from_str(url)
                .context("`database.url` is not a valid SQLite address")?
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Normal)
                .foreign_keys(true)
                .busy_timeout(SQLITE_BUSY);
            create_private(options.get_filename())?;
            // SQLite has one writer; a second connection only waits for the first in coarser steps.
            let pool = SqlitePoolOptions::new()
                .max_connections(1)
                .idle_timeout(None)
                .max_lifetime(None)
                .acquire_timeout(settings.acquire_timeout)
                .test_before_acquire(false)
                // A full disk has SQLite roll back by itself. sqlx does not hear of it, counts the transaction as open and
                // would refuse to begin another for as long as the connection lives.
                .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }));
            return Ok(Self::Sqlite(open_sqlite(pool, options).await.context("cannot open the SQLite database")?));
        }
        let options = PgConnectOptions::from_str(url)
            .context("`database.url` is not a valid PostgreSQL address")?
            .options([("statement_timeout", POSTGRES_STATEMENT_TIMEOUT)]);
        let pool =
            PgPoolOptions::new().max_connections(settings.max_connections).acquire_timeout(settings.acquire_timeout);
        let opened = match pool.connect_with(options.clone()).await {
            // The pool tries again until its time is up, and keeps to itself why it failed.
            Err(sqlx::Error::PoolTimedOut) => Err(why_not(&options, settings.acquire_timeout).await),
            opened => opened,
        };
        Ok(Self::Postgres(opened.context("cannot reach the PostgreSQL server of `database.url`")?))
    }

    /// Applies the missing migrations. Two processes that start together take turns.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        let migrations = migrations_for(self);
        let migrated = match self {
            // sqlx locks servers only; here the file's write lock is held from before the first look to the end.
            Self::Sqlite(pool) => {
                let mut tx = pool.begin_with("begin immediate").await?;
                match migrations.run(&mut *tx).await {
                    Ok(()) => Ok(tx.commit().await?),
                    Err(error) => Err(error),
                }
            }
            Self::Postgres(pool) => migrations.run(&mut *patient(pool).await?).await,
        };
        migrated.context(
            "the database cannot be migrated; if a newer version of this program migrated it, run that version",
        )
    }

    /// The names of the migrations that are not applied yet.
    pub async fn pending_migrations(&self) -> anyhow::Result<Vec<String>> {
        let migrations = migrations_for(self);
        let applied = match self {
            Self::Sqlite(pool) => applied_migrations(&mut *pool.acquire().await?, &migrations).await?,
            Self::Postgres(pool) => applied_migrations(&mut *patient(pool).await?, &migrations).await?,
        };
        if let Some(newer) = applied.iter().find(|applied| !migrations.version_exists(applied.version)) {
            bail!("the database has migration {} of a newer version of this program; run that version", newer.version);
        }
        let missing =
            migrations.iter().filter(|migration| applied.iter().all(|done| done.version != migration.version));
        Ok(missing.map(|migration| migration.description.to_string()).collect())
    }

    /// Begins a transaction. On SQLite it takes the write lock at once: a reader that turns writer later can only fail.
    pub async fn begin(&self) -> sqlx::Result<Tx> {
        let on = match self {
            Self::Sqlite(pool) => TxOn::Sqlite(pool.begin_with("begin immediate").await?),
            // Half-way, sqlx 0.9 would give the connection back with the transaction open (its issue 4393), and what
            // others then do on it would never be committed. A transaction that nobody waits for any more is dropped
            // in the task, and thereby rolled back.
            Self::Postgres(pool) => {
                let pool = pool.clone();
                TxOn::Postgres(whole(async move { pool.begin().await }).await?)
            }
        };
        Ok(Tx { on, after: Vec::new() })
    }

    /// Whether the database answers, and is where it was.
    pub async fn ping(&self) -> sqlx::Result<()> {
        on!(self, pool => sqlx::query("select 1").execute(pool).await.map(drop))?;
        // A file that was removed goes on to be written until it is closed, and then everything is lost.
        let Self::Sqlite(pool) = self else { return Ok(()) };
        let options = pool.connect_options();
        let path = options.get_filename();
        if !is_file(path) || path.exists() {
            return Ok(());
        }
        let problem = format!("{} was removed while it was in use; restart the server", path.display());
        Err(sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::NotFound, problem)))
    }

    /// How full the pool is.
    pub(crate) fn pool(&self) -> Pool {
        on!(self, pool => Pool {
            open: pool.size() as usize,
            idle: pool.num_idle(),
            limit: pool.options().get_max_connections() as usize,
        })
    }

    /// Ends every connection, after what they are doing.
    pub async fn close(&self) {
        on!(self, pool => pool.close().await);
    }
}

/// A connection for migrations, without the limit on a statement's time: one that changes a great table takes longer, and
/// so does the wait for another process that is at it.
async fn patient(pool: &PgPool) -> sqlx::Result<PoolConnection<Postgres>> {
    let mut connection = pool.acquire().await?;
    connection.close_on_drop();
    sqlx::query("set statement_timeout = 0").execute(&mut *connection).await?;
    Ok(connection)
}

async fn applied_migrations<C: Migrate>(
    connection: &mut C,
    migrations: &Migrator,
) -> Result<Vec<AppliedMigration>, MigrateError> {
    // Even `create table if not exists` fails on PostgreSQL for one of two that try at once.
    connection.lock().await?;
    connection.ensure_migrations_table(&migrations.table_name).await?;
    let applied = connection.list_applied_migrations(&migrations.table_name).await?;
    connection.unlock().await?;
    Ok(applied)
}

/// What a connection fails of.
async fn why_not(options: &PgConnectOptions, patience: Duration) -> sqlx::Error {
    match tokio::time::timeout(patience, PgConnection::connect_with(options)).await {
        Ok(Err(error)) => error,
        Ok(Ok(_)) | Err(_) => sqlx::Error::PoolTimedOut,
    }
}

/// Opens the pool. Of two processes that open a new file at once, both wish to change its journal mode, and there SQLite
/// tells one of them that it is busy without the wait that statements have.
async fn open_sqlite(pool: SqlitePoolOptions, options: SqliteConnectOptions) -> sqlx::Result<SqlitePool> {
    let deadline = Instant::now() + SQLITE_BUSY;
    loop {
        match pool.clone().connect_with(options.clone()).await {
            Err(error) if is_passing(&error) && Instant::now() < deadline => tokio::time::sleep(SQLITE_RETRY).await,
            opened => return opened,
        }
    }
}

/// Does work in a task of its own, where a client that hangs up cannot stop it half-way.
pub(crate) async fn whole<T: Send + 'static>(
    work: impl Future<Output = sqlx::Result<T>> + Send + 'static,
) -> sqlx::Result<T> {
    tokio::spawn(audit::of_same_request(work.in_current_span())).await.unwrap_or(Err(sqlx::Error::PoolClosed))
}

impl Tx {
    /// Has something done once the changes are durable, such as telling of them.
    pub fn after_commit(&mut self, action: impl FnOnce() + Send + 'static) {
        self.after.push(Box::new(action));
    }

    /// Makes the changes durable and visible.
    pub async fn commit(self) -> sqlx::Result<()> {
        match self.on {
            TxOn::Sqlite(tx) => tx.commit().await?,
            TxOn::Postgres(tx) => tx.commit().await?,
        }
        for action in self.after {
            action();
        }
        Ok(())
    }
}

/// Whether a statement failed because a unique key is taken: the database's answer to "does it exist already?".
pub(crate) fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let passes = is_passing(&error) || is_of_storage(&error);
        let cause = anyhow::Error::new(error).context("database");
        if passes { Self::Unavailable(cause) } else { Self::Internal(cause) }
    }
}

/// Whether a statement failed for a reason that passes, so that the same request may succeed in a moment: no connection,
/// a server that went away, a lock that was held too long.
pub(crate) fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| is_passing_code(&code)),
        _ => false,
    }
}

/// Whether the database cannot write: its disk is full, read-only or broken. Reading goes on, and what was refused works
/// again once there is room.
fn is_of_storage(error: &sqlx::Error) -> bool {
    /// `SQLITE_READONLY`, `SQLITE_IOERR`, `SQLITE_FULL` and `SQLITE_CANTOPEN`.
    const SQLITE: [u32; 4] = [8, 10, 13, 14];
    /// A read-only transaction, as on a standby that was promoted elsewhere; an I/O error.
    const POSTGRES: [&str; 2] = ["25006", "58030"];
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| POSTGRES.contains(&code.as_ref()) || is_sqlite_code(&code, &SQLITE))
}

/// PostgreSQL's codes have five characters (its manual, appendix A), SQLite's are smaller numbers.
fn is_passing_code(code: &str) -> bool {
    /// Rolled back for others, lock or statement timed out, shut down.
    const POSTGRES: [&str; 7] = ["40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03"];
    /// `SQLITE_BUSY` and `SQLITE_LOCKED`, the low byte of their extended codes.
    const SQLITE: [u32; 2] = [5, 6];
    if code.len() == 5 {
        return POSTGRES.contains(&code) || code.starts_with("08") || code.starts_with("53");
    }
    is_sqlite_code(code, &SQLITE)
}

/// Whether the low byte of an extended code is one of these.
fn is_sqlite_code(code: &str, codes: &[u32]) -> bool {
    code.len() < 5 && code.parse::<u32>().is_ok_and(|code| codes.contains(&(code & 0xff)))
}

/// Whether SQLite keeps a database of this name in a file; `sqlite::memory:` has a name too.
fn is_file(path: &std::path::Path) -> bool {
    !path.as_os_str().is_empty() && path.as_os_str() != ":memory:" && !path.to_string_lossy().starts_with("file:")
}

/// Makes the database file readable by its owner alone before SQLite makes it readable by everybody.
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
#[path = "db_tests.rs"]
mod tests;
