use time::OffsetDateTime;
use uuid::Uuid;

use super::{Email, NewUser, User, search};
use crate::db::{Db, Tx};
use crate::{in_tx, read};

macro_rules! columns {
    () => {
        "id, email, email_verified, password_hash, password_proven, signed_up, first_name, last_name, role, is_active, \
         auth_version, access_version, created_at, last_login_at, guest_until, \
         language"
    };
}
pub(crate) use columns;

macro_rules! insert {
    ($tx:expr, $new:expr, $now:expr, $conflict:literal) => {
        in_tx!($tx, conn => sqlx::query_as(
            concat!("insert into users
           (id, email, email_key, email_verified, password_hash, password_proven, signed_up, first_name, last_name, role,
            created_at, updated_at, language)
         values ($1, $2, $3, $4, $5, $4, true, $6, $7, $8, $9, $9, $10) ", $conflict, " returning ", columns!()),
        )
        .bind($new.id)
        .bind($new.email.as_written())
        .bind($new.email.key())
        .bind($new.email_verified)
        .bind(&$new.password_hash)
        .bind(&$new.first_name)
        .bind(&$new.last_name)
        .bind($new.role)
        .bind($now)
        .bind(&$new.language)
        .fetch_one(conn)
        .await)
    };
}

pub(super) async fn insert(tx: &mut Tx, new: &NewUser, now: OffsetDateTime) -> sqlx::Result<User> {
    let user: User = insert!(tx, new, now, "")?;
    search::note(tx, user.id, user.email.as_written(), (&user.first_name, &user.last_name)).await?;
    Ok(user)
}

/// The id tells if it is new. Either way a row is written, and locked until the commit, against timing attacks.
pub(crate) async fn add_or_find(tx: &mut Tx, new: &NewUser, now: OffsetDateTime) -> sqlx::Result<User> {
    let user: User = insert!(tx, new, now, "on conflict (email_key) do update set email_key = excluded.email_key")?;
    search::note_or_pretend(tx, new, user.id == new.id).await?;
    Ok(user)
}

pub(crate) async fn by_address(db: &Db, email: &Email) -> sqlx::Result<Option<User>> {
    read!(db, pool => sqlx::query_as(
        concat!("select ", columns!(), " from users where email_key = $1"),
    )
    .bind(email.key())
    .fetch_optional(pool)
    .await)
}

pub(crate) async fn by_id(db: &Db, id: Uuid) -> sqlx::Result<Option<User>> {
    read!(db, pool => sqlx::query_as(
        concat!("select ", columns!(), " from users where id = $1"),
    )
    .bind(id)
    .fetch_optional(pool)
    .await)
}

/// Locks an account until the transaction ends. Call it before ending several of its sessions, against deadlocks.
pub(crate) async fn hold(tx: &mut Tx, id: Uuid) -> sqlx::Result<bool> {
    let held = in_tx!(tx, conn => sqlx::query("update users set updated_at = updated_at where id = $1")
        .bind(id)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(held == 1)
}

/// As [`hold`]. Returns the account as it is then; none if it is deactivated.
pub(crate) async fn hold_active(tx: &mut Tx, id: Uuid) -> sqlx::Result<Option<User>> {
    in_tx!(tx, conn => sqlx::query_as(
        concat!("update users set updated_at = updated_at where id = $1 and is_active returning ", columns!()),
    )
    .bind(id)
    .fetch_optional(conn)
    .await)
}

/// What its owner can change of an account.
#[derive(Default)]
pub(crate) struct Changes {
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) language: Option<&'static str>,
}

pub(crate) async fn change(
    tx: &mut Tx,
    id: Uuid,
    changes: &Changes,
    now: OffsetDateTime,
) -> sqlx::Result<Option<User>> {
    let user = in_tx!(tx, conn => sqlx::query_as(
        concat!("update users
         set first_name = coalesce($1, first_name), last_name = coalesce($2, last_name),
             language = coalesce($3, language), updated_at = $4
         where id = $5
         returning ", columns!()),
    )
    .bind(&changes.first_name)
    .bind(&changes.last_name)
    .bind(changes.language)
    .bind(now)
    .bind(id)
    .fetch_optional(conn)
    .await?);
    search::noted(tx, user).await
}

pub(crate) async fn set_active(tx: &mut Tx, id: Uuid, active: bool, now: OffsetDateTime) -> sqlx::Result<bool> {
    let done = in_tx!(tx, conn => sqlx::query(
        "update users set is_active = $1, auth_version = auth_version + 1, updated_at = $2 where id = $3",
    )
    .bind(active)
    .bind(now)
    .bind(id)
    .execute(conn)
    .await?
    .rows_affected());
    Ok(done == 1)
}

impl User {
    /// Rows that refer to the account are deleted by cascade.
    pub(crate) async fn delete(&self, tx: &mut Tx) -> sqlx::Result<bool> {
        let done = in_tx!(tx, conn => sqlx::query(
            "delete from users where id = $1 and auth_version = $2 and role = $3 and email_verified = $4",
        )
        .bind(self.id)
        .bind(self.auth_version)
        .bind(self.role)
        .bind(self.email_verified)
        .execute(conn)
        .await?
        .rows_affected());
        Ok(done == 1)
    }
}
