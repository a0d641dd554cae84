//! The rows of codes, and of what was counted about them.

use time::OffsetDateTime;
use uuid::Uuid;

use super::challenge::RequestId;
use super::code::{Bounds, Count, Limits, REMEMBERED, Subject};
use crate::db::{Db, Next, Rank, Result, Row, Tx};

crate::row! {
    /// What was counted of a subject.
    struct Code {
        /// The last request; none once its code was used.
        request: Option<Uuid>,
        expires_at: OffsetDateTime,
        count: Count,
    }
}

impl Row for Code {
    const KIND: &str = "code";

    fn rank(&self) -> Rank {
        if self.count.guesses > 0 || self.count.day_guesses > 0 { Rank::Counted } else { Rank::Asked }
    }
}

crate::row! {
    /// A request for a code.
    struct Request {
        /// None once the code was used or taken back.
        mac: Option<Vec<u8>>,
        expires_at: OffsetDateTime,
        subject: Uuid,
        counted_in: Uuid,
        guesses: i64,
    }
}

impl Row for Request {
    const KIND: &str = "code_request";
}

fn name(purpose: &str, id: Uuid) -> Vec<u8> {
    format!("{purpose}:{id}").into_bytes()
}

fn row(subject: Subject) -> Vec<u8> {
    name(subject.purpose, subject.counted_in())
}

/// Counts something that is sent, with the request it is the code of, if its subject may be sent one. The guesses stay as
/// they are.
pub(super) async fn request(
    tx: &mut Tx,
    subject: Subject,
    request: Option<(RequestId, OffsetDateTime)>,
    limits: Limits,
    bounds: &Bounds,
) -> Result<bool> {
    let now = bounds.now;
    tx.db()
        .update(&row(subject), now, |code: Option<Code>| {
            let mut count = match code {
                Some(Code { count, .. }) if !may_be_sent(&count, limits, bounds) => return Next::Same(false),
                Some(Code { count, .. }) => count,
                None => Count { sends: 0, sent_at: now, guesses: 0, guessed_at: now, day_guesses: 0, day_from: now },
            };
            count.sends = if count.sent_at <= bounds.stale { 1 } else { count.sends + 1 };
            count.sent_at = now;
            // As long as there is something to remember: nothing is kept for long of who was only asked a code for.
            let is_guessed = count.guesses > 0 || count.day_guesses > 0;
            let until = now + if is_guessed { REMEMBERED } else { limits.lockout };
            let expires_at = request.map_or(now, |(_, expires)| expires);
            Next::Row(Code { request: request.map(|(id, _)| id.0), expires_at, count }, until, true)
        })
        .await
}

/// Keeps the code of a request.
pub(super) async fn insert(
    tx: &mut Tx,
    subject: Subject,
    request: RequestId,
    mac: &[u8],
    expires_at: OffsetDateTime,
) -> Result<()> {
    // It is a new one, so the time does not matter but for making room.
    let rule = |_: Option<Request>| {
        let request = Request {
            mac: Some(mac.to_vec()),
            expires_at,
            subject: subject.id(),
            counted_in: subject.counted_in(),
            guesses: 0,
        };
        Next::Row(request, expires_at, ())
    };
    tx.db().update(&name(subject.purpose, request.0), expires_at, rule).await
}

fn may_be_sent(count: &Count, limits: Limits, bounds: &Bounds) -> bool {
    count.sent_at <= bounds.now - limits.cooldown
        && (count.sends < i64::from(limits.sends) || count.sent_at <= bounds.stale)
        && may_be_guessed(count, bounds)
}

fn may_be_guessed(count: &Count, bounds: &Bounds) -> bool {
    (count.guesses < i64::from(bounds.guesses) || count.guessed_at <= bounds.stale)
        && (count.day_guesses < i64::from(bounds.day_guesses) || count.day_from <= bounds.yesterday)
}

fn count_day(count: &mut Count, bounds: &Bounds) {
    if count.day_from <= bounds.yesterday {
        (count.day_guesses, count.day_from) = (1, bounds.now);
    } else {
        count.day_guesses += 1;
    }
}

/// What became of a guess at the code of a request.
pub(super) enum Guessed {
    /// It was counted, and for the day in this row; to be compared with this.
    Counted { counted_in: Uuid, mac: Vec<u8> },
    /// The request has no more, and none until it is over.
    Spent { until: OffsetDateTime },
    /// There is no such request of the subject.
    Unknown,
}

/// Counts a guess at the code of a request.
pub(super) async fn guess_at(db: &Db, subject: Subject, request: RequestId, bounds: &Bounds) -> Result<Guessed> {
    let now = bounds.now;
    let rule = |request: Option<Request>| {
        let live = request.filter(|request| request.subject == subject.id() && request.expires_at > now);
        let Some(mut request) = live else { return Next::Same(Guessed::Unknown) };
        let Some(mac) = request.mac.clone() else { return Next::Same(Guessed::Unknown) };
        if request.guesses >= i64::from(bounds.guesses) {
            return Next::Same(Guessed::Spent { until: request.expires_at });
        }
        request.guesses += 1;
        let counted_in = request.counted_in;
        Next::Edited(request, Guessed::Counted { counted_in, mac })
    };
    let guessed = db.update(&name(subject.purpose, request.0), now, rule).await?;
    if let Guessed::Counted { counted_in, .. } = guessed {
        db.update(&name(subject.purpose, counted_in), now, |code: Option<Code>| {
            let Some(mut code) = code else { return Next::Same(()) };
            count_day(&mut code.count, bounds);
            Next::Row(code, now + REMEMBERED, ())
        })
        .await?;
    }
    Ok(guessed)
}

/// Counts a guess that names no request, and gives the last one, if there is one and budget left.
pub(super) async fn count_guess(db: &Db, subject: Subject, bounds: &Bounds) -> Result<Option<RequestId>> {
    let now = bounds.now;
    db.update(&row(subject), now, |code: Option<Code>| {
        let Some(mut code) = code else { return Next::Same(None) };
        let Some(request) = code.request.filter(|_| code.expires_at > now && may_be_guessed(&code.count, bounds))
        else {
            return Next::Same(None);
        };
        let count = &mut code.count;
        count.guesses = if count.guessed_at <= bounds.stale { 1 } else { count.guesses + 1 };
        count.guessed_at = now;
        count_day(count, bounds);
        Next::Row(code, now + REMEMBERED, Some(RequestId(request)))
    })
    .await
}

/// What a guess at the code of a request is to be compared with.
pub(super) async fn mac(db: &Db, subject: Subject, request: RequestId) -> Result<Option<Vec<u8>>> {
    Ok(db.read::<Request>(&name(subject.purpose, request.0)).await?.and_then(|request| request.mac))
}

pub(super) async fn count(db: &Db, subject: Subject) -> Result<Option<Count>> {
    Ok(db.read::<Code>(&row(subject)).await?.map(|code| code.count))
}

pub(super) async fn count_in(tx: &mut Tx, subject: Subject) -> Result<Option<Count>> {
    count(tx.db(), subject).await
}

/// Has what a fast clock counted have been counted now.
pub(super) async fn clamp(db: &Db, subject: Subject, now: OffsetDateTime) -> Result<()> {
    let rule = |code: &mut Code| {
        let count = &mut code.count;
        let times = [&mut count.sent_at, &mut count.guessed_at, &mut count.day_from];
        let mut is_early = false;
        for time in times {
            is_early |= *time > now;
            *time = (*time).min(now);
        }
        is_early.then_some(())
    };
    db.edit(&row(subject), rule).await.map(drop)
}

pub(super) async fn clamp_in(tx: &mut Tx, subject: Subject, now: OffsetDateTime) -> Result<()> {
    clamp(tx.db(), subject, now).await
}

/// Uses the code of a request up. The budget is full again, but for the wrong guesses of the day.
pub(super) async fn redeem(tx: &mut Tx, subject: Subject, request: RequestId) -> Result<bool> {
    let used = tx.db().edit(&name(subject.purpose, request.0), |request: &mut Request| request.mac.take()).await?;
    if used.is_none() {
        return Ok(false);
    }
    let counted_in = subject.counted_in();
    for id in [Some(counted_in), Some(subject.id()).filter(|id| *id != counted_in)].into_iter().flatten() {
        let rule = |code: &mut Code| {
            code.request = None;
            code.count.sends = 0;
            code.count.guesses = 0;
            if id == counted_in {
                code.count.day_guesses = (code.count.day_guesses - 1).max(0);
            }
            Some(())
        };
        tx.db().edit(&name(subject.purpose, id), rule).await?;
    }
    Ok(true)
}

/// Makes the last code of a subject void.
pub(super) async fn discard(tx: &mut Tx, subject: Subject) -> Result<()> {
    let last = tx.db().edit(&row(subject), |code: &mut Code| code.request.take()).await?;
    let Some(last) = last else { return Ok(()) };
    tx.db().edit(&name(subject.purpose, last), |request: &mut Request| request.mac.take()).await.map(drop)
}
