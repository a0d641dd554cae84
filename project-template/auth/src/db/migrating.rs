//! Applies migrations: one process at a time, also behind a pooler.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use sqlx::migrate::{AppliedMigration, Migrate, MigrateError, Migration, Migrator};
use sqlx::postgres::PgPool;
use sqlx::{Postgres, Transaction};

use super::{Db, Settings, Tx, TxOn, migrations_for};
use crate::in_tx;

/// PostgreSQL keeps advisory locks per database.
const LOCK: i64 = 0x6a77_7461_6d69_6772;
const ASK_AGAIN: Duration = Duration::from_millis(100);
/// The wait after which the holder of the lock is logged.
const SAY_SO: Duration = Duration::from_secs(3);

impl Db {
    /// Applies the missing migrations, all or none. `complete` gets their versions and does in the same transaction
    /// what SQL cannot. Processes that start together take turns.
    pub(crate) async fn migrate_with(
        &self,
        complete: impl AsyncFnOnce(&mut Tx, &[i64]) -> sqlx::Result<()>,
    ) -> anyhow::Result<()> {
        self.try_migrate(complete).await.context(
            "the database cannot be migrated; if a newer version of this program migrated it, run that version",
        )
    }

    async fn try_migrate(&self, complete: impl AsyncFnOnce(&mut Tx, &[i64]) -> sqlx::Result<()>) -> anyhow::Result<()> {
        let mut migrations = migrations_for(self);
        // sqlx's own lock belongs to the session, which a pooler gives to another client: it is never released.
        migrations.set_locking(false);
        let mut tx = self.turn().await?;
        let applied = in_tx!(tx, conn => applied_migrations(conn, &migrations).await)?;
        let missing: Vec<i64> = missing(&migrations, &applied).map(|migration| migration.version).collect();
        in_tx!(tx, conn => migrations.run(conn).await)?;
        complete(&mut tx, &missing).await?;
        Ok(tx.commit().await?)
    }

    /// The names of the migrations not yet applied.
    pub async fn pending_migrations(&self) -> anyhow::Result<Vec<String>> {
        let migrations = migrations_for(self);
        let mut tx = self.turn().await?;
        let applied = in_tx!(tx, conn => applied_migrations(conn, &migrations).await)?;
        // A question leaves no table behind.
        match tx.on {
            TxOn::Sqlite(tx) => tx.rollback().await?,
            TxOn::Postgres(tx) => tx.rollback().await?,
        }
        if let Some(newer) = applied.iter().find(|applied| !migrations.version_exists(applied.version)) {
            bail!("the database has migration {} of a newer version of this program; run that version", newer.version);
        }
        Ok(missing(&migrations, &applied).map(|migration| migration.description.to_string()).collect())
    }

    /// A transaction in which no other process migrates.
    async fn turn(&self) -> sqlx::Result<Tx> {
        match self {
            Self::Sqlite(_) => self.begin().await,
            Self::Postgres(pool) => Ok(Tx { on: TxOn::Postgres(turn(pool).await?), after: Vec::new() }),
        }
    }
}

impl Settings {
    /// For a dry run, which creates and migrates no database: settings of an empty one, if there is none yet.
    ///
    /// # Errors
    /// If the database lacks some migrations.
    pub(crate) async fn without_change(&self) -> anyhow::Result<Option<Self>> {
        if let Some(empty) = self.missing() {
            return Ok(Some(empty));
        }
        let db = Db::connect(self).await?;
        let pending = db.pending_migrations().await;
        db.close().await;
        let pending = pending?;
        if pending.len() == migrations_for(&db).iter().count() {
            return Ok(Some(self.empty()));
        }
        let names = pending.join(", ");
        ensure!(
            names.is_empty(),
            "a dry run applies no migrations, and these are missing: {names}; run `migrate` first"
        );
        Ok(None)
    }
}

fn missing<'m>(migrations: &'m Migrator, applied: &'m [AppliedMigration]) -> impl Iterator<Item = &'m Migration> {
    migrations.iter().filter(|migration| applied.iter().all(|done| done.version != migration.version))
}

/// Needs the lock on PostgreSQL: even `create table if not exists` fails for one of two concurrent callers.
async fn applied_migrations<C: Migrate>(
    connection: &mut C,
    migrations: &Migrator,
) -> Result<Vec<AppliedMigration>, MigrateError> {
    connection.ensure_migrations_table(&migrations.table_name).await?;
    connection.list_applied_migrations(&migrations.table_name).await
}

/// A transaction that holds the lock. Without a statement timeout: the migration of a large table takes longer.
pub(super) async fn turn(pool: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    let mut tx = pool.begin_with("begin; set local statement_timeout = 0").await?;
    let (since, mut is_said) = (Instant::now(), false);
    loop {
        let is_mine: bool =
            sqlx::query_scalar("select pg_try_advisory_xact_lock($1)").bind(LOCK).fetch_one(&mut *tx).await?;
        if is_mine {
            return Ok(tx);
        }
        if !is_said && since.elapsed() >= SAY_SO {
            is_said = true;
            say_who_migrates(&mut tx).await?;
        }
        tokio::time::sleep(ASK_AGAIN).await;
    }
}

async fn say_who_migrates(tx: &mut Transaction<'static, Postgres>) -> sqlx::Result<()> {
    let holder: Option<(i32, String, String)> = sqlx::query_as(
        "select pid, coalesce(usename, '?'), coalesce(host(client_addr), 'a local socket')
         from pg_stat_activity join pg_locks using (pid)
         where locktype = 'advisory' and granted and objsubid = 1
           and database = (select oid from pg_database where datname = current_database())
           and (classid::bigint << 32 | objid::bigint) = $1",
    )
    .bind(LOCK)
    .fetch_optional(&mut **tx)
    .await?;
    if let Some((pid, user, from)) = holder {
        tracing::warn!(
            pid,
            "waiting for another process that migrates this database: `{user}` from {from}; if it is stuck, end it with \
             `select pg_terminate_backend({pid})`"
        );
    }
    Ok(())
}
