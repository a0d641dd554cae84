//! Limits whose due time is a column of a row that the request writes anyway. Times are microseconds.

use std::time::Duration;

use super::limit::{micros, rate_of, refused};
use super::{Action, Rate, Throttle};
use crate::error::Result;

impl Throttle<'_> {
    /// The due time to store, with `due_at` as a condition. 429 `throttled` as in [`Throttle::limit_client`].
    pub(crate) fn admit(self, action: Action, due_at: i64) -> Result<i64> {
        let enabled = self.0.settings().throttle.enabled;
        let Some(rate) = rate_of(self.0, action).filter(|_| enabled) else { return Ok(due_at) };
        admit(rate, due_at, micros(self.0)).map_err(|wait| refused(self.0, action.name(), wait))
    }
}

/// The due time to store, or how long to wait if no further request may pass now.
pub(super) fn admit(rate: Rate, due_at: i64, now: i64) -> std::result::Result<i64, Duration> {
    // A fast clock may have stored a time later than that of a full bucket.
    let due_at = due_at.min(now.saturating_add(rate.period()));
    match u64::try_from(due_at - now - rate.tolerance()) {
        Ok(wait @ 1..) => Err(Duration::from_micros(wait)),
        _ => Ok(due_at.max(now).saturating_add(rate.step())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000_000_000;

    #[test]
    fn a_full_bucket_says_how_long_to_wait() {
        let rate = Rate::parse("2/m").unwrap();
        let once = admit(rate, 0, NOW).unwrap();
        let twice = admit(rate, once, NOW).unwrap();
        assert_eq!((once, twice), (NOW + 30_000_000, NOW + 60_000_000));
        assert_eq!(admit(rate, twice, NOW), Err(Duration::from_secs(30)));
        assert_eq!(admit(rate, twice, NOW + 30_000_000), Ok(NOW + 90_000_000));
    }

    #[test]
    fn a_clock_that_was_fast_blocks_nobody_for_longer_than_a_full_bucket_does() {
        assert_eq!(admit(Rate::parse("2/m").unwrap(), i64::MAX, NOW), Err(Duration::from_secs(30)));
    }
}
