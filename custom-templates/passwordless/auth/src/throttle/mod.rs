//! Limits on guessing and on flooding.
//!
//! Two kinds. A *guess* at a code goes through `guarded`: it is counted for the client's address before it is looked at,
//! beside the budget that the code itself has. A *request* that costs something goes through `limit_client` or `limit`: so
//! many in a time, by the keys of `[throttle]`.

mod actions;
#[allow(dead_code, reason = "accounts have budgets of their own elsewhere")]
mod budget;
mod failure_store;
#[allow(dead_code, reason = "accounts have budgets of their own elsewhere")]
mod failures;
mod guess;
#[allow(dead_code, reason = "accounts have counters of their own elsewhere")]
mod key;
mod limit;
mod limit_store;
mod own;
mod rate;
mod settings;
mod shared;
mod turns;

pub use actions::Action;
pub(crate) use failures::{guarded, known_at};
pub(crate) use guess::Guess;
pub(crate) use limit::{limit, limit_client};
pub use rate::Rate;
pub use settings::Settings;

use crate::Auth;
use crate::db::{Result, Tx};
use crate::http::Client;

/// Notes that somebody signed in from here: what strangers, or neighbours, do does not keep them out any more.
pub(crate) async fn remember(auth: &Auth, tx: &mut Tx, account: &str, client: &Client) -> Result<()> {
    if !auth.settings().throttle.enabled || client.ip.is_none() {
        return Ok(());
    }
    failure_store::set_known(tx, &key::Key::of_pair(account, client), auth.now().unix_timestamp()).await
}

/// What a process keeps of its own.
#[derive(Default)]
pub(crate) struct Throttle {
    turns: turns::Turns,
}
