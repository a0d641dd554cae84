//! Limits on guessing and on flooding. Differs from the built-in project: there are no accounts with budgets of their
//! own.
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
pub(crate) use guess::Guess;
pub use rate::Rate;
pub use settings::Settings;
pub(crate) use turns::Turns;

use crate::Auth;
use crate::db::{Result, Tx};
use crate::http::Client;

/// The limits.
#[derive(Clone, Copy)]
pub(crate) struct Throttle<'a>(&'a Auth);

impl Auth {
    pub(crate) fn throttle(&self) -> Throttle<'_> {
        Throttle(self)
    }
}

impl Throttle<'_> {
    /// Notes that somebody signed in from here: what strangers, or neighbours, do does not keep them out any more.
    pub(crate) async fn remember(self, tx: &mut Tx, account: &str, client: &Client) -> Result<()> {
        if !self.0.settings().throttle.enabled || client.ip.is_none() {
            return Ok(());
        }
        failure_store::set_known(tx, &key::Key::of_pair(account, client), self.0.now().unix_timestamp()).await
    }
}
