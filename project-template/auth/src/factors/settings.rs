//! `[mfa]`.

use std::time::Duration;

use crate::settings::{Advice, Choice, Deployed, Section};
use crate::users::role;

/// Longest `mfa.challenge_lifetime` and `mfa.lockout`.
const LONGEST: Duration = Duration::from_hours(24);
/// The longest lifetime of a challenge without a warning: as for one-time codes (OWASP ASVS 5.0, 6.5.5).
const SAFE_LIFETIME: Duration = Duration::from_mins(10);
/// The most guesses of a challenge, and of an account in `lockout`, without a warning.
const SAFE_ATTEMPTS: u32 = 10;
/// The shortest `mfa.lockout` without a warning.
const SAFE_LOCKOUT: Duration = Duration::from_mins(15);

/// Who has a second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nobody: it is neither offered nor asked for.
    Disabled,
    /// Every user who sets one up.
    Optional,
    /// Every user: they set one up before their first session.
    Required,
}

impl Choice for Mode {
    const NAMES: &[(&str, Self)] =
        &[("disabled", Self::Disabled), ("optional", Self::Optional), ("required", Self::Required)];
}

/// `[mfa]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who has a second factor.
    pub totp: Mode,
    /// Roles that must have one although `totp` is optional.
    pub required_roles: Vec<i64>,
    /// The name that authenticator apps show; the service's if none.
    pub issuer: Option<String>,
    /// How long a sign-in may wait for its second factor, and a setup for its first code.
    pub challenge_lifetime: Duration,
    /// Wrong codes of one challenge.
    pub challenge_attempts: u32,
    /// Wrong codes of one account within `lockout`.
    pub account_attempts: u32,
    /// See `account_attempts`.
    pub lockout: Duration,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let settings = Self {
            totp: section.one_of("totp"),
            required_roles: section.whole_numbers("required_roles"),
            issuer: section.optional_text("issuer"),
            challenge_lifetime: section.duration("challenge_lifetime"),
            challenge_attempts: section.number("challenge_attempts", 1..=100),
            account_attempts: section.number("account_attempts", 1..=100),
            lockout: section.duration("lockout"),
        };
        for (key, duration) in [("challenge_lifetime", settings.challenge_lifetime), ("lockout", settings.lockout)] {
            if duration.is_zero() || duration > LONGEST {
                section.problem(key, "must be longer than zero and at most \"24h\"");
            }
        }
        if settings.totp == Mode::Disabled && !settings.required_roles.is_empty() {
            let fix = "has roles although mfa.totp is \"disabled\": nobody could set up what they must have";
            section.conflict("required_roles", &["mfa.totp"], fix);
        }
        if let Some(role) = settings.required_roles.iter().find(|role| **role < role::USER) {
            section.problem("required_roles", format_args!("{role} is no role: they are numbers from 0 on"));
        }
        let (of_account, of_challenge) = (settings.account_attempts, settings.challenge_attempts);
        if of_account < of_challenge {
            let problem = format!(
                "{of_account} guesses lock the account before a challenge has taken its {of_challenge}: set it to at least \
                 mfa.challenge_attempts"
            );
            section.conflict("account_attempts", &["mfa.challenge_attempts"], problem);
        }
        if settings.issuer.as_deref().is_some_and(|issuer| issuer.len() > 100 || issuer.contains(':')) {
            section.problem("issuer", "must have no colon and at most 100 bytes: it is a part of the QR code");
        }
        settings
    }

    /// Whether an account with this role must have a second factor.
    pub(crate) fn is_required_of(&self, role: i64) -> bool {
        match self.totp {
            Mode::Disabled => false,
            Mode::Optional => self.required_roles.contains(&role),
            Mode::Required => true,
        }
    }
}

impl Deployed for Settings {
    fn advise(&self, advice: &mut Advice) {
        let guesses = "an attacker who knows a password guesses codes";
        advice.warn_if(
            self.challenge_lifetime > SAFE_LIFETIME,
            "mfa.challenge_lifetime: ten minutes are enough to enter a code",
        );
        if self.challenge_attempts > SAFE_ATTEMPTS {
            advice.warn(format!("mfa.challenge_attempts: {guesses}; 5 is the default"));
        }
        if self.account_attempts > SAFE_ATTEMPTS {
            advice.warn(format!("mfa.account_attempts: {guesses}; 10 is the default"));
        }
        if self.lockout < SAFE_LOCKOUT {
            advice.warn(format!("mfa.lockout: {guesses} again soon; 15 minutes are the default"));
        }
    }
}
