//! What is guessed at, and where that is counted.

use super::budget::Budget;
use super::failures::{Counters, Guessed, networks};
use super::key::Key;
use crate::Auth;
use crate::http::Client;

/// What is guessed at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Guess<'a> {
    /// The password of the account of this name (its address, in canonical form), whether or not there is one.
    Password(&'a str),
    /// The same, by somebody with a live session of the account: what strangers do to it does not stop them. All who have
    /// one share a budget as great as that of strangers, since a session may be stolen.
    OwnPassword(&'a str),
    /// Something that has a budget for each account already, such as a code that was mailed to this name: counted for the
    /// client's address alone, so that a mail still lets its reader in when the password does not.
    Code(&'a str),
}

impl Guessed for Guess<'_> {
    fn counters(self, auth: &Auth, client: &Client) -> Option<Counters> {
        let settings = &auth.settings().throttle;
        let accounts = &auth.settings().accounts;
        let (Self::Password(name) | Self::OwnPassword(name) | Self::Code(name)) = self;
        let account = Some(name).filter(|_| !matches!(self, Self::Code(_)));
        let networks = networks(settings, client);
        let is_counted = settings.enabled && (account.is_some() || !networks.is_empty());
        is_counted.then(|| Counters {
            who: Key::of_pair(name, client),
            networks,
            pair: account.map(|name| (Key::of_pair(name, client), Budget::of_pair(accounts))),
            account: match self {
                Self::Password(name) => Some(Key::of_account(name)),
                Self::OwnPassword(name) => Some(Key::of_sessions(name)),
                Self::Code(_) => None,
            }
            .map(|key| (key, Budget::of_account(accounts))),
            is_own: matches!(self, Self::OwnPassword(_)),
            places: settings.address_failures as usize,
        })
    }
}
