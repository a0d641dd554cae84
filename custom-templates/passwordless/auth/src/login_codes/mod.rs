//! Signing in with a code that was mailed: the only way in. Differs from the built-in project: nobody has an account,
//! so nobody signs up.
//!
//! Whoever reads the mail to an address is its owner; nothing else is known of anybody.

mod redeem;
mod request;
mod routes;

use std::time::Duration;

pub(crate) use routes::router;

/// Answers to who asks for a code come at whole multiples of this.
const STEP: Duration = Duration::from_millis(500);

/// What no key sets.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Answers to who asks for a code come at whole multiples of this; of nothing, at once.
    pub step: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { step: STEP }
    }
}
