//! The table of challenges.

use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::{Db, Expiring, Tx, expiring};
use crate::{in_tx, on};

pub(super) const EXPIRING: Expiring = expiring!("passkey_challenges", "id", "expires_at");

const INSERT: &str = "insert into passkey_challenges (id, purpose, user_id, expires_at) values ($1, $2, $3, $4)";

pub(super) async fn insert(
    db: &Db,
    id: &[u8],
    (purpose, user): (&str, Option<Uuid>),
    expires: OffsetDateTime,
) -> sqlx::Result<()> {
    on!(db, pool => sqlx::query(INSERT).bind(id).bind(purpose).bind(user).bind(expires).execute(pool).await.map(drop))
}

/// Inserts a challenge of an account, and removes those of the same purpose. Call it in a transaction that holds the
/// account.
pub(super) async fn replace(
    tx: &mut Tx,
    id: &[u8],
    purpose: &str,
    user: Uuid,
    expires: OffsetDateTime,
) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("delete from passkey_challenges where user_id = $1 and purpose = $2")
        .bind(user)
        .bind(purpose)
        .execute(conn)
        .await
        .map(drop))?;
    in_tx!(tx, conn => sqlx::query(INSERT)
        .bind(id)
        .bind(purpose)
        .bind(user)
        .bind(expires)
        .execute(conn)
        .await
        .map(drop))
}

/// The account of a challenge, if it has one.
pub(super) async fn find(db: &Db, id: &[u8], purpose: &str, now: OffsetDateTime) -> sqlx::Result<Option<Option<Uuid>>> {
    let found: Option<(Option<Uuid>,)> = on!(db, pool => sqlx::query_as(
        "select user_id from passkey_challenges where id = $1 and purpose = $2 and expires_at > $3",
    )
    .bind(id)
    .bind(purpose)
    .bind(now)
    .fetch_optional(pool)
    .await?);
    Ok(found.map(|(user,)| user))
}

/// Uses up a challenge: of any number of concurrent requests, one gets true.
pub(super) async fn take(tx: &mut Tx, id: &[u8], now: OffsetDateTime) -> sqlx::Result<bool> {
    let taken = in_tx!(tx, conn => sqlx::query("delete from passkey_challenges where id = $1 and expires_at > $2")
        .bind(id)
        .bind(now)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(taken == 1)
}
