use std::time::Duration;

use crate::settings::parse_duration;

const COUNT_LIMIT: u32 = 100_000;
const PERIOD_LIMIT: Duration = Duration::from_hours(24);

/// A number of requests per period: all at once, then evenly spaced (GCRA, the generic cell rate algorithm of ITU-T
/// I.371).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    count: u32,
    period: Duration,
}

impl Rate {
    /// None unless `count` is from 1 to 100,000 and `period` is above zero and at most a day.
    #[must_use]
    pub fn new(count: u32, period: Duration) -> Option<Self> {
        let is_sensible = (1..=COUNT_LIMIT).contains(&count) && !period.is_zero() && period <= PERIOD_LIMIT;
        is_sensible.then_some(Self { count, period })
    }

    /// `count` requests per minute.
    ///
    /// # Panics
    /// If `count` is zero or more than 100,000; in a constant, a compile error.
    #[must_use]
    pub const fn per_minute(count: u32) -> Self {
        Self::every(count, Duration::from_mins(1))
    }

    /// `count` requests per hour.
    ///
    /// # Panics
    /// As [`Rate::per_minute`].
    #[must_use]
    pub const fn per_hour(count: u32) -> Self {
        Self::every(count, Duration::from_hours(1))
    }

    const fn every(count: u32, period: Duration) -> Self {
        assert!(count > 0 && count <= COUNT_LIMIT, "a rate is of one request at least, and of 100,000 at most");
        Self { count, period }
    }

    /// Parses `30/m`, `5/10m`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (count, period) = text.split_once('/')?;
        let period = period.trim();
        let period = if period.starts_with(|first: char| first.is_ascii_digit()) {
            parse_duration(period)
        } else {
            parse_duration(&format!("1{period}"))
        };
        Self::new(count.trim().parse().ok()?, period?)
    }

    pub(super) fn times(self, times: u32) -> Self {
        Self { count: self.count.saturating_mul(times), ..self }
    }

    /// Microseconds between evenly spaced requests.
    pub(super) fn step(self) -> i64 {
        (self.period() / i64::from(self.count)).max(1)
    }

    /// Microseconds.
    pub(super) fn period(self) -> i64 {
        i64::try_from(self.period.as_micros()).unwrap_or(i64::MAX)
    }

    /// How far ahead of now, in microseconds, the stored due time may be for one more request to pass (GCRA tolerance).
    pub(super) fn tolerance(self) -> i64 {
        self.period() - self.step()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_number_and_a_unit_or_a_duration() {
        assert_eq!(Rate::parse("30/m"), Rate::new(30, Duration::from_mins(1)));
        assert_eq!(Rate::parse(" 5 / 10m "), Rate::new(5, Duration::from_mins(10)));
        assert_eq!(Rate::parse("1/d"), Rate::new(1, Duration::from_hours(24)));
        for text in ["", "30", "/m", "30/", "30/0s", "0/m", "-1/m", "30/fortnight", "30/2d", "1/m/m", "1e3/m", "30 m"] {
            assert_eq!(Rate::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_steps_of_a_rate_fill_its_period() {
        let rate = Rate::parse("30/m").unwrap();
        assert_eq!((rate.step(), rate.tolerance()), (2_000_000, 58_000_000));
        assert_eq!(Rate::parse("1/h").unwrap().tolerance(), 0);
    }
}
