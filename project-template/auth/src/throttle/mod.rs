//! Limits on guessing and flooding.
//!
//! A *guess* at a password or a code goes through `guarded`, which counts it for the account, for the client's address,
//! and for the pair of both, before it is checked. A costly *request* goes through `limit_client` or `limit_account`.
//!
//! Wrong guesses first block the client from the account, then its address from all accounts, and, if many addresses
//! guess at one account, all clients unknown to that account. They do not block the owner: an address with a recent
//! sign-in to the account is blocked only by its own guesses at it, sessions continue, and a mailed link or code still
//! works. Guesses from the account's own sessions have a budget of their own.
//!
//! Failures are counted exactly, in the database only; requests in Redis, if it is configured and answers. A request that
//! writes a row may keep its due time there (`rows`).
//!
//! Accounts are names here, and need not exist, so that answers do not reveal which do. A room that gives an account a
//! name calls `forgive` or `rename`, once it may be known that the account has it.

mod accounts;
mod actions;
mod budget;
mod failure_store;
mod failures;
mod guess;
mod key;
mod limit;
mod limit_store;
mod own;
mod rate;
mod rows;
mod settings;
mod shared;
mod turns;

pub(crate) use accounts::{forgive, rename};
pub use actions::Action;
pub(crate) use guess::Guess;
pub use rate::Rate;
pub use settings::Settings;
pub(crate) use turns::Turns;

use accounts::ACCOUNT_MEMORY;
use budget::{KNOWN, PAIR_MEMORY, seconds};
use failure_store::{CounterKind, Stale};

use crate::Auth;

#[derive(Clone, Copy)]
pub(crate) struct Throttle<'a>(&'a Auth);

impl Auth {
    pub(crate) fn throttle(&self) -> Throttle<'_> {
        Throttle(self)
    }
}

impl Throttle<'_> {
    /// At most `limit` of each kind. Returns how many, and whether there may be more.
    pub(crate) async fn remove_stale(self, limit: u32) -> sqlx::Result<(u64, bool)> {
        let mut removed = vec![limit_store::remove_stale(self.0.db(), limit::micros(self.0), limit).await?];
        for stale in stale(self.0) {
            removed.push(failure_store::remove_stale(self.0.db(), &stale, limit).await?);
        }
        Ok((removed.iter().sum(), removed.contains(&limit.into())))
    }

    pub(crate) async fn count_stale(self) -> sqlx::Result<u64> {
        let mut count = limit_store::count_stale(self.0.db(), limit::micros(self.0)).await?;
        for stale in stale(self.0) {
            count += failure_store::count_stale(self.0.db(), &stale).await?;
        }
        Ok(count)
    }
}

fn stale(auth: &Auth) -> [Stale; 3] {
    let settings = &auth.settings().throttle;
    let now = auth.now().unix_timestamp();
    let known_at = now - seconds(KNOWN);
    let stop = settings.account_stop.into();
    let stale = |kind, memory, stop| Stale { kind, counted_at: now - seconds(memory), known_at, stop };
    [
        stale(CounterKind::Address, settings.address_window, i64::MAX),
        stale(CounterKind::Pair, PAIR_MEMORY, stop),
        stale(CounterKind::Account, ACCOUNT_MEMORY, stop),
    ]
}
