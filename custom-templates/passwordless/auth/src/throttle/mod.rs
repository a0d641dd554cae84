//! Limits on guessing and flooding. Differs from the built-in project: there are no accounts with budgets of their own.
//!
//! A *guess* at a code goes through `guarded`, which counts it for the client's address before it is checked, beside the
//! budget that the code itself has. A costly *request* goes through `limit_client`.

mod actions;
mod budget;
#[path = "../state/failures.rs"]
mod failure_store;
mod failures;
mod guess;
mod key;
mod limit;
#[path = "../state/limits.rs"]
mod limit_store;
mod own;
mod rate;
mod rows;
mod settings;
mod shared;
mod turns;

pub use actions::Action;
pub(crate) use guess::Guess;
pub use rate::Rate;
pub use settings::Settings;
pub(crate) use turns::Turns;

use crate::Auth;
use crate::db::{self, Tx};
use crate::http::Client;

#[derive(Clone, Copy)]
pub(crate) struct Throttle<'a>(&'a Auth);

impl Auth {
    pub(crate) fn throttle(&self) -> Throttle<'_> {
        Throttle(self)
    }
}

impl Throttle<'_> {
    /// Afterwards, failures of other clients cannot block this client's address.
    pub(crate) async fn remember(self, tx: &mut Tx, account: &str, client: &Client) -> db::Result<()> {
        if !self.0.settings().throttle.enabled || client.ip.is_none() {
            return Ok(());
        }
        failure_store::set_known(tx, &key::Key::of_pair(account, client), failures::now(self.0)).await
    }
}
