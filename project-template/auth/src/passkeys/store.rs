//! The table of passkeys.

use time::OffsetDateTime;
use uuid::Uuid;

use super::passkey::Passkey;
use crate::db::{Db, Tx};
use crate::{in_tx, on};

macro_rules! columns {
    () => {
        "id, user_id, credential_id, public_key, counter, can_be_synced, is_synced, model, transports, name, proven, \
         created_at, used_at"
    };
}

/// Inserts a passkey. A credential id that is taken is a unique violation, see [`crate::db::is_taken`].
pub(super) async fn insert(tx: &mut Tx, passkey: &Passkey) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query(concat!(
        "insert into passkeys (", columns!(), ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    ))
    .bind(passkey.id)
    .bind(passkey.user_id)
    .bind(&passkey.credential_id)
    .bind(&passkey.public_key)
    .bind(passkey.counter)
    .bind(passkey.can_be_synced)
    .bind(passkey.is_synced)
    .bind(passkey.model)
    .bind(&passkey.transports)
    .bind(&passkey.name)
    .bind(passkey.proven)
    .bind(passkey.created_at)
    .bind(passkey.used_at)
    .execute(conn)
    .await
    .map(drop))
}

pub(super) async fn by_credential(db: &Db, credential: &[u8]) -> sqlx::Result<Option<Passkey>> {
    on!(db, pool => sqlx::query_as(concat!("select ", columns!(), " from passkeys where credential_id = $1"))
        .bind(credential)
        .fetch_optional(pool)
        .await)
}

const OF_USER: &str = concat!("select ", columns!(), " from passkeys where user_id = $1 order by id");

/// The passkeys of an account, oldest first.
pub(super) async fn of_user(db: &Db, user: Uuid) -> sqlx::Result<Vec<Passkey>> {
    on!(db, pool => sqlx::query_as(OF_USER).bind(user).fetch_all(pool).await)
}

pub(super) async fn of_user_in(tx: &mut Tx, user: Uuid) -> sqlx::Result<Vec<Passkey>> {
    in_tx!(tx, conn => sqlx::query_as(OF_USER).bind(user).fetch_all(conn).await)
}

pub(super) async fn rename(db: &Db, id: Uuid, user: Uuid, name: &str) -> sqlx::Result<Option<Passkey>> {
    on!(db, pool => sqlx::query_as(concat!(
        "update passkeys set name = $1 where id = $2 and user_id = $3 returning ", columns!(),
    ))
    .bind(name)
    .bind(id)
    .bind(user)
    .fetch_optional(pool)
    .await)
}

/// Records a use. False if the passkey is gone, or its counter was raised to that of this use meanwhile.
pub(super) async fn record_use(
    tx: &mut Tx,
    id: Uuid,
    counter: i64,
    is_synced: bool,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let recorded = in_tx!(tx, conn => sqlx::query(
        "update passkeys set counter = $1, is_synced = $2, used_at = $3
         where id = $4 and (counter < $1 or (counter = 0 and $1 = 0))",
    )
    .bind(counter)
    .bind(is_synced)
    .bind(now)
    .bind(id)
    .execute(conn)
    .await?
    .rows_affected());
    Ok(recorded == 1)
}

pub(super) async fn remove(tx: &mut Tx, id: Uuid, user: Uuid) -> sqlx::Result<bool> {
    let removed = in_tx!(tx, conn => sqlx::query("delete from passkeys where id = $1 and user_id = $2")
        .bind(id)
        .bind(user)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(removed == 1)
}

pub(super) async fn set_proven(tx: &mut Tx, user: Uuid, proven: bool) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("update passkeys set proven = $1 where user_id = $2")
        .bind(proven)
        .bind(user)
        .execute(conn)
        .await
        .map(drop))
}

/// Removes the passkeys of an account that were added before it was known whose the address is. Returns how many.
pub(super) async fn remove_unproven(tx: &mut Tx, user: Uuid) -> sqlx::Result<Vec<OffsetDateTime>> {
    let query = "delete from passkeys where user_id = $1 and not proven returning created_at";
    let rows: Vec<(OffsetDateTime,)> = in_tx!(tx, conn => sqlx::query_as(query).bind(user).fetch_all(conn).await?);
    Ok(rows.into_iter().map(|(created_at,)| created_at).collect())
}
