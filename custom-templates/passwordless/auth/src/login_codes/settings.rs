//! Differs from the built-in project: no key of `settings.toml` is read; tests do not wait.

use std::time::Duration;

/// What no key sets.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Answers to who asks for a code come at whole multiples of this; of nothing, at once.
    pub step: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { step: Duration::from_millis(500) }
    }
}
