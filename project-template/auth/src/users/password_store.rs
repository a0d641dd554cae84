use time::OffsetDateTime;
use uuid::Uuid;

use super::store::columns;
use super::{User, search};
use crate::db::{Db, Tx};
use crate::{in_tx, on};

/// Whether an account has a password. Call it in a transaction that holds the account.
pub(crate) async fn has_password(tx: &mut Tx, id: Uuid) -> sqlx::Result<bool> {
    let found: Option<(bool,)> = in_tx!(tx, conn => sqlx::query_as(
        "select password_hash is not null from users where id = $1",
    )
    .bind(id)
    .fetch_optional(conn)
    .await?);
    Ok(found.is_some_and(|(has,)| has))
}

/// Whether the user of an account reads its mail: the address is verified, and they have shown it themselves, or the ways
/// to sign in were theirs when it was. Call it in a transaction that holds the account.
pub(crate) async fn is_read_by(tx: &mut Tx, id: Uuid, has_shown: bool) -> sqlx::Result<bool> {
    let found: Option<(bool,)> = in_tx!(tx, conn => sqlx::query_as(
        "select email_verified and (password_proven or $2) from users where id = $1",
    )
    .bind(id)
    .bind(has_shown)
    .fetch_optional(conn)
    .await?);
    Ok(found.is_some_and(|(is_read,)| is_read))
}

/// For a password set by a user who reads the account's mail.
pub(crate) async fn trust_password(tx: &mut Tx, id: Uuid) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("update users set password_proven = true where id = $1")
        .bind(id)
        .execute(conn)
        .await
        .map(drop))
}

/// Removes a password that may be an attacker's. None if there was no such password.
pub(crate) async fn void_unproven_password(tx: &mut Tx, id: Uuid, now: OffsetDateTime) -> sqlx::Result<Option<User>> {
    in_tx!(tx, conn => sqlx::query_as(
        concat!("update users set password_hash = null, auth_version = auth_version + 1, updated_at = $1
         where id = $2 and password_hash is not null and not password_proven
         returning ", columns!()),
    )
    .bind(now)
    .bind(id)
    .fetch_optional(conn)
    .await)
}

impl User {
    pub(crate) async fn set_password(
        &self,
        tx: &mut Tx,
        (hash, proven): (&str, bool),
        now: OffsetDateTime,
    ) -> sqlx::Result<Option<Self>> {
        in_tx!(tx, conn => sqlx::query_as(
            concat!("update users
             set password_hash = $1, password_proven = $2, guest_until = null, auth_version = auth_version + 1,
                 updated_at = $3
             where id = $4 and auth_version = $5 and is_active
             returning ", columns!()),
        )
        .bind(hash)
        .bind(proven)
        .bind(now)
        .bind(self.id)
        .bind(self.auth_version)
        .fetch_optional(conn)
        .await)
    }

    pub(crate) async fn replace_sign_up(
        &self,
        tx: &mut Tx,
        (password_hash, proven): (Option<&str>, bool),
        names: (&str, &str),
    ) -> sqlx::Result<Option<Self>> {
        let changed = in_tx!(tx, conn => sqlx::query_as(
            concat!("update users
             set password_hash = $1, password_proven = $2, first_name = $3, last_name = $4,
                 auth_version = auth_version + 1
             where id = $5 and auth_version = $6
             returning ", columns!()),
        )
        .bind(password_hash)
        .bind(proven)
        .bind(names.0)
        .bind(names.1)
        .bind(self.id)
        .bind(self.auth_version)
        .fetch_optional(conn)
        .await?);
        search::noted(tx, changed).await
    }

    pub(crate) async fn renew_hash(&self, db: &Db, hash: &str) -> sqlx::Result<()> {
        on!(db, pool => sqlx::query("update users set password_hash = $1 where id = $2 and auth_version = $3")
            .bind(hash)
            .bind(self.id)
            .bind(self.auth_version)
            .execute(pool)
            .await
            .map(drop))
    }
}
