use time::OffsetDateTime;
use uuid::Uuid;

use super::store::columns;
use super::{User, role};
use crate::db::Tx;
use crate::in_tx;

pub(crate) async fn set_role(tx: &mut Tx, id: Uuid, role: i64, now: OffsetDateTime) -> sqlx::Result<bool> {
    let done = in_tx!(tx, conn => sqlx::query("update users set role = $1, updated_at = $2 where id = $3")
        .bind(role)
        .bind(now)
        .bind(id)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(done == 1)
}

pub(crate) async fn hold_superusers(tx: &mut Tx) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("update users set updated_at = updated_at where role > 0 and role >= $1")
        .bind(role::SUPERUSER)
        .execute(conn)
        .await
        .map(drop))
}

pub(super) async fn is_last_superuser(tx: &mut Tx, id: Uuid) -> sqlx::Result<bool> {
    let found: Option<(i64,)> = in_tx!(tx, conn => sqlx::query_as(
        "select role from users where id = $1 and is_active and role >= $2 and not exists (
           select 1 from users other
           where other.role > 0 and other.role >= $2 and other.is_active and other.id <> $1)",
    )
    .bind(id)
    .bind(role::SUPERUSER)
    .fetch_optional(conn)
    .await?);
    Ok(found.is_some())
}

impl User {
    pub(crate) async fn promote(
        &self,
        tx: &mut Tx,
        (role, hash): (i64, Option<&str>),
        now: OffsetDateTime,
    ) -> sqlx::Result<Option<Self>> {
        in_tx!(tx, conn => sqlx::query_as(
            concat!("update users
             set role = $1, password_hash = $2, password_proven = true, guest_until = null,
                 auth_version = auth_version + 1, updated_at = $3
             where id = $4 and auth_version = $5 and is_active
             returning ", columns!()),
        )
        .bind(role)
        .bind(hash)
        .bind(now)
        .bind(self.id)
        .bind(self.auth_version)
        .fetch_optional(conn)
        .await)
    }
}
