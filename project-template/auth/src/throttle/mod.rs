//! Limits on guessing and on flooding.
//!
//! Two kinds. A *guess* at a password or a code goes through `guarded`: it is counted for the account, for the client's
//! address, and for both together, before it is looked at. A *request* that costs something goes through `limit_client`
//! or `limit`: so many in a time, by the keys of `[throttle]`.
//!
//! Who is kept out by wrong guesses? First the client that makes them, from the account it makes them at; then its address
//! from all accounts; and when many addresses guess at one account, all strangers to it. Not its owner: an address that
//! somebody signed in from lately is no stranger, whatever its neighbours do, sessions go on, and a mailed link or code still lets its reader in. Who
//! holds a session and guesses at its account's password has a budget for that, whatever addresses they come from.
//!
//! Failures are counted in the database alone, so that they are exact whatever happens; requests in Redis, where it is set
//! and answers, else in the database as well.
//!
//! Nothing here knows accounts: they go by any name, whether or not there is one of that name, so that the answers say
//! nothing about that. Who gives an account a name says so (`forgive`, `rename`), once it can be told that it has it.

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
mod settings;
mod shared;
mod turns;

pub use accounts::AccountSettings;
pub(crate) use accounts::{forgive, remember, rename};
pub use actions::Action;
pub(crate) use failures::{guarded, known_at};
pub(crate) use guess::Guess;
pub(crate) use limit::{limit, limit_client};
pub use rate::Rate;
pub use settings::Settings;

use accounts::ACCOUNT_MEMORY;
use budget::{KNOWN, PAIR_MEMORY, seconds};
use failure_store::{Kind, Stale};

use crate::Auth;

/// What a process keeps of its own.
#[derive(Default)]
pub(crate) struct Throttle {
    turns: turns::Turns,
}

/// Removes counters that nobody needs any more, at most `limit` of each kind. Says how many there were, and whether there
/// may be more.
pub(crate) async fn remove_stale(auth: &Auth, limit: u32) -> sqlx::Result<(u64, bool)> {
    let mut removed = vec![limit_store::remove_stale(auth.db(), limit::micros(auth), limit).await?];
    for stale in stale(auth) {
        removed.push(failure_store::remove_stale(auth.db(), &stale, limit).await?);
    }
    Ok((removed.iter().sum(), removed.contains(&limit.into())))
}

/// How many [`remove_stale`] would remove, without a limit.
pub(crate) async fn count_stale(auth: &Auth) -> sqlx::Result<u64> {
    let mut count = limit_store::count_stale(auth.db(), limit::micros(auth)).await?;
    for stale in stale(auth) {
        count += failure_store::count_stale(auth.db(), &stale).await?;
    }
    Ok(count)
}

/// What is of no use, of each kind of counter.
fn stale(auth: &Auth) -> [Stale; 3] {
    let settings = &auth.settings().throttle;
    let now = auth.now().unix_timestamp();
    let known_at = now - seconds(KNOWN);
    let stop = auth.settings().accounts.account_stop.into();
    let stale = |kind, memory, stop| Stale { kind, counted_at: now - seconds(memory), known_at, stop };
    [
        stale(Kind::Address, settings.address_window, i64::MAX),
        stale(Kind::Pair, PAIR_MEMORY, stop),
        stale(Kind::Account, ACCOUNT_MEMORY, stop),
    ]
}
