use super::budget::{Budget, Count, LOST, seconds};
use super::key::Key;
use crate::db::{Db, Tx};
use crate::{in_tx, on};

crate::row! {
    pub(super) struct Row {
        pub(super) attempts: i64,
        pub(super) pending: i64,
        pub(super) counted_at: i64,
    }
}

impl Row {
    pub(super) fn count(&self) -> Count {
        Count { attempts: self.attempts, counted_at: self.counted_at }
    }
}

pub(super) async fn count(tx: &mut Tx, key: &Key, budget: &Budget, now: i64) -> sqlx::Result<bool> {
    let counted = in_tx!(tx, conn => sqlx::query(
        "insert into failures (account, address, attempts, pending, since, counted_at)
         values ($1, $2, 1, 1, $3, $3)
         on conflict (account, address) do update
         set attempts = case when failures.since + $4 <= $3 and failures.attempts < $5 then 1
                             else failures.attempts + 1 end,
             pending = case when failures.counted_at + $6 <= $3 then 1 else failures.pending + 1 end,
             since = case when $7 or failures.since + $4 <= $3 then $3 else failures.since end,
             counted_at = $3
         where case when failures.attempts >= $5 then false
                    when failures.attempts < $8 then true
                    when failures.attempts - $8 >= $9 then failures.counted_at + $10 <= $3
                    else failures.counted_at + ($11 << cast(failures.attempts - $8 as integer)) <= $3 end",
    )
    .bind(&key.account)
    .bind(&key.address)
    .bind(now)
    .bind(budget.memory)
    .bind(budget.stop)
    .bind(seconds(LOST))
    .bind(budget.from_last)
    .bind(budget.free)
    .bind(budget.doublings())
    .bind(budget.longest)
    .bind(budget.pause)
    .execute(conn)
    .await?
    .rows_affected());
    Ok(counted == 1)
}

pub(super) async fn find(tx: &mut Tx, key: &Key) -> sqlx::Result<Option<Row>> {
    in_tx!(tx, conn => sqlx::query_as(
        "select attempts, pending, counted_at from failures where account = $1 and address = $2",
    )
    .bind(&key.account)
    .bind(&key.address)
    .fetch_optional(conn)
    .await)
}

/// Moves times that a fast clock stored in the future back to now.
pub(super) async fn clamp(tx: &mut Tx, key: &Key, now: i64) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query(
        "update failures set counted_at = $3, since = case when since > $3 then $3 else since end
         where account = $1 and address = $2 and counted_at > $3",
    )
    .bind(&key.account)
    .bind(&key.address)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))
}

/// Subtracts `back` from the counter.
pub(super) async fn decide(tx: &mut Tx, key: &Key, back: i64) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query(
        "update failures
         set attempts = case when attempts > $3 then attempts - $3 else 0 end,
             pending = case when pending > 0 then pending - 1 else 0 end
         where account = $1 and address = $2",
    )
    .bind(&key.account)
    .bind(&key.address)
    .bind(back)
    .execute(conn)
    .await
    .map(drop))
}

/// Resets the counter to the attempts still pending, less `just_decided`.
pub(super) async fn clear(tx: &mut Tx, key: &Key, just_decided: i64) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query(
        "update failures
         set attempts = case when pending > $3 then pending - $3 else 0 end,
             pending = case when pending > $3 then pending - $3 else 0 end
         where account = $1 and address = $2",
    )
    .bind(&key.account)
    .bind(&key.address)
    .bind(just_decided)
    .execute(conn)
    .await
    .map(drop))
}

pub(super) async fn known_at(db: &Db, key: &Key) -> sqlx::Result<Option<i64>> {
    let row: Option<(Option<i64>,)> = on!(db, pool => sqlx::query_as(
        "select known_at from failures where account = $1 and address = $2",
    )
    .bind(&key.account)
    .bind(&key.address)
    .fetch_optional(pool)
    .await?);
    Ok(row.and_then(|(known_at,)| known_at))
}

pub(super) async fn set_known(tx: &mut Tx, key: &Key, now: i64) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query(
        "insert into failures (account, address, attempts, pending, since, counted_at, known_at)
         values ($1, $2, 0, 0, $3, $3, $3)
         on conflict (account, address) do update set known_at = excluded.known_at",
    )
    .bind(&key.account)
    .bind(&key.address)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))
}

macro_rules! rename {
    ($which:literal) => {
        [
            concat!("delete from failures where account = $2 and $1 <> $2 and ", $which),
            // A concurrent guess at the new name may have created its counter again.
            concat!(
                "insert into failures (account, address, attempts, pending, since, counted_at, known_at)
                 select $2, address, attempts, 0, since, counted_at, known_at from failures where account = $1 and ",
                $which,
                " on conflict (account, address) do update
                 set attempts = excluded.attempts, pending = 0, since = excluded.since,
                     counted_at = excluded.counted_at, known_at = excluded.known_at",
            ),
        ]
    };
}

/// Removes every counter of an account: pairs first, the order in which guesses lock them.
pub(super) async fn remove_account(tx: &mut Tx, account: &[u8]) -> sqlx::Result<()> {
    for query in [
        "delete from failures where account = $1 and address <> $2",
        "delete from failures where account = $1 and address = $2",
    ] {
        in_tx!(tx, conn => sqlx::query(query).bind(account).bind(NOTHING).execute(conn).await.map(drop))?;
    }
    Ok(())
}

/// Replaces the counters of the other name; pairs first, as above. Pending attempts cannot be decided under the new
/// name, so they count as wrong.
pub(super) async fn rename_account(tx: &mut Tx, from: &[u8], to: &[u8]) -> sqlx::Result<()> {
    if from == to {
        return Ok(());
    }
    for [remove, copy] in [rename!("address <> $3"), rename!("address = $3")] {
        in_tx!(tx, conn => sqlx::query(remove).bind(from).bind(to).bind(NOTHING).execute(conn).await.map(drop))?;
        in_tx!(tx, conn => sqlx::query(copy).bind(from).bind(to).bind(NOTHING).execute(conn).await.map(drop))?;
    }
    remove_account(tx, from).await
}

const NOTHING: &[u8] = &[];

/// Each kind is removed by a statement of its own: one for all would lock them in any order, and could deadlock with a
/// guess, which locks one kind after the other.
#[derive(Clone, Copy)]
pub(super) enum CounterKind {
    Address,
    Pair,
    Account,
}

/// The last attempt and the last sign-in are no later than these times, and there are fewer attempts than `stop`.
pub(super) struct Stale {
    pub(super) kind: CounterKind,
    pub(super) counted_at: i64,
    pub(super) known_at: i64,
    pub(super) stop: i64,
}

macro_rules! stale {
    ($before:literal, $kind:literal, $after:literal) => {
        concat!($before, $kind, " and counted_at <= $2 and coalesce(known_at, 0) <= $3 and attempts < $4", $after)
    };
}

macro_rules! count_stale {
    ($kind:literal) => {
        stale!("select count(*) from failures where ", $kind, "")
    };
}

macro_rules! remove_stale {
    ($kind:literal) => {
        concat!(
            stale!(
                "delete from failures where (account, address) in (select account, address from failures where ",
                $kind,
                " limit $5)"
            ),
            stale!(" and ", $kind, ""),
        )
    };
}

pub(super) async fn remove_stale(db: &Db, stale: &Stale, limit: u32) -> sqlx::Result<u64> {
    let query = match stale.kind {
        CounterKind::Address => remove_stale!("account = $1"),
        CounterKind::Pair => remove_stale!("account <> $1 and address <> $1"),
        CounterKind::Account => remove_stale!("address = $1"),
    };
    Ok(on!(db, pool => sqlx::query(query)
        .bind(NOTHING)
        .bind(stale.counted_at)
        .bind(stale.known_at)
        .bind(stale.stop)
        .bind(i64::from(limit))
        .execute(pool)
        .await?
        .rows_affected()))
}

pub(super) async fn count_stale(db: &Db, stale: &Stale) -> sqlx::Result<u64> {
    let query = match stale.kind {
        CounterKind::Address => count_stale!("account = $1"),
        CounterKind::Pair => count_stale!("account <> $1 and address <> $1"),
        CounterKind::Account => count_stale!("address = $1"),
    };
    let (count,): (i64,) = on!(db, pool => sqlx::query_as(query)
        .bind(NOTHING)
        .bind(stale.counted_at)
        .bind(stale.known_at)
        .bind(stale.stop)
        .fetch_one(pool)
        .await?);
    Ok(count.unsigned_abs())
}
