//! The table of users.

use time::OffsetDateTime;
use uuid::Uuid;

use super::{Email, ImportedAccount, NewUser, User, role, search};
use crate::db::{Db, Tx};
use crate::{in_tx, on};

macro_rules! columns {
    () => {
        "id, email, email_verified, password_hash, password_proven, signed_up, first_name, last_name, role, is_active, \
         auth_version, access_version, created_at, last_login_at"
    };
}

macro_rules! insert {
    ($tx:expr, $new:expr, $now:expr, $conflict:literal) => {
        in_tx!($tx, conn => sqlx::query_as(
            concat!("insert into users
           (id, email, email_key, email_verified, password_hash, password_proven, signed_up, first_name, last_name, role,
            created_at, updated_at)
         values ($1, $2, $3, $4, $5, $4, true, $6, $7, $8, $9, $9) ", $conflict, " returning ", columns!()),
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
        .fetch_one(conn)
        .await)
    };
}

/// Inserts an account. A taken address is a unique violation, see [`crate::db::is_taken`].
pub(crate) async fn insert(tx: &mut Tx, new: &NewUser, now: OffsetDateTime) -> sqlx::Result<User> {
    let user: User = insert!(tx, new, now, "")?;
    search::note(tx, user.id, &user.email, (&user.first_name, &user.last_name)).await?;
    Ok(user)
}

/// Inserts an account, or returns the one that has the address; the id tells which. Either way a row is written and
/// locked until the transaction ends, against timing attacks.
pub(crate) async fn insert_or_find(tx: &mut Tx, new: &NewUser, now: OffsetDateTime) -> sqlx::Result<User> {
    let user: User = insert!(tx, new, now, "on conflict (email_key) do update set email_key = excluded.email_key")?;
    search::note_or_pretend(tx, new, user.id == new.id).await?;
    Ok(user)
}

/// Marks the address as verified, if the account is active and still in this version.
pub(crate) async fn set_verified(
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

/// Marks the password as set by a user who reads the account's mail.
pub(crate) async fn trust_password(tx: &mut Tx, id: Uuid) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("update users set password_proven = true where id = $1")
        .bind(id)
        .execute(conn)
        .await
        .map(drop))
}

/// Removes a password that may be an attacker's. Returns the changed account, or none if there was no such password.
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

/// Sets another address, which is verified, if the account is active and still in this version. A taken address is a
/// unique violation.
pub(crate) async fn set_email(
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

/// Changes the spelling of an address, but not its key, if the account has not changed since `user` was read.
pub(crate) async fn respell_email(tx: &mut Tx, user: &User, email: &Email, now: OffsetDateTime) -> sqlx::Result<bool> {
    let changed = in_tx!(tx, conn => sqlx::query(
        "update users set email = $1, updated_at = $2 where id = $3 and email_key = $4 and auth_version = $5",
    )
    .bind(email.as_written())
    .bind(now)
    .bind(user.id)
    .bind(email.key())
    .bind(user.auth_version)
    .execute(conn)
    .await?
    .rows_affected());
    Ok(changed == 1)
}

/// Sets the names and the password of another sign-up; without a password, removes the old one.
pub(crate) async fn set_sign_up(
    tx: &mut Tx,
    user: &User,
    password_hash: Option<&str>,
    names: (&str, &str),
) -> sqlx::Result<Option<User>> {
    let changed = in_tx!(tx, conn => sqlx::query_as(
        concat!("update users
         set password_hash = $1, password_proven = true, first_name = $2, last_name = $3,
             auth_version = auth_version + 1
         where id = $4 and auth_version = $5
         returning ", columns!()),
    )
    .bind(password_hash)
    .bind(names.0)
    .bind(names.1)
    .bind(user.id)
    .bind(user.auth_version)
    .fetch_optional(conn)
    .await?);
    search::noted(tx, changed).await
}

/// Inserts an imported account and returns its id. None if its address or its id is taken.
pub(crate) async fn import(tx: &mut Tx, account: &ImportedAccount, now: OffsetDateTime) -> sqlx::Result<Option<Uuid>> {
    let created_at = account.created_at.unwrap_or(now);
    let made: Option<(Uuid,)> = in_tx!(tx, conn => sqlx::query_as(
        "insert into users
           (id, email, email_key, email_verified, password_hash, password_proven, first_name, last_name, role, is_active,
            created_at, updated_at, last_login_at)
         values ($1, $2, $3, $4, $5, $4, $6, $7, $8, $9, $10, $11, $12)
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
    .fetch_optional(conn)
    .await?);
    let Some((id,)) = made else { return Ok(None) };
    search::note(tx, id, account.email.as_written(), (&account.first_name, &account.last_name)).await?;
    Ok(Some(id))
}

/// An id that sorts by the time of creation, as all of them do.
fn id_of(created_at: OffsetDateTime) -> Uuid {
    let seconds = u64::try_from(created_at.unix_timestamp()).unwrap_or_default();
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, 0))
}

pub(crate) async fn id_by_email(tx: &mut Tx, email: &Email) -> sqlx::Result<Option<Uuid>> {
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

pub(crate) async fn by_email(db: &Db, email: &Email) -> sqlx::Result<Option<User>> {
    on!(db, pool => sqlx::query_as(
        concat!("select ", columns!(), " from users where email_key = $1"),
    )
    .bind(email.key())
    .fetch_optional(pool)
    .await)
}

pub(crate) async fn by_id(db: &Db, id: Uuid) -> sqlx::Result<Option<User>> {
    on!(db, pool => sqlx::query_as(
        concat!("select ", columns!(), " from users where id = $1"),
    )
    .bind(id)
    .fetch_optional(pool)
    .await)
}

pub(crate) async fn by_session(db: &Db, session: Uuid, now: OffsetDateTime) -> sqlx::Result<Option<User>> {
    on!(db, pool => sqlx::query_as(
        concat!("select ", columns!(), " from users where is_active and id = (
           select user_id from sessions where id = $1 and ended_at is null and expires_at > $2)"),
    )
    .bind(session)
    .bind(now)
    .fetch_optional(pool)
    .await)
}

/// Records a sign-in, if the account has not changed since the proof was checked. Locks the account until the
/// transaction ends, so that sign-ins and revocations are serialized.
pub(crate) async fn touch_login(tx: &mut Tx, user: &User, now: OffsetDateTime) -> sqlx::Result<Option<User>> {
    in_tx!(tx, conn => sqlx::query_as(
        concat!("update users set last_login_at = $1 where id = $2 and auth_version = $3 and is_active
         returning ", columns!()),
    )
    .bind(now)
    .bind(user.id)
    .bind(user.auth_version)
    .fetch_optional(conn)
    .await)
}

/// Locks an account until the transaction ends. Call it before ending several of its sessions: two such transactions
/// could otherwise deadlock. Returns whether the account exists.
pub(crate) async fn hold(tx: &mut Tx, id: Uuid) -> sqlx::Result<bool> {
    let held = in_tx!(tx, conn => sqlx::query("update users set updated_at = updated_at where id = $1")
        .bind(id)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(held == 1)
}

/// Revokes all access tokens of a user by raising their version. Returns whether the account exists.
pub(crate) async fn raise_access_version(tx: &mut Tx, id: Uuid) -> sqlx::Result<bool> {
    let raised = in_tx!(tx, conn => sqlx::query("update users set access_version = access_version + 1 where id = $1")
        .bind(id)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(raised == 1)
}

/// Replaces a hash by a stronger one of the same password.
pub(crate) async fn upgrade_hash(db: &Db, user: &User, hash: &str) -> sqlx::Result<()> {
    on!(db, pool => sqlx::query("update users set password_hash = $1 where id = $2 and auth_version = $3")
        .bind(hash)
        .bind(user.id)
        .bind(user.auth_version)
        .execute(pool)
        .await
        .map(drop))
}

/// Sets a new password, if the account is active and has not changed since `user` was read. Returns the changed
/// account.
pub(crate) async fn set_password(
    tx: &mut Tx,
    user: &User,
    (hash, proven): (&str, bool),
    now: OffsetDateTime,
) -> sqlx::Result<Option<User>> {
    in_tx!(tx, conn => sqlx::query_as(
        concat!("update users
         set password_hash = $1, password_proven = $2, auth_version = auth_version + 1, updated_at = $3
         where id = $4 and auth_version = $5 and is_active
         returning ", columns!()),
    )
    .bind(hash)
    .bind(proven)
    .bind(now)
    .bind(user.id)
    .bind(user.auth_version)
    .fetch_optional(conn)
    .await)
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

/// `None` keeps a name.
pub(crate) async fn set_names(
    tx: &mut Tx,
    id: Uuid,
    first: Option<&str>,
    last: Option<&str>,
    now: OffsetDateTime,
) -> sqlx::Result<Option<User>> {
    let changed = in_tx!(tx, conn => sqlx::query_as(
        concat!("update users
         set first_name = coalesce($1, first_name), last_name = coalesce($2, last_name), updated_at = $3
         where id = $4
         returning ", columns!()),
    )
    .bind(first)
    .bind(last)
    .bind(now)
    .bind(id)
    .fetch_optional(conn)
    .await?);
    search::noted(tx, changed).await
}

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

/// Sets the role and the password, or removes the password, if the account is active and has not changed since `user`
/// was read. Returns the changed account.
pub(crate) async fn promote(
    tx: &mut Tx,
    user: &User,
    (role, hash): (i64, Option<&str>),
    now: OffsetDateTime,
) -> sqlx::Result<Option<User>> {
    in_tx!(tx, conn => sqlx::query_as(
        concat!("update users
         set role = $1, password_hash = $2, password_proven = true, auth_version = auth_version + 1, updated_at = $3
         where id = $4 and auth_version = $5 and is_active
         returning ", columns!()),
    )
    .bind(role)
    .bind(hash)
    .bind(now)
    .bind(user.id)
    .bind(user.auth_version)
    .fetch_optional(conn)
    .await)
}

pub(crate) async fn hold_superusers(tx: &mut Tx) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("update users set updated_at = updated_at where role > 0 and role >= $1")
        .bind(role::SUPERUSER)
        .execute(conn)
        .await
        .map(drop))
}

pub(crate) async fn is_last_superuser(tx: &mut Tx, id: Uuid) -> sqlx::Result<bool> {
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

/// Deletes an account and, by cascade, the rows that refer to it, if it has not changed since `user` was read.
pub(crate) async fn delete(tx: &mut Tx, user: &User) -> sqlx::Result<bool> {
    let done = in_tx!(tx, conn => sqlx::query(
        "delete from users where id = $1 and auth_version = $2 and role = $3 and email_verified = $4",
    )
    .bind(user.id)
    .bind(user.auth_version)
    .bind(user.role)
    .bind(user.email_verified)
    .execute(conn)
    .await?
    .rows_affected());
    Ok(done == 1)
}
