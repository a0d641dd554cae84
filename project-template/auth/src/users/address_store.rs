use time::OffsetDateTime;
use uuid::Uuid;

use super::store::columns;
use super::{Email, User, search};
use crate::db::Tx;
use crate::in_tx;

/// Where mails to an account go, and in which language.
pub(crate) async fn address_of(tx: &mut Tx, id: Uuid) -> sqlx::Result<Option<(Email, Option<String>)>> {
    in_tx!(tx, conn => sqlx::query_as("select email, language from users where id = $1")
        .bind(id)
        .fetch_optional(conn)
        .await)
}

pub(crate) async fn verify_address(
    tx: &mut Tx,
    id: Uuid,
    version: i64,
    now: OffsetDateTime,
) -> sqlx::Result<Option<User>> {
    in_tx!(tx, conn => sqlx::query_as(
        concat!("update users set email_verified = true, updated_at = $1
         where id = $2 and auth_version = $3 and is_active
         returning ", columns!()),
    )
    .bind(now)
    .bind(id)
    .bind(version)
    .fetch_optional(conn)
    .await)
}

/// A taken address is a unique violation.
pub(crate) async fn change_address(
    tx: &mut Tx,
    (id, version): (Uuid, i64),
    email: &Email,
    now: OffsetDateTime,
) -> sqlx::Result<Option<User>> {
    let changed = in_tx!(tx, conn => sqlx::query_as(
        concat!("update users
         set email = $1, email_key = $2, email_verified = true, password_proven = false, auth_version = auth_version + 1,
             updated_at = $3
         where id = $4 and auth_version = $5 and is_active
         returning ", columns!()),
    )
    .bind(email.as_written())
    .bind(email.key())
    .bind(now)
    .bind(id)
    .bind(version)
    .fetch_optional(conn)
    .await?);
    search::noted(tx, changed).await
}

impl User {
    pub(crate) async fn respell_address(&self, tx: &mut Tx, email: &Email, now: OffsetDateTime) -> sqlx::Result<bool> {
        let changed = in_tx!(tx, conn => sqlx::query(
            "update users set email = $1, updated_at = $2 where id = $3 and email_key = $4 and auth_version = $5",
        )
        .bind(email.as_written())
        .bind(now)
        .bind(self.id)
        .bind(email.key())
        .bind(self.auth_version)
        .execute(conn)
        .await?
        .rows_affected());
        Ok(changed == 1)
    }
}
