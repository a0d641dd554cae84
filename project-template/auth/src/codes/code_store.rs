//! The table of short codes, and of what was counted about them.

use time::OffsetDateTime;
use uuid::Uuid;

use super::code::{Bounds, Count, Limits, Subject};
use crate::db::{Db, Tx};
use crate::{in_tx, on};

const COUNT: &str = "select sends, sent_at, guesses, guessed_at, day_guesses, day_from
    from codes where purpose = $1 and subject = $2";

/// Replaces a code, if its subject may be sent one. The guesses stay as they are.
pub(super) async fn request(
    tx: &mut Tx,
    subject: Subject,
    mac: &[u8],
    expires: OffsetDateTime,
    limits: Limits,
    bounds: &Bounds,
) -> sqlx::Result<bool> {
    let granted = in_tx!(tx, conn => sqlx::query(
        "insert into codes (purpose, subject, mac, expires_at, sends, sent_at, guessed_at, day_from)
         values ($1, $2, $3, $4, 1, $5, $5, $5)
         on conflict (purpose, subject) do update
         set mac = excluded.mac, expires_at = excluded.expires_at, sent_at = excluded.sent_at,
             sends = case when codes.sent_at <= $6 then 1 else codes.sends + 1 end
         where codes.sent_at <= $7
           and (codes.sends < $8 or codes.sent_at <= $6)
           and (codes.guesses < $9 or codes.guessed_at <= $6)
           and (codes.day_guesses < $10 or codes.day_from <= $11)",
    )
    .bind(subject.purpose)
    .bind(subject.id)
    .bind(mac)
    .bind(expires)
    .bind(bounds.now)
    .bind(bounds.stale)
    .bind(bounds.now - limits.cooldown)
    .bind(i64::from(limits.sends))
    .bind(i64::from(bounds.guesses))
    .bind(i64::from(bounds.day_guesses))
    .bind(bounds.yesterday)
    .execute(conn)
    .await?
    .rows_affected());
    Ok(granted == 1)
}

/// Counts a guess and gives what it is to be compared with, if there is a code and budget left.
pub(super) async fn count_guess(db: &Db, subject: Subject, bounds: &Bounds) -> sqlx::Result<Option<Vec<u8>>> {
    let row: Option<(Vec<u8>,)> = on!(db, pool => sqlx::query_as(
        "update codes
         set guesses = case when guessed_at <= $1 then 1 else guesses + 1 end,
             guessed_at = $2,
             day_guesses = case when day_from <= $3 then 1 else day_guesses + 1 end,
             day_from = case when day_from <= $3 then $2 else day_from end
         where purpose = $4 and subject = $5 and mac is not null and expires_at > $2
           and (guesses < $6 or guessed_at <= $1)
           and (day_guesses < $7 or day_from <= $3)
         returning mac",
    )
    .bind(bounds.stale)
    .bind(bounds.now)
    .bind(bounds.yesterday)
    .bind(subject.purpose)
    .bind(subject.id)
    .bind(i64::from(bounds.guesses))
    .bind(i64::from(bounds.day_guesses))
    .fetch_optional(pool)
    .await?);
    Ok(row.map(|(mac,)| mac))
}

pub(super) async fn count(db: &Db, subject: Subject) -> sqlx::Result<Option<Count>> {
    on!(db, pool => sqlx::query_as(COUNT).bind(subject.purpose).bind(subject.id).fetch_optional(pool).await)
}

pub(super) async fn count_in(tx: &mut Tx, subject: Subject) -> sqlx::Result<Option<Count>> {
    in_tx!(tx, conn => sqlx::query_as(COUNT).bind(subject.purpose).bind(subject.id).fetch_optional(conn).await)
}

/// Uses a code up. The budget is full again, but for the wrong guesses of the day.
pub(super) async fn redeem(tx: &mut Tx, subject: Subject, mac: &[u8]) -> sqlx::Result<bool> {
    let done = in_tx!(tx, conn => sqlx::query(
        "update codes set mac = null, sends = 0, guesses = 0, day_guesses = day_guesses - 1
         where purpose = $1 and subject = $2 and mac = $3",
    )
    .bind(subject.purpose)
    .bind(subject.id)
    .bind(mac)
    .execute(conn)
    .await?
    .rows_affected());
    Ok(done == 1)
}

pub(super) async fn discard(tx: &mut Tx, subject: Subject) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("update codes set mac = null where purpose = $1 and subject = $2")
        .bind(subject.purpose)
        .bind(subject.id)
        .execute(conn)
        .await
        .map(drop))
}

pub(super) async fn remove_all(tx: &mut Tx, subject: Uuid) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("delete from codes where subject = $1").bind(subject).execute(conn).await.map(drop))
}

/// Removes counts that nothing was sent for since `before`, at most `limit` of them.
pub(super) async fn remove_stale(db: &Db, before: OffsetDateTime, limit: u32) -> sqlx::Result<u64> {
    Ok(on!(db, pool => sqlx::query(
        "delete from codes where (purpose, subject) in
           (select purpose, subject from codes where sent_at <= $1 order by sent_at limit $2)",
    )
    .bind(before)
    .bind(i64::from(limit))
    .execute(pool)
    .await?
    .rows_affected()))
}

pub(super) async fn count_stale(db: &Db, before: OffsetDateTime) -> sqlx::Result<u64> {
    let (count,): (i64,) = on!(db, pool => sqlx::query_as("select count(*) from codes where sent_at <= $1")
        .bind(before)
        .fetch_one(pool)
        .await?);
    Ok(count.unsigned_abs())
}
