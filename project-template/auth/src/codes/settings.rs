use std::time::Duration;

use super::code::LONGEST;
use crate::settings::{Advice, Choice, Deployed, Section};

/// How codes are delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// By mail.
    Mail,
    /// Printed, for development.
    Console,
}

impl Choice for Sending {
    const NAMES: &[(&str, Self)] = &[("mail", Self::Mail), ("console", Self::Console)];
}

/// `[codes]`.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Number of digits.
    pub length: u32,
    /// How long a code is valid.
    pub lifetime: Duration,
    /// Guesses per request, and in a row over all codes for guesses without a request id.
    pub attempts: u32,
    /// The minimum time between two mails.
    pub resend_cooldown: Duration,
    /// Mails after the first.
    pub max_resends: u32,
    /// How long guesses and mails are rejected once they are used up.
    pub lockout: Duration,
    /// How codes are delivered.
    pub sending: Sending,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let settings = Self {
            length: section.number("length", 6..=12),
            lifetime: section.duration("lifetime"),
            attempts: section.number("attempts", 1..=20),
            resend_cooldown: section.duration("resend_cooldown"),
            max_resends: section.number("max_resends", 0..=100),
            lockout: section.duration("lockout"),
            sending: section.one_of("sending"),
        };
        // Counters are removed after a while: a budget that lasts longer would be reset early.
        if settings.lifetime.is_zero() || settings.lifetime > LONGEST {
            section.problem("lifetime", "must be longer than zero and at most \"24h\"");
        }
        if settings.lockout > LONGEST {
            section.problem("lockout", "must be at most \"24h\"");
        }
        // Otherwise a code would still be valid when the guesses at it are forgotten.
        if settings.lockout < settings.lifetime || settings.lockout < settings.resend_cooldown {
            let fix = "must be at least as long as codes.lifetime and codes.resend_cooldown";
            section.conflict("lockout", &["codes.lifetime", "codes.resend_cooldown"], fix);
        }
        settings
    }
}

impl Deployed for Settings {
    fn refuse_unsafe(&self, section: &mut Section<'_>) {
        if self.sending == Sending::Console {
            section
                .problem("sending", "must not be \"console\" in production: codes would be in the log; use \"mail\"");
        }
    }

    fn advise(&self, advice: &mut Advice) {
        advice.warn_if(
            self.attempts > 5 && self.length < 8,
            "codes.attempts: more than 5 guesses at a code of fewer than 8 digits; lower it",
        );
        advice.warn_if(
            self.lifetime > Duration::from_mins(10),
            "codes.lifetime: OWASP ASVS 6.5.5 allows ten minutes at most; shorten it",
        );
        advice.warn_if(
            self.lockout < Duration::from_mins(15),
            "codes.lockout: guesses come back in less than 15 minutes; \"20m\" is the default",
        );
        advice.warn_if(
            self.resend_cooldown < Duration::from_mins(1),
            "codes.resend_cooldown: anybody can fill a mailbox with more than one mail a minute; \"60s\" is the default",
        );
        advice.warn_if(
            self.max_resends > 3,
            "codes.max_resends: anybody can fill a mailbox with more than four mails in a row; lower it to 3",
        );
    }
}
