use std::collections::BTreeMap;
use std::time::Duration;

use super::budget::PAIR_MEMORY;
use super::{Action, Rate};
use crate::settings::{Advice, Deployed, Section};

/// NIST SP 800-63B-4, section 3.2.2: failures in a row before the password is disabled.
const SAFE_STOP: u32 = 100;

/// `[throttle]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether anything is limited.
    pub enabled: bool,
    /// Wrong passwords and codes from one client address within `address_window`, before it is blocked for as long.
    pub address_failures: u32,
    /// See `address_failures`.
    pub address_window: Duration,
    /// Wrong passwords in a row from one client for one account, before it has to pause.
    pub failures: u32,
    /// The same for one account from all clients unknown to it.
    pub account_failures: u32,
    /// Wrong passwords in a row before the password is no longer checked.
    pub account_stop: u32,
    /// The first pause; each further failure doubles it.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// Limits on requests; an action without an entry is unlimited.
    pub rates: BTreeMap<Action, Rate>,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let settings = Self {
            enabled: section.flag("enabled"),
            address_failures: section.number("address_failures", 1..=100_000),
            address_window: section.duration("address_window"),
            failures: section.number("failures", 1..=100),
            account_failures: section.number("account_failures", 1..=10_000),
            account_stop: section.number("account_stop", 1..=1_000_000),
            first_pause: section.duration("first_pause"),
            longest_pause: section.duration("longest_pause"),
            rates: Action::ALL.iter().filter_map(|action| Some((*action, rate(section, action.name())?))).collect(),
        };
        if settings.address_window.is_zero() || settings.address_window > PAIR_MEMORY {
            section.problem("address_window", "must be longer than zero and at most \"24h\"");
        }
        if settings.failures > settings.account_failures || settings.account_failures > settings.account_stop {
            let others = ["throttle.failures", "throttle.account_stop"];
            let fix = "must be from throttle.failures to throttle.account_stop";
            section.conflict("account_failures", &others, fix);
        }
        if settings.first_pause.is_zero() || settings.first_pause > settings.longest_pause {
            let fix = "must be longer than zero and at most throttle.longest_pause";
            section.conflict("first_pause", &["throttle.longest_pause"], fix);
        }
        if settings.longest_pause > PAIR_MEMORY {
            section.problem("longest_pause", "must be at most \"24h\"");
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
        advice.warn_if(
            self.account_stop > SAFE_STOP,
            "throttle.account_stop: NIST SP 800-63B-4 allows 100 failures in a row at most; lower it",
        );
        advice.warn_if(
            self.failures > 10 || self.first_pause < Duration::from_secs(30),
            "throttle.failures, throttle.first_pause: a client guesses fast; 5 and \"30s\" are the defaults",
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
