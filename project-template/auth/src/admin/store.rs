//! The pages' queries. Every list continues after the last row of the previous page, along an index.

use sqlx::AssertSqlSafe;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::{Db, Indexed, Tx};
use crate::users::role;
use crate::{in_tx, on};

crate::row! {
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
        /// The position from which a search continues.
        pub(super) number: i64,
    }
}

const COLUMNS: &str =
    "users.id, email, email_verified, first_name, last_name, role, is_active, created_at, last_login_at";

/// Staff have an index. The limit, which they never reach, makes both engines start from them instead of all users.
fn among(staff: bool) -> String {
    if staff {
        format!("(select * from users where role > 0 and role >= {} limit 1000000) as users", role::STAFF)
    } else {
        "users".to_owned()
    }
}

fn unnumbered(staff: bool) -> String {
    format!("select {COLUMNS}, cast(0 as bigint) as number from {}", among(staff))
}

pub(super) async fn by_id(db: &Db, id: Uuid, staff: bool) -> sqlx::Result<Option<Listed>> {
    on!(db, pool => sqlx::query_as(AssertSqlSafe(format!("{} where id = $1", unnumbered(staff))))
        .bind(id)
        .fetch_optional(pool)
        .await)
}

/// Newest first: ids sort by time.
pub(super) async fn newest(db: &Db, before: Uuid, staff: bool, limit: u32) -> sqlx::Result<Vec<Listed>> {
    let statement = format!("{} where id < $1 order by id desc limit $2", unnumbered(staff));
    on!(db, pool => sqlx::query_as(AssertSqlSafe(statement))
        .bind(before)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await)
}

pub(super) async fn alike(
    db: &Db,
    needles: &[String],
    before: i64,
    staff: bool,
    limit: u32,
) -> sqlx::Result<Vec<Listed>> {
    let (statement, texts) = search(db, needles, staff);
    on!(db, pool => {
        // PostgreSQL must plan for each text anew: the best plan for a frequent text reads everything for a rare one.
        let mut query = sqlx::query_as(AssertSqlSafe(statement)).persistent(false).bind(before).bind(i64::from(limit));
        for text in texts {
            query = query.bind(text);
        }
        query.fetch_all(pool).await
    })
}

/// The texts are parameters from the third on. All users are searched by the index of trigrams, staff by that of roles.
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

fn pattern(text: &str) -> String {
    format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

/// Locks the account until the transaction ends, if the admin's role reaches it. Returns the account's role.
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
