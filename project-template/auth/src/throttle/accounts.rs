//! Limits per account: on its requests, budgets for guesses at its password, and the addresses that are known to it.

use std::time::Duration;

use uuid::Uuid;

use super::budget::{Budget, PAIR_MEMORY, seconds};
use super::failure_store as store;
use super::failures::now;
use super::key::{Key, hash};
use super::limit::{Counted, count, rate_of};
use super::{Action, Settings, Throttle};
use crate::db::{self, Tx};
use crate::error::Result;
use crate::http::Client;

/// Long enough that slow guessing is limited too.
pub(super) const ACCOUNT_MEMORY: Duration = Duration::from_hours(365 * 24);

impl Key {
    pub(super) fn of_account(name: &str) -> Self {
        Self { account: hash("account", name), address: Vec::new() }
    }

    pub(super) fn of_sessions(name: &str) -> Self {
        Self { account: hash("sessions", name), address: Vec::new() }
    }
}

impl Budget {
    pub(super) fn of_pair(settings: &Settings) -> Self {
        Self { free: settings.failures.into(), memory: seconds(PAIR_MEMORY), ..Self::of_account(settings) }
    }

    pub(super) fn of_account(settings: &Settings) -> Self {
        Self {
            free: settings.account_failures.into(),
            pause: seconds(settings.first_pause),
            longest: seconds(settings.longest_pause),
            stop: settings.account_stop.into(),
            memory: seconds(ACCOUNT_MEMORY),
            from_last: true,
        }
    }
}

impl Throttle<'_> {
    /// As [`Throttle::limit_client`], for what an account does.
    pub(crate) async fn limit_account(self, action: Action, account: Uuid) -> Result<()> {
        let Some(rate) = rate_of(self.0, action) else { return Ok(()) };
        count(self.0, Counted::of(action), &account.to_string(), rate).await
    }

    /// Afterwards, failures of other clients cannot block this client's address.
    pub(crate) async fn remember(self, tx: &mut Tx, account: &str, client: &Client) -> db::Result<()> {
        if !self.0.settings().throttle.enabled {
            return Ok(());
        }
        store::set_known(tx, &Key::of_pair(account, client), now(self.0)).await
    }
}

/// For an account whose name has a new password, a new owner, or none any more.
pub(crate) async fn forgive(tx: &mut Tx, account: &str) -> db::Result<()> {
    for key in [Key::of_account(account), Key::of_sessions(account)] {
        store::remove_account(tx, &key.account).await?;
    }
    Ok(())
}

/// Attackers gain no further guesses, known addresses stay known, and the next owner of the old name starts from zero.
pub(crate) async fn rename(tx: &mut Tx, from: &str, to: &str) -> db::Result<()> {
    for key in [Key::of_account, Key::of_sessions] {
        store::rename_account(tx, &key(from).account, &key(to).account).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_and_an_address_of_the_same_name_are_counted_apart() {
        assert_ne!(Key::of_account("x").account, Key::of_address("x").address);
        assert_ne!(Key::of_account("x"), Key::of_sessions("x"));
        assert_eq!(Key::of_pair("x", &Client::default()).account, Key::of_account("x").account);
    }
}
