//! `[throttle]`. Differs from the built-in project: there are no accounts whose passwords are guessed.

use std::collections::BTreeMap;
use std::time::Duration;

use super::budget::PAIR_MEMORY;
use super::{Action, Rate};
use crate::settings::{Advice, Deployed, Section};

/// `[throttle]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether anything is limited.
    pub enabled: bool,
    /// Wrong passwords and codes from one client address within `address_window`, before it is blocked for as long.
    pub address_failures: u32,
    /// See `address_failures`.
    pub address_window: Duration,
    /// Limits on requests; an action without an entry is unlimited.
    pub rates: BTreeMap<Action, Rate>,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let settings = Self {
            enabled: section.flag("enabled"),
            address_failures: section.number("address_failures", 1..=100_000),
            address_window: section.duration("address_window"),
            rates: Action::ALL.iter().filter_map(|action| Some((*action, rate(section, action.name())?))).collect(),
        };
        if settings.address_window.is_zero() || settings.address_window > PAIR_MEMORY {
            section.problem("address_window", "must be longer than zero and at most \"24h\"");
        }
        settings
    }
}

impl Deployed for Settings {
    fn advise(&self, advice: &mut Advice) {
        if !self.enabled {
            advice.warn("throttle.enabled: secrets can be guessed without limit; set it to true");
            return;
        }
        advice.warn_if(
            self.address_failures > 100,
            "throttle.address_failures: one client tries common passwords on many accounts; 10 is the default",
        );
        for action in Action::ALL.iter().filter(|action| !self.rates.contains_key(action)) {
            advice.warn(format!("throttle.{}: has no limit; see the default", action.name()));
        }
    }
}

fn rate(section: &mut Section<'_>, key: &str) -> Option<Rate> {
    let text = section.optional_text(key)?;
    let rate = Rate::parse(&text);
    if rate.is_none() {
        section.unreadable(
            key,
            format_args!(
                "must be a number and a time, of a day at most, such as \"30/m\", \"5/10m\" or \"100/h\", not {text:?}"
            ),
        );
    }
    rate
}
