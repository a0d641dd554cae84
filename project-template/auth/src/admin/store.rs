//! What the pages ask the database. Every list goes on from the last row that was shown, along an index.

use sqlx::AssertSqlSafe;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::{Db, Indexed, Tx};
use crate::users::role;
use crate::{in_tx, on};

crate::row! {
    /// An account in a list.
    pub(super) struct Listed {
        pub(super) id: Uuid,
        pub(super) email: String,
        pub(super) email_verified: bool,
        pub(super) first_name: String,
        pub(super) last_name: String,
        pub(super) role: i64,
        pub(super) is_active: bool,
        pub(super) created_at: OffsetDateTime,
        pub(super) last_login_at: Option<OffsetDateTime>,
        /// Where a search goes on after it.
        pub(super) number: i64,
    }
}

const COLUMNS: &str =
    "users.id, email, email_verified, first_name, last_name, role, is_active, created_at, last_login_at";

/// The accounts to look among. Staff are few and have an index; the limit, which they do not reach, has both engines
/// begin with it, where SQLite would walk past everybody in the order that is asked for.
fn among(staff: bool) -> String {
    if staff {
        format!("(select * from users where role > 0 and role >= {} limit 1000000) as users", role::STAFF)
    } else {
        "users".to_owned()
    }
}

/// Accounts that are not searched for by their words have no number.
fn unnumbered(staff: bool) -> String {
    format!("select {COLUMNS}, cast(0 as bigint) as number from {}", among(staff))
}

pub(super) async fn by_id(db: &Db, id: Uuid, staff: bool) -> sqlx::Result<Option<Listed>> {
    on!(db, pool => sqlx::query_as(AssertSqlSafe(format!("{} where id = $1", unnumbered(staff))))
        .bind(id)
        .fetch_optional(pool)
        .await)
}

/// Accounts made before this one, newest first: ids sort by time.
pub(super) async fn newest(db: &Db, before: Uuid, staff: bool, limit: u32) -> sqlx::Result<Vec<Listed>> {
    let statement = format!("{} where id < $1 order by id desc limit $2", unnumbered(staff));
    on!(db, pool => sqlx::query_as(AssertSqlSafe(statement))
        .bind(before)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await)
}

/// Accounts whose words have each of these texts in them, that arrived before one with this number, newest first.
pub(super) async fn alike(
    db: &Db,
    needles: &[String],
    before: i64,
    staff: bool,
    limit: u32,
) -> sqlx::Result<Vec<Listed>> {
    let (statement, texts) = search(db, needles, staff);
    on!(db, pool => {
        // PostgreSQL plans it anew for each text: what is best for a frequent one reads everything for a rare one.
        let mut query = sqlx::query_as(AssertSqlSafe(statement)).persistent(false).bind(before).bind(i64::from(limit));
        for text in texts {
            query = query.bind(text);
        }
        query.fetch_all(pool).await
    })
}

/// The statement that searches, and the texts that are its parameters from the third on. Among everybody the index of
/// trigrams says which accounts to look at; that of staff does otherwise.
fn search(db: &Db, needles: &[String], staff: bool) -> (String, Vec<String>) {
    let mut texts: Vec<String> = needles.iter().map(|needle| pattern(needle)).collect();
    let mut conditions: Vec<String> =
        (3..).take(texts.len()).map(|n| format!("user_search.words like ${n} escape '\\'")).collect();
    let (tables, number) = if staff {
        (format!("{} join user_search on user_id = users.id", among(true)), "number")
    } else {
        let Indexed { tables, number, condition: (before, after) } = db.indexed();
        texts.push(db.trigrams(needles));
        conditions.push(format!("{before}${}{after}", texts.len() + 2));
        (tables.to_owned(), number)
    };
    let conditions = conditions.join(" and ");
    let statement = format!(
        "select {COLUMNS}, number from {tables} where {number} < $1 and {conditions} order by {number} desc limit $2"
    );
    (statement, texts)
}

/// What `like` takes for a text that is somewhere.
fn pattern(text: &str) -> String {
    format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
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

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
