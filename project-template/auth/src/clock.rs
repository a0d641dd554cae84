//! The only clock. Everything that depends on time asks it, so that a test can move it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use time::OffsetDateTime;

/// Tells the time in UTC and whole seconds: a fraction would sort wrongly in `SQLite`, which keeps times as text.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    manual: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// A clock that stands still at `start` until [`Clock::advance`] moves it.
    #[must_use]
    pub fn manual(start: OffsetDateTime) -> Self {
        Self { manual: Some(Arc::new(AtomicI64::new(start.unix_timestamp()))) }
    }

    /// The time now, in UTC, without a fraction of a second.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system's clock")]
    pub fn now(&self) -> OffsetDateTime {
        let Some(manual) = &self.manual else {
            let now = OffsetDateTime::now_utc();
            return now - time::Duration::nanoseconds(now.nanosecond().into());
        };
        OffsetDateTime::from_unix_timestamp(manual.load(Ordering::SeqCst)).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// Moves a manual clock forward by whole seconds. The system's clock is left alone.
    pub fn advance(&self, by: Duration) {
        if let Some(manual) = &self.manual {
            manual.fetch_add(i64::try_from(by.as_secs()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }
}
