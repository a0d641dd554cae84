use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::{Db, Expiring, Tx, expiring};
use crate::{in_tx, on};

pub(super) const EXPIRING: Expiring = expiring!("links", "hash", "expires_at");

crate::row! {
    pub(super) struct Row {
        pub(super) hash: Vec<u8>,
        pub(super) purpose: String,
        pub(super) subject: Uuid,
        pub(super) version: i64,
        pub(super) sealed: Vec<u8>,
        pub(super) created_at: OffsetDateTime,
        pub(super) expires_at: OffsetDateTime,
        pub(super) used_at: Option<OffsetDateTime>,
    }
}

pub(super) async fn insert(tx: &mut Tx, row: &Row) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query(
        "insert into links (hash, purpose, subject, version, sealed, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&row.hash)
    .bind(&row.purpose)
    .bind(row.subject)
    .bind(row.version)
    .bind(&row.sealed)
    .bind(row.created_at)
    .bind(row.expires_at)
    .execute(conn)
    .await
    .map(drop))
}

macro_rules! columns {
    () => {
        "hash, purpose, subject, version, sealed, created_at, expires_at, used_at"
    };
}

pub(super) async fn by_hash(db: &Db, hash: &[u8]) -> sqlx::Result<Option<Row>> {
    on!(db, pool => sqlx::query_as(concat!("select ", columns!(), " from links where hash = $1"))
    .bind(hash)
    .fetch_optional(pool)
    .await)
}

pub(super) async fn live(tx: &mut Tx, purpose: &str, subject: Uuid, now: OffsetDateTime) -> sqlx::Result<Vec<Row>> {
    in_tx!(tx, conn => sqlx::query_as(concat!(
        "select ", columns!(), " from links
         where purpose = $1 and subject = $2 and used_at is null and expires_at > $3",
    ))
    .bind(purpose)
    .bind(subject)
    .bind(now)
    .fetch_all(conn)
    .await)
}

pub(super) async fn consume(tx: &mut Tx, hash: &[u8], now: OffsetDateTime) -> sqlx::Result<bool> {
    let done = in_tx!(tx, conn => sqlx::query(
        "update links set used_at = $1 where hash = $2 and used_at is null and expires_at > $1",
    )
    .bind(now)
    .bind(hash)
    .execute(conn)
    .await?
    .rows_affected());
    Ok(done == 1)
}

pub(super) async fn remove(tx: &mut Tx, purpose: &str, subject: Uuid) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("delete from links where purpose = $1 and subject = $2 and used_at is null")
        .bind(purpose)
        .bind(subject)
        .execute(conn)
        .await
        .map(drop))
}

pub(super) async fn remove_unused(tx: &mut Tx, subject: Uuid) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("delete from links where subject = $1 and used_at is null")
        .bind(subject)
        .execute(conn)
        .await
        .map(drop))
}

pub(super) async fn remove_all(tx: &mut Tx, subject: Uuid) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("delete from links where subject = $1")
        .bind(subject)
        .execute(conn)
        .await
        .map(drop))
}

pub(super) async fn count_live(tx: &mut Tx, purpose: &str, subject: Uuid, now: OffsetDateTime) -> sqlx::Result<u64> {
    let (count,): (i64,) = in_tx!(tx, conn => sqlx::query_as(
        "select count(*) from links where purpose = $1 and subject = $2 and used_at is null and expires_at > $3",
    )
    .bind(purpose)
    .bind(subject)
    .bind(now)
    .fetch_one(conn)
    .await?);
    Ok(count.unsigned_abs())
}
