use time::OffsetDateTime;
use uuid::Uuid;

use super::User;
use super::store::columns;
use crate::db::Tx;
use crate::in_tx;

pub(crate) async fn revoke_access_tokens(tx: &mut Tx, id: Uuid) -> sqlx::Result<bool> {
    let raised = in_tx!(tx, conn => sqlx::query("update users set access_version = access_version + 1 where id = $1")
        .bind(id)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(raised == 1)
}

impl User {
    /// Locks the account until the transaction ends, so that sign-ins and revocations are serialized.
    pub(crate) async fn record_sign_in(&self, tx: &mut Tx, now: OffsetDateTime) -> sqlx::Result<Option<Self>> {
        in_tx!(tx, conn => sqlx::query_as(
            concat!("update users set last_login_at = $1 where id = $2 and auth_version = $3 and is_active
             returning ", columns!()),
        )
        .bind(now)
        .bind(self.id)
        .bind(self.auth_version)
        .fetch_optional(conn)
        .await)
    }
}
