//! The database: SQLite or PostgreSQL, chosen by `database.url` at run time. The only room that knows an engine.
//! Each query is written once and runs on either pool through [`crate::on`]. Ids (UUIDv7) and times come from Rust.

mod batch;
mod expiring;
mod failures;
mod idle;
mod migrating;
mod pooler;
mod postgres;
mod settings;
mod sqlite;
mod trigrams;
mod trouble;

use std::str::FromStr;

use anyhow::Context;
pub(crate) use batch::{Batch, Shared};
pub(crate) use expiring::{Expiring, expiring};
pub(crate) use failures::{is_passing, is_taken, was_crowded};
use secrecy::ExposeSecret;
pub use settings::Settings;
pub use sqlite::SqliteFile;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::PgPool;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Database, Postgres, SqlSafeStr, Sqlite, Transaction};
use tracing::Instrument;
pub(crate) use trigrams::Indexed;

use crate::request;

/// The result of a statement.
pub type Result<T> = sqlx::Result<T>;

/// A pool of connections to either engine.
#[derive(Clone, Debug)]
pub enum Db {
    /// One file.
    Sqlite(SqliteFile),
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
            $crate::db::Db::Sqlite(file) => {
                let $pool = &file.writer;
                $body
            }
            $crate::db::Db::Postgres($pool) => $body,
        }
    };
}

/// Runs one query that only reads, as [`on!`] does: on SQLite it does not wait for writers, and they do not wait for it.
#[macro_export]
macro_rules! read {
    ($db:expr, $pool:ident => $body:expr) => {
        match $db {
            $crate::db::Db::Sqlite(file) => {
                let $pool = &file.readers;
                $body
            }
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
    16 "0016_languages",
}

impl Db {
    /// Opens the pool. Fails with the reason if the server cannot be reached or the file cannot be opened.
    pub async fn connect(settings: &Settings) -> anyhow::Result<Self> {
        let url = settings.url.expose_secret();
        if settings.is_sqlite() {
            return Ok(Self::Sqlite(SqliteFile::open(url, settings.acquire_timeout).await?));
        }
        Ok(Self::Postgres(postgres::connect(settings).await?))
    }

    /// As [`Db::connect`]; none for a SQLite file that does not exist, instead of creating it.
    pub(crate) async fn connect_existing(settings: &Settings) -> anyhow::Result<Option<Self>> {
        if settings.is_sqlite() {
            let options = SqliteConnectOptions::from_str(settings.url.expose_secret())
                .context("`database.url` is not a valid SQLite address")?;
            let path = options.get_filename();
            if sqlite::is_file(path) && !path.exists() {
                return Ok(None);
            }
        }
        Self::connect(settings).await.map(Some)
    }

    /// Begins a transaction. On SQLite it takes the write lock at once: a reader that becomes a writer later can fail.
    pub async fn begin(&self) -> sqlx::Result<Tx> {
        let on = match self {
            Self::Sqlite(file) => TxOn::Sqlite(file.writer.begin_with("begin immediate").await?),
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
        match self {
            Self::Sqlite(file) => file.ping().await,
            Self::Postgres(pool) => {
                let is_read_only = idle::is_read_only(&mut *pool.acquire().await?).await?;
                if is_read_only { Err(trouble::read_only()) } else { Ok(()) }
            }
        }
    }

    pub(crate) fn pool(&self) -> Pool {
        let of_writer = on!(self, pool => Pool::of(pool));
        let Self::Sqlite(file) = self else { return of_writer };
        let of_readers = Pool::of(&file.readers);
        Pool {
            open: of_writer.open + of_readers.open,
            idle: of_writer.idle + of_readers.idle,
            limit: of_writer.limit + of_readers.limit,
        }
    }

    /// Closes every connection after its current work.
    pub async fn close(&self) {
        read!(self, pool => pool.close().await);
        on!(self, pool => pool.close().await);
    }
}

impl Pool {
    fn of<D: Database>(pool: &sqlx::Pool<D>) -> Self {
        Self { open: pool.size() as usize, idle: pool.num_idle(), limit: pool.options().get_max_connections() as usize }
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

#[cfg(test)]
mod tests;
