//! The rows of short codes, and of what was counted about them.

use time::OffsetDateTime;

use super::code::{Bounds, Count, Limits, REMEMBERED, Subject};
use crate::db::{Db, Next, Result, Row, Tx};

crate::row! {
    struct Code {
        /// None once it was used or taken back.
        mac: Option<Vec<u8>>,
        expires_at: OffsetDateTime,
        count: Count,
    }
}

impl Row for Code {
    const KIND: &str = "code";
}

fn name(subject: Subject) -> Vec<u8> {
    format!("{}:{}", subject.purpose, subject.id).into_bytes()
}

/// Replaces a code, if its subject may be sent one. The guesses stay as they are.
pub(super) async fn request(
    tx: &mut Tx,
    subject: Subject,
    mac: &[u8],
    expires_at: OffsetDateTime,
    limits: Limits,
    bounds: &Bounds,
) -> Result<bool> {
    let now = bounds.now;
    tx.db()
        .update(&name(subject), now, |code: Option<Code>| {
            let mut count = match code {
                Some(Code { count, .. }) if !may_be_sent(&count, limits, bounds) => return Next::Same(false),
                Some(Code { count, .. }) => count,
                None => Count { sends: 0, sent_at: now, guesses: 0, guessed_at: now, day_guesses: 0, day_from: now },
            };
            count.sends = if count.sent_at <= bounds.stale { 1 } else { count.sends + 1 };
            count.sent_at = now;
            Next::Row(Code { mac: Some(mac.to_vec()), expires_at, count }, now + REMEMBERED, true)
        })
        .await
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

/// Counts a guess and gives what it is to be compared with, if there is a code and budget left.
pub(super) async fn count_guess(db: &Db, subject: Subject, bounds: &Bounds) -> Result<Option<Vec<u8>>> {
    let now = bounds.now;
    db.update(&name(subject), now, |code: Option<Code>| {
        let Some(mut code) = code else { return Next::Same(None) };
        if code.mac.is_none() || code.expires_at <= now || !may_be_guessed(&code.count, bounds) {
            return Next::Same(None);
        }
        let count = &mut code.count;
        count.guesses = if count.guessed_at <= bounds.stale { 1 } else { count.guesses + 1 };
        count.guessed_at = now;
        if count.day_from <= bounds.yesterday {
            (count.day_guesses, count.day_from) = (1, now);
        } else {
            count.day_guesses += 1;
        }
        let mac = code.mac.clone();
        Next::Edited(code, mac)
    })
    .await
}

pub(super) async fn count(db: &Db, subject: Subject) -> Result<Option<Count>> {
    Ok(db.read::<Code>(&name(subject)).await?.map(|code| code.count))
}

pub(super) async fn count_in(tx: &mut Tx, subject: Subject) -> Result<Option<Count>> {
    count(tx.db(), subject).await
}

/// Uses a code up. The budget is full again, but for the wrong guesses of the day.
pub(super) async fn redeem(tx: &mut Tx, subject: Subject, mac: &[u8]) -> Result<bool> {
    let rule = |code: &mut Code| {
        if code.mac.as_deref() != Some(mac) {
            return None;
        }
        code.mac = None;
        code.count.sends = 0;
        code.count.guesses = 0;
        code.count.day_guesses -= 1;
        Some(())
    };
    Ok(tx.db().edit(&name(subject), rule).await?.is_some())
}

pub(super) async fn discard(tx: &mut Tx, subject: Subject) -> Result<()> {
    tx.db().edit(&name(subject), |code: &mut Code| code.mac.take()).await.map(drop)
}
