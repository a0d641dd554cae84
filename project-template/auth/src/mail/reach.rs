//! Whether mail leaves at all.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use time::OffsetDateTime;

use crate::Auth;

/// How long after a failure mail counts as stuck: then somebody may try again, and the next mail tells.
const RETRY: Duration = Duration::from_secs(30);

/// When the mail server was found out of reach, in seconds; zero once it has answered since.
#[derive(Debug, Default)]
pub(crate) struct Reach(AtomicI64);

/// What an attempt to send a mail has shown of the way there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contact {
    /// Nothing: the attempt ended before it.
    Unknown,
    /// There was a server, whatever it said or did not say after its greeting; or the file could be written.
    Answered,
    /// No connection, no TLS or no greeting.
    Unreachable,
}

impl Reach {
    pub(super) fn note(&self, contact: Contact, now: OffsetDateTime) {
        match contact {
            Contact::Unknown => {}
            Contact::Answered => self.0.store(0, Ordering::Relaxed),
            Contact::Unreachable => self.0.store(now.unix_timestamp(), Ordering::Relaxed),
        }
    }
}

/// Whether a mail that is queued now leaves soon, as far as is known. What a server refused is not about this: it was
/// there.
pub(crate) fn is_reachable(auth: &Auth) -> bool {
    let failed = auth.mail_reach().0.load(Ordering::Relaxed);
    failed == 0 || auth.now().unix_timestamp() >= failed + RETRY.as_secs().cast_signed()
}
