use time::OffsetDateTime;
use uuid::Uuid;

use super::{Email, ImportedAccount, search};
use crate::db::Tx;
use crate::in_tx;

pub(crate) async fn import(tx: &mut Tx, account: &ImportedAccount, now: OffsetDateTime) -> sqlx::Result<Option<Uuid>> {
    let created_at = account.created_at.unwrap_or(now);
    let made: Option<(Uuid,)> = in_tx!(tx, conn => sqlx::query_as(
        "insert into users
           (id, email, email_key, email_verified, password_hash, password_proven, first_name, last_name, role, is_active,
            created_at, updated_at, last_login_at, language)
         values ($1, $2, $3, $4, $5, $4, $6, $7, $8, $9, $10, $11, $12, $13)
         on conflict do nothing
         returning id",
    )
    .bind(account.id.unwrap_or_else(|| id_of(created_at)))
    .bind(account.email.as_written())
    .bind(account.email.key())
    .bind(account.email_verified)
    .bind(&account.password_hash)
    .bind(&account.first_name)
    .bind(&account.last_name)
    .bind(account.role)
    .bind(account.is_active)
    .bind(created_at)
    .bind(now)
    .bind(account.last_login_at)
    .bind(&account.language)
    .fetch_optional(conn)
    .await?);
    let Some((id,)) = made else { return Ok(None) };
    search::note(tx, id, account.email.as_written(), (&account.first_name, &account.last_name)).await?;
    Ok(Some(id))
}

/// It sorts by the time of creation, as all ids do.
fn id_of(created_at: OffsetDateTime) -> Uuid {
    let seconds = u64::try_from(created_at.unix_timestamp()).unwrap_or_default();
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, 0))
}

pub(crate) async fn id_of_address(tx: &mut Tx, email: &Email) -> sqlx::Result<Option<Uuid>> {
    let found: Option<(Uuid,)> = in_tx!(tx, conn => sqlx::query_as("select id from users where email_key = $1")
        .bind(email.key())
        .fetch_optional(conn)
        .await?);
    Ok(found.map(|(id,)| id))
}

pub(crate) async fn has_id(tx: &mut Tx, id: Uuid) -> sqlx::Result<bool> {
    let found: Option<(Uuid,)> = in_tx!(tx, conn => sqlx::query_as("select id from users where id = $1")
        .bind(id)
        .fetch_optional(conn)
        .await?);
    Ok(found.is_some())
}
