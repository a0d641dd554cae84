use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use time::OffsetDateTime;

/// A failure counts for this long. Then requests queue mail again, and the next attempt shows whether it arrives.
const RETRY: Duration = Duration::from_secs(30);

/// Unix seconds of the last failure; zero once the server has answered since.
#[derive(Debug, Default)]
pub(crate) struct Reach(AtomicI64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contact {
    /// It ended before connecting.
    Unknown,
    /// The server greeted, whatever followed; or the file was written.
    Answered,
    /// No connection, no TLS or no greeting; or the file could not be written.
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

    /// Also after a refusal: the server was reachable.
    pub(crate) fn is_reachable(&self, now: OffsetDateTime) -> bool {
        let failed = self.0.load(Ordering::Relaxed);
        failed == 0 || now.unix_timestamp() >= failed + RETRY.as_secs().cast_signed()
    }
}
