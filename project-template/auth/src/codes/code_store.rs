use time::OffsetDateTime;
use uuid::Uuid;

use super::challenge::RequestId;
use super::code::{Bounds, Count, Limits, Subject};
use crate::db::{Db, Expiring, Tx, expiring};
use crate::{in_tx, on};

pub(super) const EXPIRING: Expiring = expiring!("code_requests", "id", "expires_at");

const COUNT: &str = "select sends, sent_at, guesses, guessed_at, day_guesses, day_from
    from codes where purpose = $1 and subject = $2";

pub(super) async fn request(
    tx: &mut Tx,
    subject: Subject,
    request: Option<(RequestId, OffsetDateTime)>,
    limits: Limits,
    bounds: &Bounds,
) -> sqlx::Result<bool> {
    let granted = in_tx!(tx, conn => sqlx::query(
        "insert into codes (purpose, subject, request, expires_at, sends, sent_at, guessed_at, day_from)
         values ($1, $2, $3, $4, 1, $5, $5, $5)
         on conflict (purpose, subject) do update
         set request = excluded.request, expires_at = excluded.expires_at, sent_at = excluded.sent_at,
             sends = case when codes.sent_at <= $6 then 1 else codes.sends + 1 end
         where codes.sent_at <= $7
           and (codes.sends < $8 or codes.sent_at <= $6)
           and (codes.guesses < $9 or codes.guessed_at <= $6)
           and (codes.day_guesses < $10 or codes.day_from <= $11)",
    )
    .bind(subject.purpose)
    .bind(subject.counted_in())
    .bind(request.map(|(id, _)| id.0))
    .bind(request.map_or(bounds.now, |(_, expires)| expires))
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

pub(super) async fn insert(
    tx: &mut Tx,
    subject: Subject,
    request: RequestId,
    mac: &[u8],
    expires: OffsetDateTime,
) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query(
        "insert into code_requests (id, purpose, subject, counted_in, mac, expires_at) values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(request.0)
    .bind(subject.purpose)
    .bind(subject.id)
    .bind(subject.counted_in())
    .bind(mac)
    .bind(expires)
    .execute(conn)
    .await
    .map(drop))
}

pub(super) enum Guessed {
    /// The row of the daily limit, and the MAC of the right code.
    Counted { counted_in: Uuid, mac: Vec<u8> },
    /// No attempts are left.
    Spent { until: OffsetDateTime },
    /// The subject has no active request with this id.
    Unknown,
}

pub(super) async fn guess_at(db: &Db, subject: Subject, request: RequestId, bounds: &Bounds) -> sqlx::Result<Guessed> {
    let counted: Option<(Uuid, Vec<u8>)> = on!(db, pool => sqlx::query_as(
        "update code_requests set guesses = guesses + 1
         where id = $1 and purpose = $2 and subject = $3 and expires_at > $4 and guesses < $5
         returning counted_in, mac",
    )
    .bind(request.0)
    .bind(subject.purpose)
    .bind(subject.id)
    .bind(bounds.now)
    .bind(i64::from(bounds.guesses))
    .fetch_optional(pool)
    .await?);
    let Some((counted_in, mac)) = counted else {
        let spent: Option<(OffsetDateTime,)> = on!(db, pool => sqlx::query_as(
            "select expires_at from code_requests where id = $1 and purpose = $2 and subject = $3 and expires_at > $4",
        )
        .bind(request.0)
        .bind(subject.purpose)
        .bind(subject.id)
        .bind(bounds.now)
        .fetch_optional(pool)
        .await?);
        return Ok(spent.map_or(Guessed::Unknown, |(until,)| Guessed::Spent { until }));
    };
    on!(db, pool => sqlx::query(
        "update codes
         set day_guesses = case when day_from <= $1 then 1 else day_guesses + 1 end,
             day_from = case when day_from <= $1 then $2 else day_from end
         where purpose = $3 and subject = $4",
    )
    .bind(bounds.yesterday)
    .bind(bounds.now)
    .bind(subject.purpose)
    .bind(counted_in)
    .execute(pool)
    .await
    .map(drop))?;
    Ok(Guessed::Counted { counted_in, mac })
}

/// Returns the latest request, if it is active and the budget allows a guess.
pub(super) async fn count_guess(db: &Db, subject: Subject, bounds: &Bounds) -> sqlx::Result<Option<RequestId>> {
    let row: Option<(Uuid,)> = on!(db, pool => sqlx::query_as(
        "update codes
         set guesses = case when guessed_at <= $1 then 1 else guesses + 1 end,
             guessed_at = $2,
             day_guesses = case when day_from <= $3 then 1 else day_guesses + 1 end,
             day_from = case when day_from <= $3 then $2 else day_from end
         where purpose = $4 and subject = $5 and request is not null and expires_at > $2
           and (guesses < $6 or guessed_at <= $1)
           and (day_guesses < $7 or day_from <= $3)
         returning request",
    )
    .bind(bounds.stale)
    .bind(bounds.now)
    .bind(bounds.yesterday)
    .bind(subject.purpose)
    .bind(subject.counted_in())
    .bind(i64::from(bounds.guesses))
    .bind(i64::from(bounds.day_guesses))
    .fetch_optional(pool)
    .await?);
    Ok(row.map(|(request,)| RequestId(request)))
}

pub(super) async fn mac(db: &Db, subject: Subject, request: RequestId) -> sqlx::Result<Option<Vec<u8>>> {
    let row: Option<(Vec<u8>,)> = on!(db, pool => sqlx::query_as(
        "select mac from code_requests where id = $1 and purpose = $2 and subject = $3",
    )
    .bind(request.0)
    .bind(subject.purpose)
    .bind(subject.id)
    .fetch_optional(pool)
    .await?);
    Ok(row.map(|(mac,)| mac))
}

pub(super) async fn count(db: &Db, subject: Subject) -> sqlx::Result<Option<Count>> {
    on!(db, pool => sqlx::query_as(COUNT)
        .bind(subject.purpose)
        .bind(subject.counted_in())
        .fetch_optional(pool)
        .await)
}

pub(super) async fn count_in(tx: &mut Tx, subject: Subject) -> sqlx::Result<Option<Count>> {
    in_tx!(tx, conn => sqlx::query_as(COUNT)
        .bind(subject.purpose)
        .bind(subject.counted_in())
        .fetch_optional(conn)
        .await)
}

/// Moves times that a fast clock stored in the future back to now.
const CLAMP: &str = "update codes
    set sent_at = case when sent_at > $3 then $3 else sent_at end,
        guessed_at = case when guessed_at > $3 then $3 else guessed_at end,
        day_from = case when day_from > $3 then $3 else day_from end
    where purpose = $1 and subject = $2 and (sent_at > $3 or guessed_at > $3 or day_from > $3)";

pub(super) async fn clamp(db: &Db, subject: Subject, now: OffsetDateTime) -> sqlx::Result<()> {
    on!(db, pool => sqlx::query(CLAMP)
        .bind(subject.purpose)
        .bind(subject.counted_in())
        .bind(now)
        .execute(pool)
        .await
        .map(drop))
}

pub(super) async fn clamp_in(tx: &mut Tx, subject: Subject, now: OffsetDateTime) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query(CLAMP)
        .bind(subject.purpose)
        .bind(subject.counted_in())
        .bind(now)
        .execute(conn)
        .await
        .map(drop))
}

/// Resets the budgets, except for the day's wrong guesses.
pub(super) async fn redeem(tx: &mut Tx, subject: Subject, request: RequestId) -> sqlx::Result<bool> {
    let done = in_tx!(tx, conn => sqlx::query("delete from code_requests where id = $1")
        .bind(request.0)
        .execute(conn)
        .await?
        .rows_affected());
    if done == 0 {
        return Ok(false);
    }
    discard(tx, subject).await?;
    in_tx!(tx, conn => sqlx::query(
        "update codes set request = null, sends = 0, guesses = 0,
             day_guesses = case when subject = $3 and day_guesses > 0 then day_guesses - 1 else day_guesses end
         where purpose = $1 and subject in ($2, $3)",
    )
    .bind(subject.purpose)
    .bind(subject.id)
    .bind(subject.counted_in())
    .execute(conn)
    .await
    .map(drop))?;
    Ok(true)
}

pub(super) async fn discard(tx: &mut Tx, subject: Subject) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("delete from code_requests where purpose = $1 and subject = $2")
        .bind(subject.purpose)
        .bind(subject.id)
        .execute(conn)
        .await
        .map(drop))
}

pub(super) async fn remove_all(tx: &mut Tx, subject: Uuid) -> sqlx::Result<()> {
    for query in ["delete from code_requests where subject = $1", "delete from codes where subject = $1"] {
        in_tx!(tx, conn => sqlx::query(query).bind(subject).execute(conn).await.map(drop))?;
    }
    Ok(())
}

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
