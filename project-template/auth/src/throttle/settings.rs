//! `[throttle]`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::budget::PAIR_MEMORY;
use super::{Action, Rate};
use crate::settings::Section;

/// NIST SP 800-63B-4, section 3.2.2: failures in a row before the password is disabled.
const SAFE_STOP: u32 = 100;

/// `[throttle]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether anything is limited.
    pub enabled: bool,
    /// Wrong passwords in a row from one client for one account, before it has to pause.
    pub failures: u32,
    /// As many for an account from all clients that are strangers to it.
    pub account_failures: u32,
    /// As many before the password is not looked at any more.
    pub account_stop: u32,
    /// The first pause; each further failure doubles it.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// Wrong passwords and codes from one client address in `address_window`, before it is blocked as long.
    pub address_failures: u32,
    /// See `address_failures`.
    pub address_window: Duration,
    /// How often requests may come; what is not in here, as often as anybody likes.
    pub rates: BTreeMap<Action, Rate>,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let settings = Self {
            enabled: section.flag("enabled"),
            failures: section.number("failures", 1..=100),
            account_failures: section.number("account_failures", 1..=10_000),
            account_stop: section.number("account_stop", 1..=1_000_000),
            first_pause: section.duration("first_pause"),
            longest_pause: section.duration("longest_pause"),
            address_failures: section.number("address_failures", 1..=100_000),
            address_window: section.duration("address_window"),
            rates: Action::ALL.iter().filter_map(|action| Some((*action, rate(section, action.name())?))).collect(),
        };
        if settings.failures > settings.account_failures || settings.account_failures > settings.account_stop {
            section.problem("account_failures", "must be from throttle.failures to throttle.account_stop");
        }
        if settings.first_pause.is_zero() || settings.first_pause > settings.longest_pause {
            section.problem("first_pause", "must be longer than nothing and at most throttle.longest_pause");
        }
        if settings.longest_pause > PAIR_MEMORY {
            section.problem("longest_pause", "must be at most \"24h\"");
        }
        if settings.address_window.is_zero() || settings.address_window > PAIR_MEMORY {
            section.problem("address_window", "must be longer than nothing and at most \"24h\"");
        }
        settings
    }

    pub(crate) fn warn(&self, warnings: &mut Vec<String>) {
        if !self.enabled {
            warnings.push("throttle.enabled: passwords can be guessed without an end; set it to true".into());
            return;
        }
        if self.account_stop > SAFE_STOP {
            warnings
                .push("throttle.account_stop: NIST SP 800-63B-4 allows 100 failures in a row at most; lower it".into());
        }
        if self.failures > 10 || self.first_pause < Duration::from_secs(30) {
            warnings.push(
                "throttle.failures, throttle.first_pause: a client guesses fast; 5 and \"30s\" are the defaults".into(),
            );
        }
        if self.address_failures > 100 {
            warnings.push(
                "throttle.address_failures: one client tries common passwords on many accounts; 10 is the default"
                    .into(),
            );
        }
        for action in Action::ALL.iter().filter(|action| !self.rates.contains_key(action)) {
            warnings.push(format!("throttle.{}: has no limit; see the default", action.name()));
        }
    }
}

fn rate(section: &mut Section<'_>, key: &str) -> Option<Rate> {
    let text = section.optional_text(key)?;
    let rate = Rate::parse(&text);
    if rate.is_none() {
        section.problem(
            key,
            format_args!(
                "must be a number and a time, of a day at most, such as \"30/m\", \"5/10m\" or \"100/h\", not {text:?}"
            ),
        );
    }
    rate
}
