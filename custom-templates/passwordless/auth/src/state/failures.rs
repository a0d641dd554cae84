//! The rows of failures.

use time::OffsetDateTime;

use super::budget::{Budget, Count, KNOWN, LOST, PAIR_MEMORY, seconds};
use super::key::Key;
use crate::db::{self, Db, Next, Rank, Result, Tx};

crate::row! {
    /// A counter.
    pub(super) struct Row {
        pub(super) attempts: i64,
        pub(super) pending: i64,
        since: i64,
        pub(super) counted_at: i64,
    }
}

impl db::Row for Row {
    const KIND: &str = "failures";

    fn rank(&self) -> Rank {
        Rank::Counted
    }
}

crate::row! {
    /// Somebody who signed in from an address.
    struct Known {
        at: i64,
    }
}

impl db::Row for Known {
    const KIND: &str = "known";

    fn rank(&self) -> Rank {
        Rank::Proven
    }
}

impl Row {
    pub(super) fn count(&self) -> Count {
        Count { attempts: self.attempts, counted_at: self.counted_at }
    }

    /// Longer than every budget remembers.
    fn kept<T>(self, given: T) -> Next<Self, T> {
        let until = time(self.counted_at) + PAIR_MEMORY;
        Next::Row(self, until, given)
    }
}

fn name(key: &Key) -> Vec<u8> {
    [key.account.as_slice(), &key.address].concat()
}

fn time(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// When somebody last signed in from an address.
pub(super) async fn known_at(db: &Db, key: &Key) -> Result<Option<i64>> {
    Ok(db.read::<Known>(&name(key)).await?.map(|known| known.at))
}

/// Notes that somebody signed in from an address.
pub(super) async fn set_known(tx: &mut Tx, key: &Key, now: i64) -> Result<()> {
    let until = time(now) + KNOWN;
    tx.db().update(&name(key), time(now), |_: Option<Known>| Next::Row(Known { at: now }, until, ())).await
}

/// Counts an attempt, if the budget allows one. Says whether it did.
pub(super) async fn count(tx: &mut Tx, key: &Key, budget: &Budget, now: i64) -> Result<bool> {
    let rule = |row: Option<Row>| {
        let Some(mut row) = row else {
            return Row { attempts: 1, pending: 1, since: now, counted_at: now }.kept(true);
        };
        if !budget.wait(row.count(), now).is_zero() {
            return Next::Same(false);
        }
        let is_forgotten = row.since + budget.memory <= now && row.attempts < budget.stop;
        row.attempts = if is_forgotten { 1 } else { row.attempts + 1 };
        row.pending = if row.counted_at + seconds(LOST) <= now { 1 } else { row.pending + 1 };
        if budget.from_last || is_forgotten {
            row.since = now;
        }
        row.counted_at = now;
        row.kept(true)
    };
    tx.db().update(&name(key), time(now), rule).await
}

pub(super) async fn find(tx: &mut Tx, key: &Key) -> Result<Option<Row>> {
    tx.db().read(&name(key)).await
}

/// Has what was counted later than now have been counted now.
pub(super) async fn clamp(tx: &mut Tx, key: &Key, now: i64) -> Result<()> {
    let rule = |row: &mut Row| {
        let is_early = row.counted_at > now;
        row.counted_at = row.counted_at.min(now);
        row.since = row.since.min(now);
        is_early.then_some(())
    };
    tx.db().edit(&name(key), rule).await.map(drop)
}

/// Notes that an attempt was decided, and takes `back` that many.
pub(super) async fn decide(tx: &mut Tx, key: &Key, back: i64) -> Result<()> {
    let rule = |row: &mut Row| {
        row.attempts = (row.attempts - back).max(0);
        row.pending = (row.pending - 1).max(0);
        Some(())
    };
    tx.db().edit(&name(key), rule).await.map(drop)
}

/// Takes back all that were decided, and as many as that have just been.
pub(super) async fn clear(tx: &mut Tx, key: &Key, just_decided: i64) -> Result<()> {
    let rule = |row: &mut Row| {
        row.pending = (row.pending - just_decided).max(0);
        row.attempts = row.pending;
        Some(())
    };
    tx.db().edit(&name(key), rule).await.map(drop)
}
