use std::time::Duration;

use super::Settings;

/// At least as long as every pause.
pub(super) const PAIR_MEMORY: Duration = Duration::from_hours(24);
/// Counted from the last sign-in.
pub(super) const KNOWN: Duration = Duration::from_hours(30 * 24);
/// The budget of a site (an IPv6 /48), as a multiple of a client's.
pub(super) const SITE: u32 = 16;
/// An attempt that is undecided after this time was lost with its process; it counts as wrong.
pub(super) const LOST: Duration = Duration::from_mins(1);

/// Times are seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    /// Attempts without a pause.
    pub(super) free: i64,
    /// The pause after them; it doubles with each further attempt, up to `longest`.
    pub(super) pause: i64,
    pub(super) longest: i64,
    /// Attempts after which no more are allowed.
    pub(super) stop: i64,
    pub(super) memory: i64,
    /// Whether `memory` starts at the last attempt; otherwise at the first.
    pub(super) from_last: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) attempts: i64,
    pub(super) counted_at: i64,
}

impl Budget {
    pub(super) fn of_address(settings: &Settings) -> Self {
        let window = seconds(settings.address_window);
        Self {
            free: settings.address_failures.into(),
            pause: window,
            longest: window,
            stop: i64::MAX,
            memory: window,
            from_last: false,
        }
    }

    pub(super) fn of_site(settings: &Settings) -> Self {
        let clients = Self::of_address(settings);
        Self { free: clients.free * i64::from(SITE), ..clients }
    }

    pub(super) fn doublings(&self) -> i64 {
        (0..62).find(|doublings| self.pause << doublings >= self.longest).unwrap_or(0)
    }

    /// How long until the next attempt is allowed; `longest` if none ever is.
    pub(super) fn wait(&self, count: Count, now: i64) -> Duration {
        let over = count.attempts - self.free;
        let pause = match over {
            _ if count.attempts >= self.stop => return from_seconds(self.longest),
            ..0 => return Duration::ZERO,
            over if over >= self.doublings() => self.longest,
            over => self.pause << over,
        };
        from_seconds(count.counted_at + pause - now)
    }
}

pub(super) fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

fn from_seconds(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget() -> Budget {
        Budget { free: 5, pause: 30, longest: 3_600, stop: 100, memory: 86_400, from_last: true }
    }

    #[test]
    fn pauses_double_from_the_first_to_the_longest() {
        let waits: Vec<u64> = (0..16)
            .chain([99, 100, 1_000])
            .map(|attempts| budget().wait(Count { attempts, counted_at: 0 }, 0).as_secs())
            .collect();
        let expected =
            [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600, 3_600, 3_600, 3_600, 3_600];
        assert_eq!(waits, expected);
        assert_eq!(budget().wait(Count { attempts: 6, counted_at: 100 }, 130).as_secs(), 30);
        assert_eq!(budget().wait(Count { attempts: 6, counted_at: 100 }, 500).as_secs(), 0);
        assert_eq!(budget().wait(Count { attempts: 100, counted_at: 0 }, 1_000_000).as_secs(), 3_600, "for ever");
    }

    #[test]
    fn a_pause_may_be_the_longest_at_once() {
        let budget = Budget { pause: 900, longest: 900, ..budget() };
        assert_eq!(budget.doublings(), 0);
        assert_eq!(budget.wait(Count { attempts: 9, counted_at: 0 }, 0).as_secs(), 900);
    }
}
