//! The table of request limits. Times are microseconds.

use super::rate::Rate;
use crate::db::Db;
use crate::on;

pub(super) async fn count(db: &Db, subject: &[u8], rate: Rate, now: i64) -> sqlx::Result<bool> {
    let done = on!(db, pool => sqlx::query(
        "insert into request_limits (subject, due_at) values ($1, $2 + $3)
         on conflict (subject) do update
         set due_at = case when request_limits.due_at > $2 then request_limits.due_at else $2 end + $3
         where request_limits.due_at <= $2 + $4",
    )
    .bind(subject)
    .bind(now)
    .bind(rate.step())
    .bind(rate.tolerance())
    .execute(pool)
    .await?
    .rows_affected());
    Ok(done == 1)
}

/// Lowers a due time later than that of a full bucket: a fast clock stored it.
pub(super) async fn clamp(db: &Db, subject: &[u8], rate: Rate, now: i64) -> sqlx::Result<()> {
    on!(db, pool => sqlx::query("update request_limits set due_at = $2 where subject = $1 and due_at > $2")
        .bind(subject)
        .bind(now + rate.period())
        .execute(pool)
        .await
        .map(drop))
}

pub(super) async fn due_at(db: &Db, subject: &[u8]) -> sqlx::Result<Option<i64>> {
    let due: Option<(i64,)> = on!(db, pool => sqlx::query_as("select due_at from request_limits where subject = $1")
        .bind(subject)
        .fetch_optional(pool)
        .await?);
    Ok(due.map(|(due,)| due))
}

pub(super) async fn remove_stale(db: &Db, now: i64, limit: u32) -> sqlx::Result<u64> {
    Ok(on!(db, pool => sqlx::query(
        "delete from request_limits where subject in
           (select subject from request_limits where due_at <= $1 order by due_at limit $2)
           and due_at <= $1",
    )
    .bind(now)
    .bind(i64::from(limit))
    .execute(pool)
    .await?
    .rows_affected()))
}

pub(super) async fn count_stale(db: &Db, now: i64) -> sqlx::Result<u64> {
    let (count,): (i64,) = on!(db, pool => sqlx::query_as("select count(*) from request_limits where due_at <= $1")
        .bind(now)
        .fetch_one(pool)
        .await?);
    Ok(count.unsigned_abs())
}
