//! What is guessed at, and where that is counted. Differs from the built-in project: there are no passwords to guess.

use super::failures::{Counters, Guessed, networks};
use super::key::Key;
use crate::Auth;
use crate::http::Client;

/// What is guessed at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Guess<'a> {
    /// A code that was mailed to this name, which has a budget of its own: counted for the client's address.
    Code(&'a str),
}

impl Guessed for Guess<'_> {
    fn counters(self, auth: &Auth, client: &Client) -> Option<Counters> {
        let Self::Code(name) = self;
        let settings = &auth.settings().throttle;
        let networks = networks(settings, client);
        (settings.enabled && !networks.is_empty()).then(|| Counters {
            who: Key::of_pair(name, client),
            networks,
            pair: None,
            account: None,
            is_own: false,
            places: settings.address_failures as usize,
        })
    }
}
