//! Limits per account: budgets for guesses at its password, and the addresses that are known to it.

use std::time::Duration;

use super::Throttle;
use super::budget::{Budget, PAIR_MEMORY, seconds};
use super::failure_store as store;
use super::failures::now;
use super::key::Key;
use crate::db::{self, Tx};
use crate::http::Client;
use crate::settings::Section;

/// NIST SP 800-63B-4, section 3.2.2: failures in a row before the password is disabled.
const SAFE_STOP: u32 = 100;
/// How long failures at an account are remembered: long enough that slow guessing is limited too.
pub(super) const ACCOUNT_MEMORY: Duration = Duration::from_hours(365 * 24);

/// The keys of `[throttle]` that concern accounts.
#[derive(Clone, Debug)]
pub struct AccountSettings {
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
}

impl AccountSettings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let settings = Self {
            failures: section.number("failures", 1..=100),
            account_failures: section.number("account_failures", 1..=10_000),
            account_stop: section.number("account_stop", 1..=1_000_000),
            first_pause: section.duration("first_pause"),
            longest_pause: section.duration("longest_pause"),
        };
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

    /// Assumes that `throttle.enabled` is on.
    pub(crate) fn warn(&self, warnings: &mut Vec<String>) {
        if self.account_stop > SAFE_STOP {
            warnings
                .push("throttle.account_stop: NIST SP 800-63B-4 allows 100 failures in a row at most; lower it".into());
        }
        if self.failures > 10 || self.first_pause < Duration::from_secs(30) {
            warnings.push(
                "throttle.failures, throttle.first_pause: a client guesses fast; 5 and \"30s\" are the defaults".into(),
            );
        }
    }
}

impl Budget {
    pub(super) fn of_pair(settings: &AccountSettings) -> Self {
        Self { free: settings.failures.into(), memory: seconds(PAIR_MEMORY), ..Self::of_account(settings) }
    }

    pub(super) fn of_account(settings: &AccountSettings) -> Self {
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
    /// Records a sign-in from this client's address: failures of other clients can no longer block it.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub(crate) async fn remember(self, tx: &mut Tx, account: &str, client: &Client) -> db::Result<()> {
        if !self.0.settings().throttle.enabled {
            return Ok(());
        }
        store::set_known(tx, &Key::of_pair(account, client), now(self.0)).await
    }
}

/// Removes every failure counter and known address of an account: its name has a new password, a new owner, or none any
/// more.
///
/// # Errors
/// If the database cannot be reached.
pub(crate) async fn forgive(tx: &mut Tx, account: &str) -> db::Result<()> {
    for key in [Key::of_account(account), Key::of_sessions(account)] {
        store::remove_account(tx, &key.account).await?;
    }
    Ok(())
}

/// Moves the counters of an account to its new name: attackers gain no further guesses, known addresses stay known, and
/// the next owner of the old name starts from zero.
///
/// # Errors
/// If the database cannot be reached.
pub(crate) async fn rename(tx: &mut Tx, from: &str, to: &str) -> db::Result<()> {
    for key in [Key::of_account, Key::of_sessions] {
        store::rename_account(tx, &key(from).account, &key(to).account).await?;
    }
    Ok(())
}
