use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::{Db, Tx};
use crate::{in_tx, on};

crate::row! {
    pub(super) struct Row {
        pub(super) id: Uuid,
        pub(super) sealed: Vec<u8>,
        pub(super) pretended: bool,
        pub(super) attempts: i64,
        pub(super) expires_at: Option<OffsetDateTime>,
    }
}

pub(super) async fn insert(tx: &mut Tx, row: &Row, now: OffsetDateTime) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query(
        "insert into outbox (id, sealed, pretended, attempts, due_at, expires_at) values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(row.id)
    .bind(&row.sealed)
    .bind(row.pretended)
    .bind(row.attempts)
    .bind(now)
    .bind(row.expires_at)
    .execute(conn)
    .await
    .map(drop))
}

/// No other worker takes these mails before `until`. If two take at once, PostgreSQL checks `due_at` again for the
/// second, which skips the rows of the first; SQLite has one writer.
pub(super) async fn take(db: &Db, now: OffsetDateTime, until: OffsetDateTime, limit: u32) -> sqlx::Result<Vec<Row>> {
    on!(db, pool => sqlx::query_as(
        "update outbox set attempts = attempts + 1, due_at = $1
         where due_at <= $2 and id in (select id from outbox where due_at <= $2 order by due_at, id limit $3)
         returning id, sealed, pretended, attempts, expires_at",
    )
    .bind(until)
    .bind(now)
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await)
}

/// With the id of the oldest.
pub(super) async fn waiting(db: &Db) -> sqlx::Result<(i64, Option<Uuid>)> {
    on!(db, pool => sqlx::query_as(
        "select count(*), (select id from outbox where not pretended order by id limit 1)
         from outbox where not pretended",
    )
    .fetch_one(pool)
    .await)
}

/// Unless another worker has taken it since.
pub(super) async fn remove(db: &Db, row: &Row) -> sqlx::Result<()> {
    on!(db, pool => sqlx::query("delete from outbox where id = $1 and attempts = $2")
        .bind(row.id)
        .bind(row.attempts)
        .execute(pool)
        .await
        .map(drop))
}

/// Unless another worker has taken it since.
pub(super) async fn postpone(db: &Db, row: &Row, due: OffsetDateTime) -> sqlx::Result<()> {
    on!(db, pool => sqlx::query("update outbox set due_at = $1 where id = $2 and attempts = $3")
        .bind(due)
        .bind(row.id)
        .bind(row.attempts)
        .execute(pool)
        .await
        .map(drop))
}
