//! The only clock, so that a test can move it.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use time::OffsetDateTime;

/// How far the clocks of instances may differ: a stored time may be this far in the future.
const SKEW: Duration = Duration::from_secs(5);

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Whether a stored time, in seconds since 1970, is less than `within` ago. A time in the future comes from a wrong
/// clock and is not recent.
#[must_use]
pub fn is_recent(stored: i64, now: OffsetDateTime, within: Duration) -> bool {
    let age = now.unix_timestamp().saturating_sub(stored);
    (-seconds(SKEW)..seconds(within)).contains(&age)
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

/// A moment by two clocks: the system's may be set back, a monotonic one may stop while the machine sleeps.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The time that [`Clock::now`] returned.
    pub at: OffsetDateTime,
    ran: Duration,
}

impl Moment {
    pub(crate) fn is_within(self, within: Duration, earlier: Self) -> bool {
        let by_clock = self.at - earlier.at;
        !by_clock.is_negative() && by_clock < within && self.ran.saturating_sub(earlier.ran) < within
    }
}

/// Returns the time in UTC and whole seconds: a fraction would sort wrongly in SQLite, which stores times as text.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    manual: Option<Arc<Manual>>,
}

/// In seconds.
#[derive(Debug)]
struct Manual {
    at: AtomicI64,
    ran: AtomicU64,
}

impl Clock {
    /// A clock that stays at `start` until [`Clock::advance`] or [`Clock::set_back`] moves it.
    #[must_use]
    pub fn manual(start: OffsetDateTime) -> Self {
        Self { manual: Some(Arc::new(Manual { at: start.unix_timestamp().into(), ran: AtomicU64::default() })) }
    }

    /// The current time in UTC, without a fraction of a second.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system's clock")]
    pub fn now(&self) -> OffsetDateTime {
        let Some(manual) = &self.manual else {
            let now = OffsetDateTime::now_utc();
            return now - time::Duration::nanoseconds(now.nanosecond().into());
        };
        OffsetDateTime::from_unix_timestamp(manual.at.load(Ordering::SeqCst)).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// The current moment by both clocks, for state in memory.
    #[must_use]
    pub fn moment(&self) -> Moment {
        let ran = match &self.manual {
            Some(manual) => Duration::from_secs(manual.ran.load(Ordering::SeqCst)),
            None => START.elapsed(),
        };
        Moment { at: self.now(), ran }
    }

    /// Moves a manual clock forward by whole seconds. Does nothing to the system's clock.
    pub fn advance(&self, by: Duration) {
        if let Some(manual) = &self.manual {
            manual.at.fetch_add(seconds(by), Ordering::SeqCst);
            manual.ran.fetch_add(by.as_secs(), Ordering::SeqCst);
        }
    }

    /// Sets a manual clock back by whole seconds, as if it had been wrong. Does nothing to the system's clock.
    pub fn set_back(&self, by: Duration) {
        if let Some(manual) = &self.manual {
            manual.at.fetch_sub(seconds(by), Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_time_is_recent_by_its_age_and_one_from_the_future_is_not() {
        let now = OffsetDateTime::from_unix_timestamp(1_000).expect("a time");
        let within = Duration::from_mins(1);
        for (stored, expected) in
            [(1_000, true), (941, true), (940, false), (1_005, true), (1_006, false), (9_999, false)]
        {
            assert_eq!(is_recent(stored, now, within), expected, "{stored}");
        }
    }

    #[test]
    fn what_a_process_remembers_grows_old_although_the_clock_is_set_back() {
        let clock = Clock::manual(OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1_000));
        let within = Duration::from_secs(5);
        let then = clock.moment();
        clock.advance(Duration::from_secs(4));
        assert!(clock.moment().is_within(within, then));
        clock.set_back(Duration::from_secs(3));
        clock.advance(Duration::from_secs(1));
        assert!(!clock.moment().is_within(within, then), "by the clock two seconds have passed, and in truth five");
        clock.set_back(Duration::from_secs(100));
        assert!(!clock.moment().is_within(within, then));
    }
}
