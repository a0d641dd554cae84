//! The tables of second factors, their setups and recovery codes.

use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::{Db, Expiring, Tx, expiring};
use crate::{in_tx, on};

pub(super) const EXPIRING_SETUPS: Expiring = expiring!("second_factor_setups", "id", "expires_at");

crate::row! {
    pub(super) struct Factor {
        pub(super) id: Uuid,
        pub(super) recovery_id: Uuid,
        pub(super) sealed: Vec<u8>,
        pub(super) used_step: i64,
        pub(super) created_at: OffsetDateTime,
        pub(super) last_used_at: Option<OffsetDateTime>,
        pub(super) recovery_at: OffsetDateTime,
    }
}

crate::row! {
    pub(super) struct Setup {
        pub(super) id: Uuid,
        pub(super) sealed: Vec<u8>,
    }
}

crate::row! {
    pub(super) struct Recovery {
        pub(super) unused: i64,
        pub(super) last_used_at: Option<OffsetDateTime>,
    }
}

crate::row! {
    pub(super) struct RecoveryCode {
        pub(super) used: bool,
    }
}

crate::row! {
    pub(super) struct Standing {
        /// Whether the authenticator app is proven. None if there is none.
        pub(super) app: Option<bool>,
        pub(super) passkeys: i64,
        pub(super) proven_passkeys: i64,
    }
}

/// What an account has beside its first factor: one statement, since every sign-in asks.
pub(super) async fn standing(db: &Db, user: Uuid) -> sqlx::Result<Standing> {
    on!(db, pool => sqlx::query_as(
        "select (select proven from second_factors where user_id = $1) as app,
           (select count(*) from passkeys where user_id = $1) as passkeys,
           (select count(*) from passkeys where user_id = $1 and proven) as proven_passkeys",
    )
    .bind(user)
    .fetch_one(pool)
    .await)
}

pub(super) async fn set_proven(tx: &mut Tx, user: Uuid) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("update second_factors set proven = true where user_id = $1")
        .bind(user)
        .execute(conn)
        .await
        .map(drop))
}

pub(super) async fn factor(db: &Db, user: Uuid) -> sqlx::Result<Option<Factor>> {
    on!(db, pool => sqlx::query_as(
        "select id, recovery_id, sealed, used_step, created_at, last_used_at, recovery_at
         from second_factors where user_id = $1",
    )
    .bind(user)
    .fetch_optional(pool)
    .await)
}

/// Inserts a factor. False if the account has one, or does not exist.
pub(super) async fn insert(
    tx: &mut Tx,
    (user, proven): (Uuid, bool),
    (sealed, sealed_by): (&[u8], &str),
    used_step: i64,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let inserted = in_tx!(tx, conn => sqlx::query(
        "insert into second_factors
           (user_id, id, recovery_id, sealed, sealed_by, used_step, created_at, recovery_at, proven)
         select id, $2, $3, $4, $5, $6, $7, $7, $8 from users where id = $1
         on conflict do nothing",
    )
    .bind(user)
    .bind(Uuid::now_v7())
    .bind(Uuid::now_v7())
    .bind(sealed)
    .bind(sealed_by)
    .bind(used_step)
    .bind(now)
    .bind(proven)
    .execute(conn)
    .await?
    .rows_affected());
    Ok(inserted == 1)
}

/// Uses up a step, and all before it. False if it was used.
pub(super) async fn use_step(tx: &mut Tx, user: Uuid, step: i64, now: OffsetDateTime) -> sqlx::Result<bool> {
    let done = in_tx!(tx, conn => sqlx::query(
        "update second_factors set used_step = $1, last_used_at = $2 where user_id = $3 and used_step < $1",
    )
    .bind(step)
    .bind(now)
    .bind(user)
    .execute(conn)
    .await?
    .rows_affected());
    Ok(done == 1)
}

pub(super) async fn remove(tx: &mut Tx, user: Uuid) -> sqlx::Result<bool> {
    remove_setup(tx, user).await?;
    let removed = in_tx!(tx, conn => sqlx::query("delete from second_factors where user_id = $1")
        .bind(user)
        .execute(conn)
        .await?
        .rows_affected());
    remove_rest(tx, user).await?;
    Ok(removed == 1)
}

/// Removes a factor that is not proven. False if there is none.
pub(super) async fn remove_unproven(tx: &mut Tx, user: Uuid) -> sqlx::Result<bool> {
    let removed = in_tx!(tx, conn => sqlx::query("delete from second_factors where user_id = $1 and not proven")
        .bind(user)
        .execute(conn)
        .await?
        .rows_affected());
    if removed == 1 {
        remove_rest(tx, user).await?;
    }
    Ok(removed == 1)
}

/// Removes what belongs to a factor that is gone.
async fn remove_rest(tx: &mut Tx, user: Uuid) -> sqlx::Result<()> {
    for query in
        ["delete from recovery_codes where user_id = $1", "delete from second_factor_guesses where user_id = $1"]
    {
        in_tx!(tx, conn => sqlx::query(query).bind(user).execute(conn).await.map(drop))?;
    }
    Ok(())
}

pub(super) async fn remove_setup(tx: &mut Tx, user: Uuid) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("delete from second_factor_setups where user_id = $1")
        .bind(user)
        .execute(conn)
        .await
        .map(drop))
}

/// Replaces the account's setup, if it is still in this version and has no factor.
pub(super) async fn set_up(
    db: &Db,
    (user, version): (Uuid, i64),
    sealed: &[u8],
    expires_at: OffsetDateTime,
) -> sqlx::Result<bool> {
    let inserted = on!(db, pool => sqlx::query(
        "insert into second_factor_setups (user_id, id, version, sealed, expires_at)
         select id, $2, auth_version, $4, $5 from users
         where id = $1 and auth_version = $3 and is_active
           and not exists (select 1 from second_factors where user_id = $1)
         on conflict (user_id) do update
         set id = excluded.id, version = excluded.version, sealed = excluded.sealed, expires_at = excluded.expires_at",
    )
    .bind(user)
    .bind(Uuid::now_v7())
    .bind(version)
    .bind(sealed)
    .bind(expires_at)
    .execute(pool)
    .await?
    .rows_affected());
    Ok(inserted == 1)
}

pub(super) async fn setup(db: &Db, (user, version): (Uuid, i64), now: OffsetDateTime) -> sqlx::Result<Option<Setup>> {
    on!(db, pool => sqlx::query_as(
        "select id, sealed from second_factor_setups where user_id = $1 and version = $2 and expires_at > $3",
    )
    .bind(user)
    .bind(version)
    .bind(now)
    .fetch_optional(pool)
    .await)
}

/// Uses up a setup. False if it was used or replaced, or its account has changed.
pub(super) async fn take_setup(tx: &mut Tx, user: Uuid, setup: Uuid, now: OffsetDateTime) -> sqlx::Result<bool> {
    let taken = in_tx!(tx, conn => sqlx::query(
        "delete from second_factor_setups
         where user_id = $1 and id = $2 and expires_at > $3
           and version = (select auth_version from users where id = $1 and is_active)",
    )
    .bind(user)
    .bind(setup)
    .bind(now)
    .execute(conn)
    .await?
    .rows_affected());
    Ok(taken == 1)
}

/// Replaces the recovery codes of an account, if it exists.
pub(super) async fn set_recovery_codes(tx: &mut Tx, user: Uuid, macs: &[Vec<u8>]) -> sqlx::Result<()> {
    let remove = "delete from recovery_codes where user_id = $1";
    in_tx!(tx, conn => sqlx::query(remove).bind(user).execute(conn).await.map(drop))?;
    for mac in macs {
        in_tx!(tx, conn => sqlx::query("insert into recovery_codes (user_id, mac) select id, $2 from users where id = $1")
            .bind(user)
            .bind(mac)
            .execute(conn)
            .await
            .map(drop))?;
    }
    Ok(())
}

/// Notes that a factor gets other recovery codes. False if the account no longer has this factor.
pub(super) async fn renew(tx: &mut Tx, user: Uuid, factor: Uuid, now: OffsetDateTime) -> sqlx::Result<bool> {
    let renewed = in_tx!(tx, conn => sqlx::query(
        "update second_factors set recovery_id = $1, recovery_at = $2 where user_id = $3 and id = $4",
    )
    .bind(Uuid::now_v7())
    .bind(now)
    .bind(user)
    .bind(factor)
    .execute(conn)
    .await?
    .rows_affected());
    Ok(renewed == 1)
}

pub(super) async fn recovery_code(db: &Db, user: Uuid, mac: &[u8]) -> sqlx::Result<Option<RecoveryCode>> {
    on!(db, pool => sqlx::query_as("select used_at is not null as used from recovery_codes where user_id = $1 and mac = $2")
        .bind(user)
        .bind(mac)
        .fetch_optional(pool)
        .await)
}

/// Uses up a recovery code. False if it was used.
pub(super) async fn use_recovery_code(tx: &mut Tx, user: Uuid, mac: &[u8], now: OffsetDateTime) -> sqlx::Result<bool> {
    let done = in_tx!(tx, conn => sqlx::query(
        "update recovery_codes set used_at = $1 where user_id = $2 and mac = $3 and used_at is null",
    )
    .bind(now)
    .bind(user)
    .bind(mac)
    .execute(conn)
    .await?
    .rows_affected());
    Ok(done == 1)
}

const RECOVERY: &str = "select count(*) - count(used_at) as unused, max(used_at) as last_used_at
    from recovery_codes where user_id = $1";

pub(super) async fn recovery(db: &Db, user: Uuid) -> sqlx::Result<Recovery> {
    on!(db, pool => sqlx::query_as(RECOVERY).bind(user).fetch_one(pool).await)
}

pub(super) async fn count_recovery_codes(tx: &mut Tx, user: Uuid) -> sqlx::Result<u64> {
    let (left,): (i64,) = in_tx!(tx, conn => sqlx::query_as(
        "select count(*) from recovery_codes where user_id = $1 and used_at is null",
    )
    .bind(user)
    .fetch_one(conn)
    .await?);
    Ok(left.unsigned_abs())
}

/// Secrets that were encrypted with this key.
pub(super) async fn sealed_by(db: &Db, kid: &str, limit: u32) -> sqlx::Result<Vec<(Uuid, Vec<u8>)>> {
    on!(db, pool => sqlx::query_as("select user_id, sealed from second_factors where sealed_by = $1 limit $2")
        .bind(kid)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await)
}

/// Replaces a secret by the same one under another key.
pub(super) async fn reseal(db: &Db, user: Uuid, before: &[u8], (sealed, sealed_by): (&[u8], &str)) -> sqlx::Result<()> {
    on!(db, pool => sqlx::query(
        "update second_factors set sealed = $1, sealed_by = $2 where user_id = $3 and sealed = $4",
    )
    .bind(sealed)
    .bind(sealed_by)
    .bind(user)
    .bind(before)
    .execute(pool)
    .await
    .map(drop))
}

/// The addresses of active superusers without a factor; `passkeys` count as one where one is required.
pub(super) async fn superusers_without(db: &Db, role: i64, passkeys: bool) -> sqlx::Result<Vec<String>> {
    let rows: Vec<(String,)> = on!(db, pool => sqlx::query_as(
        "select email from users
         where role >= $1 and is_active and not exists (select 1 from second_factors where user_id = users.id)
           and not ($2 and exists (select 1 from passkeys where user_id = users.id))
         order by email_key",
    )
    .bind(role)
    .bind(passkeys)
    .fetch_all(pool)
    .await?);
    Ok(rows.into_iter().map(|(email,)| email).collect())
}
