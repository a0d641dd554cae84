//! `[password]`.

use std::time::Duration;

use super::{HashSettings, Policy};
use crate::pages;
use crate::settings::{Advice, Deployed, Section};

/// How long a request waits for a worker before it is answered 503.
const MAX_WAIT: Duration = Duration::from_secs(2);
/// Requests that may wait for one worker: about as many hashes of 30 ms as fit into [`MAX_WAIT`].
const QUEUE_PER_WORKER: usize = 64;

/// The longest `password.reset_lifetime`, and the longest without a warning (OWASP ASVS 5.0, 6.4).
const MAX_RESET_LIFETIME: Duration = Duration::from_hours(7 * 24);
const SAFE_RESET_LIFETIME: Duration = Duration::from_hours(1);

/// OWASP's minimum for argon2id with one lane, in KiB: below it `check --deploy` warns.
const SAFE_MEMORY_KIB: u32 = 19_456;

/// `[password]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The rules for new passwords.
    pub policy: Policy,
    /// Whether changing a password requires the current one.
    pub old_password_required: bool,
    /// Whether changing it ends the other sessions.
    pub logout_on_change: bool,
    /// How long a link to set a new password is valid.
    pub reset_lifetime: Duration,
    /// Where such a link leads, if not to the built-in form.
    pub reset_redirect: Option<String>,
    /// The page where users ask for such a link, for mails.
    pub forgot_page: Option<String>,
    /// The page where password managers send users to change their password.
    pub change_page: Option<String>,
    pub(crate) hash: HashSettings,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let workers = match section.number("hash_workers", 0..=1_024) as usize {
            0 => cores,
            workers => workers,
        };
        let queue = match section.number("hash_queue", 0..=100_000) as usize {
            0 => workers * QUEUE_PER_WORKER,
            queue => queue,
        };
        let policy = Policy {
            min_length: section.number("min_length", 1..=256) as usize,
            max_length: section.number("max_length", 64..=256) as usize,
            refuse_common: section.flag("refuse_common"),
            refuse_similar: section.flag("refuse_similar"),
        };
        if policy.min_length > policy.max_length {
            let others = ["password.max_length"];
            section.conflict("min_length", &others, "is more than password.max_length: no password could be accepted");
        }
        let iterations = section.number("hash_iterations", 1..=10);
        let parallelism = section.number("hash_parallelism", 1..=8);
        let memory_kib = section.number("hash_memory", 8..=262_144);
        if memory_kib < 8 * parallelism {
            let others = ["password.hash_parallelism"];
            section.conflict("hash_memory", &others, "must be at least 8 KiB for each of password.hash_parallelism");
        }
        let reset_lifetime = section.duration("reset_lifetime");
        if reset_lifetime.is_zero() || reset_lifetime > MAX_RESET_LIFETIME {
            section.problem("reset_lifetime", "must be longer than zero and at most \"7d\"");
        }
        let reset_redirect = section.optional_text("reset_redirect");
        if reset_redirect.as_deref().is_some_and(|target| !pages::is_target(target)) {
            section.problem(
                "reset_redirect",
                "must be an address such as \"https://app.example.com/new-password\", or a path such as \"/new-password\"",
            );
        }
        let forgot_page = section.optional_text("forgot_page");
        if forgot_page.as_deref().is_some_and(|target| !pages::is_target(target)) {
            section.problem(
                "forgot_page",
                "must be an address such as \"https://app.example.com/forgot-password\", or a path such as \"/forgot-password\"",
            );
        }
        let change_page = section.optional_text("change_page");
        if change_page.as_deref().is_some_and(|target| !pages::is_target(target)) {
            section.problem(
                "change_page",
                "must be an address such as \"https://app.example.com/account/password\", or a path such as \"/account\"",
            );
        }
        Self {
            policy,
            old_password_required: section.flag("old_password_required"),
            logout_on_change: section.flag("logout_on_change"),
            reset_lifetime,
            reset_redirect,
            forgot_page,
            change_page,
            hash: HashSettings { memory_kib, iterations, parallelism, workers, queue, wait: MAX_WAIT },
        }
    }
}

impl Deployed for Settings {
    fn advise(&self, advice: &mut Advice) {
        advice.warn_if(
            self.policy.min_length < 15,
            "password.min_length: NIST SP 800-63B-4 asks for 15 where the password is the only factor; 8 is the floor",
        );
        advice.warn_if(
            !self.policy.refuse_common,
            "password.refuse_common: common passwords are the first that are tried; set it to true",
        );
        advice.warn_if(
            self.hash.memory_kib < SAFE_MEMORY_KIB
                && u64::from(self.hash.memory_kib) * u64::from(self.hash.iterations) < 36_864,
            "password.hash_memory: weaker than OWASP's minimum of 19456 KiB with two passes",
        );
        advice.warn_if(
            self.reset_lifetime > SAFE_RESET_LIFETIME,
            "password.reset_lifetime: whoever finds the link in a mailbox can take over the account; an hour is enough",
        );
        advice.warn_if(
            !self.old_password_required,
            "password.old_password_required: whoever finds an open session can take over the account; set it to true",
        );
        advice.warn_if(
            !self.policy.refuse_similar,
            "password.refuse_similar: an address or a name is among the first passwords that are tried; set it to true",
        );
        advice.warn_if(
            !self.logout_on_change,
            "password.logout_on_change: whoever was signed in with the old password stays signed in; set it to true",
        );
        advice.warn_if(
            self.reset_redirect.as_deref().is_some_and(|target| target.starts_with("http://")),
            "password.reset_redirect: use https; anybody on the network path can read the new password",
        );
        advice.warn_if(
            self.forgot_page.as_deref().is_some_and(|target| target.starts_with("http://")),
            "password.forgot_page: use https; mails lead there, and anybody on the network path can answer in its place",
        );
    }
}
