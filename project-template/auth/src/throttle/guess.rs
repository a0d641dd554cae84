use super::Settings;
use super::budget::Budget;
use super::failures::{Counters, networks};
use super::key::Key;
use crate::http::Client;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Guess<'a> {
    /// The password of the account with this name (its address, in canonical form), which need not exist.
    Password(&'a str),
    /// From an active session, which failures of other clients do not block. All sessions of an account share one
    /// budget, as large as that of other clients, since a session may be stolen.
    OwnPassword(&'a str),
    /// A secret with its own budget per account, such as a mailed code. Counted for the client's address only, so that
    /// a code still works while the password is blocked.
    Code(&'a str),
}

impl Guess<'_> {
    /// None if nothing is counted.
    pub(super) fn counters(self, settings: &Settings, client: &Client) -> Option<Counters> {
        let (Self::Password(name) | Self::OwnPassword(name) | Self::Code(name)) = self;
        let account = Some(name).filter(|_| !matches!(self, Self::Code(_)));
        let networks = networks(settings, client);
        let is_counted = settings.enabled && (account.is_some() || !networks.is_empty());
        is_counted.then(|| Counters {
            who: Key::of_pair(name, client),
            networks,
            pair: account.map(|name| (Key::of_pair(name, client), Budget::of_pair(settings))),
            account: match self {
                Self::Password(name) => Some(Key::of_account(name)),
                Self::OwnPassword(name) => Some(Key::of_sessions(name)),
                Self::Code(_) => None,
            }
            .map(|key| (key, Budget::of_account(settings))),
            is_own: matches!(self, Self::OwnPassword(_)),
            places: settings.address_failures as usize,
        })
    }
}
