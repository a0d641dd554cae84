//! What the pages ask the database. Every list goes on from the last row that was shown, along an index.

use sqlx::AssertSqlSafe;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::{Db, Tx};
use crate::users::role;
use crate::{in_tx, on};

crate::row! {
    /// An account in a list.
    pub(super) struct Listed {
        pub(super) id: Uuid,
        pub(super) email: String,
        pub(super) email_key: String,
        pub(super) email_verified: bool,
        pub(super) first_name: String,
        pub(super) last_name: String,
        pub(super) role: i64,
        pub(super) is_active: bool,
        pub(super) created_at: OffsetDateTime,
        pub(super) last_login_at: Option<OffsetDateTime>,
    }
}

const COLUMNS: &str =
    "id, email, email_key, email_verified, first_name, last_name, role, is_active, created_at, last_login_at";

/// The accounts to look among. Staff are few and have an index; the limit, which they do not reach, has both engines
/// begin with it, where SQLite would walk past everybody in the order that is asked for.
fn among(staff: bool) -> String {
    if staff {
        let few = format!("select * from users where role > 0 and role >= {} limit 1000000", role::STAFF);
        format!("select {COLUMNS} from ({few}) as users")
    } else {
        format!("select {COLUMNS} from users")
    }
}

pub(super) async fn by_id(db: &Db, id: Uuid, staff: bool) -> sqlx::Result<Option<Listed>> {
    on!(db, pool => sqlx::query_as(AssertSqlSafe(format!("{} where id = $1", among(staff))))
        .bind(id)
        .fetch_optional(pool)
        .await)
}

/// Accounts made before this one, newest first: ids sort by time.
pub(super) async fn newest(db: &Db, before: Uuid, staff: bool, limit: u32) -> sqlx::Result<Vec<Listed>> {
    let statement = format!("{} where id < $1 order by id desc limit $2", among(staff));
    on!(db, pool => sqlx::query_as(AssertSqlSafe(statement))
        .bind(before)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await)
}

/// Accounts whose address begins like this, after an address.
pub(super) async fn alike(db: &Db, prefix: &str, after: &str, staff: bool, limit: u32) -> sqlx::Result<Vec<Listed>> {
    let statement = format!(
        "{} where email_key >= $1 and email_key < $2 and email_key > $3 order by email_key limit $4",
        among(staff)
    );
    on!(db, pool => sqlx::query_as(AssertSqlSafe(statement))
        .bind(prefix)
        // Bytes are compared, and no text has greater ones.
        .bind(format!("{prefix}{}", char::MAX))
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await)
}

/// Holds an account until the transaction ends, if an admin's role reaches it. Gives the role that it has until then.
pub(super) async fn hold_within_reach(tx: &mut Tx, admin: Uuid, user: Uuid) -> sqlx::Result<Option<i64>> {
    let held: Option<(i64,)> = in_tx!(tx, conn => sqlx::query_as(
        "update users set updated_at = updated_at
         where id = $1 and id <> $2 and exists (
           select 1 from users admin
           where admin.id = $2 and admin.is_active and admin.role >= $3
             and (admin.role >= $4 or admin.role > users.role))
         returning role",
    )
    .bind(user)
    .bind(admin)
    .bind(role::STAFF)
    .bind(role::SUPERUSER)
    .fetch_optional(conn)
    .await?);
    Ok(held.map(|(role,)| role))
}

/// Whether an admin has at least this role.
pub(super) async fn may_give(tx: &mut Tx, admin: Uuid, role: i64) -> sqlx::Result<bool> {
    let found: Option<(i64,)> = in_tx!(tx, conn => sqlx::query_as(
        "select role from users where id = $1 and is_active and role >= $2",
    )
    .bind(admin)
    .bind(role)
    .fetch_optional(conn)
    .await?);
    Ok(found.is_some())
}
