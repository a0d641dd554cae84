//! Differs from the built-in project: there are no passwords to guess.

use super::Settings;
use super::failures::{Counters, networks};
use super::key::Key;
use crate::http::Client;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Guess<'a> {
    /// A secret with its own budget per account, such as a mailed code. Counted for the client's address only.
    Code(&'a str),
}

impl Guess<'_> {
    /// None if nothing is counted.
    pub(super) fn counters(self, settings: &Settings, client: &Client) -> Option<Counters> {
        let Self::Code(name) = self;
        let networks = networks(settings, client);
        let is_counted = settings.enabled && !networks.is_empty();
        is_counted.then(|| Counters {
            who: Key::of_pair(name, client),
            networks,
            pair: None,
            account: None,
            is_own: false,
            places: settings.address_failures as usize,
        })
    }
}
