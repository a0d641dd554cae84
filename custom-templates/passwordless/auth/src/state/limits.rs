//! The rows of request limits, where they are in memory. Times are microseconds.

use std::future::{Ready, ready};

use time::OffsetDateTime;

use super::rate::Rate;
use super::rows::admit;
use crate::db::{self, Db, Error, Next, Result};

crate::row! {
    struct Limit {
        due_at: i64,
    }
}

impl db::Row for Limit {
    const KIND: &str = "limit";
}

/// Counts a request, if the rate allows one. In Redis it has been tried already, and Redis did not answer.
pub(super) async fn count(db: &Db, subject: &[u8], rate: Rate, now: i64) -> Result<bool> {
    if let Db::Redis(_) = db {
        return Err(Error::Silent);
    }
    let rule = |limit: Option<Limit>| {
        let due_at = limit.map_or(now, |limit| limit.due_at);
        // If not, a fast clock may have stored a later time than that of a full bucket.
        let (due_at, passes) =
            admit(rate, due_at, now).map_or_else(|_| (due_at.min(now + rate.period()), false), |next| (next, true));
        Next::Row(Limit { due_at }, time(due_at), passes)
    };
    db.update(subject, time(now), rule).await
}

/// Done where it is counted.
pub(super) fn clamp(_: &Db, _: &[u8], _: Rate, _: i64) -> Ready<Result<()>> {
    ready(Ok(()))
}

pub(super) async fn due_at(db: &Db, subject: &[u8]) -> Result<Option<i64>> {
    Ok(db.read::<Limit>(subject).await?.map(|limit| limit.due_at))
}

/// The second after.
fn time(micros: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(micros / 1_000_000 + 1).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
