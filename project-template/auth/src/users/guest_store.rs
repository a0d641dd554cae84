//! Accounts that were made by an invitation, until their owners set a password.

use time::OffsetDateTime;
use uuid::Uuid;

use super::store::columns;
use super::{Email, User};
use crate::db::{Db, Tx};
use crate::languages::Languages;
use crate::{in_tx, on};

/// A deactivated one stays: who deactivated it wants nobody to come back by it.
const EXPIRED: &str = "guest_until <= $1 and is_active";

pub(crate) async fn make_guest(tx: &mut Tx, id: Uuid, until: OffsetDateTime) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("update users set guest_until = $1 where id = $2")
        .bind(until)
        .bind(id)
        .execute(conn)
        .await
        .map(drop))
}

/// False if the account is no guest any more. Rows that refer to it are deleted by cascade.
pub(crate) async fn remove_guest(tx: &mut Tx, id: Uuid) -> sqlx::Result<bool> {
    let done = in_tx!(tx, conn => sqlx::query("delete from users where id = $1 and guest_until is not null")
        .bind(id)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(done == 1)
}

pub(crate) async fn expired_guest(tx: &mut Tx, email: &Email, now: OffsetDateTime) -> sqlx::Result<Option<Uuid>> {
    let statement = format!("select id from users where {EXPIRED} and email_key = $2");
    let found: Option<(Uuid,)> = in_tx!(tx, conn => sqlx::query_as(sqlx::AssertSqlSafe(statement))
        .bind(now)
        .bind(email.key())
        .fetch_optional(conn)
        .await?);
    Ok(found.map(|(id,)| id))
}

pub(crate) async fn expired_guests(db: &Db, now: OffsetDateTime, limit: u32) -> sqlx::Result<Vec<Uuid>> {
    let statement = format!("select id from users where {EXPIRED} order by guest_until limit $2");
    let found: Vec<(Uuid,)> = on!(db, pool => sqlx::query_as(sqlx::AssertSqlSafe(statement))
        .bind(now)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await?);
    Ok(found.into_iter().map(|(id,)| id).collect())
}

pub(crate) async fn count_expired_guests(db: &Db, now: OffsetDateTime) -> sqlx::Result<u64> {
    let statement = format!("select count(*) from users where {EXPIRED}");
    let (count,): (i64,) =
        on!(db, pool => sqlx::query_as(sqlx::AssertSqlSafe(statement)).bind(now).fetch_one(pool).await?);
    Ok(count.unsigned_abs())
}

impl User {
    /// Makes a guest's account its owner's, who has read its mail, and may have set a password. None if it is no guest any
    /// more.
    pub(crate) async fn take_up(
        &self,
        tx: &mut Tx,
        (hash, role): (Option<&str>, i64),
        now: OffsetDateTime,
    ) -> sqlx::Result<Option<Self>> {
        in_tx!(tx, conn => sqlx::query_as(
            concat!("update users
             set password_hash = $1, password_proven = true, email_verified = true, role = $2, guest_until = null,
                 auth_version = auth_version + 1, updated_at = $3, language = coalesce(language, $6)
             where id = $4 and auth_version = $5 and is_active and guest_until > $3
             returning ", columns!()),
        )
        .bind(hash)
        .bind(role)
        .bind(now)
        .bind(self.id)
        .bind(self.auth_version)
        .bind(Languages::chosen())
        .fetch_optional(conn)
        .await)
    }
}
