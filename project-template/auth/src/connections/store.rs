//! The tables of connections and of used codes.

use time::OffsetDateTime;
use uuid::Uuid;

use super::Connection;
use crate::db::{Db, Expiring, Tx, expiring};
use crate::{in_tx, on};

pub(super) const EXPIRING_CODES: Expiring = expiring!("social_codes", "hash", "expires_at");

macro_rules! columns {
    () => {
        "id, user_id, provider, uid, proven, created_at, last_login_at"
    };
}

/// False if the account at the provider is connected already.
pub(super) async fn insert(tx: &mut Tx, new: &Connection) -> sqlx::Result<bool> {
    let inserted = in_tx!(tx, conn => sqlx::query(concat!(
        "insert into social_accounts (", columns!(), ") values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (provider, uid) do nothing",
    ))
    .bind(new.id)
    .bind(new.user_id)
    .bind(&new.provider)
    .bind(&new.uid)
    .bind(new.proven)
    .bind(new.created_at)
    .bind(new.last_login_at)
    .execute(conn)
    .await?
    .rows_affected());
    Ok(inserted == 1)
}

const BY_UID: &str = concat!("select ", columns!(), " from social_accounts where provider = $1 and uid = $2");

pub(super) async fn find(db: &Db, provider: &str, uid: &str) -> sqlx::Result<Option<Connection>> {
    on!(db, pool => sqlx::query_as(BY_UID).bind(provider).bind(uid).fetch_optional(pool).await)
}

pub(super) async fn find_in(tx: &mut Tx, provider: &str, uid: &str) -> sqlx::Result<Option<Connection>> {
    in_tx!(tx, conn => sqlx::query_as(BY_UID).bind(provider).bind(uid).fetch_optional(conn).await)
}

const OF_USER: &str = concat!("select ", columns!(), " from social_accounts where user_id = $1 order by id");

pub(super) async fn of_user(db: &Db, user: Uuid) -> sqlx::Result<Vec<Connection>> {
    on!(db, pool => sqlx::query_as(OF_USER).bind(user).fetch_all(pool).await)
}

pub(super) async fn of_user_in(tx: &mut Tx, user: Uuid) -> sqlx::Result<Vec<Connection>> {
    in_tx!(tx, conn => sqlx::query_as(OF_USER).bind(user).fetch_all(conn).await)
}

/// False if the connection is gone.
pub(super) async fn record_use(tx: &mut Tx, id: Uuid, user: Uuid, now: OffsetDateTime) -> sqlx::Result<bool> {
    let recorded = in_tx!(tx, conn => sqlx::query(
        "update social_accounts set last_login_at = $1 where id = $2 and user_id = $3",
    )
    .bind(now)
    .bind(id)
    .bind(user)
    .execute(conn)
    .await?
    .rows_affected());
    Ok(recorded == 1)
}

pub(super) async fn remove(tx: &mut Tx, id: Uuid, user: Uuid) -> sqlx::Result<bool> {
    let removed = in_tx!(tx, conn => sqlx::query("delete from social_accounts where id = $1 and user_id = $2")
        .bind(id)
        .bind(user)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(removed == 1)
}

pub(super) async fn set_proven(tx: &mut Tx, user: Uuid, proven: bool) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("update social_accounts set proven = $1 where user_id = $2")
        .bind(proven)
        .bind(user)
        .execute(conn)
        .await
        .map(drop))
}

pub(super) async fn has_unproven(db: &Db, user: Uuid) -> sqlx::Result<bool> {
    let (found,): (bool,) = on!(db, pool => sqlx::query_as(
        "select exists (select 1 from social_accounts where user_id = $1 and not proven)",
    )
    .bind(user)
    .fetch_one(pool)
    .await?);
    Ok(found)
}

/// Removes the connections of an account that were made before it was known whose the address is. Returns how many.
pub(super) async fn remove_unproven(tx: &mut Tx, user: Uuid) -> sqlx::Result<u64> {
    Ok(in_tx!(tx, conn => sqlx::query("delete from social_accounts where user_id = $1 and not proven")
        .bind(user)
        .execute(conn)
        .await?
        .rows_affected()))
}

/// Of any number of concurrent requests, one gets true.
pub(super) async fn claim_code(db: &Db, hash: &[u8], expires: OffsetDateTime) -> sqlx::Result<bool> {
    let claimed = on!(db, pool => sqlx::query(
        "insert into social_codes (hash, expires_at) values ($1, $2) on conflict (hash) do nothing",
    )
    .bind(hash)
    .bind(expires)
    .execute(pool)
    .await?
    .rows_affected());
    Ok(claimed == 1)
}

pub(super) async fn release_code(db: &Db, hash: &[u8]) -> sqlx::Result<()> {
    on!(db, pool => sqlx::query("delete from social_codes where hash = $1").bind(hash).execute(pool).await.map(drop))
}
