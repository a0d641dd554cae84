//! When recent generations of a session were superseded. They are superseded in order, so one checkpoint a second is
//! enough: `14:1` says that generation 1 and all later ones were superseded in second 14 or later. Oldest first.

use std::time::Duration;

use time::OffsetDateTime;

use crate::clock;

/// Each second, with the lowest generation superseded in it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Checkpoints(Vec<(i64, i64)>);

impl Checkpoints {
    /// Unreadable checkpoints are dropped, which is the strict side.
    pub(super) fn parse(text: &str) -> Self {
        let pair = |pair: &str| {
            let (second, generation) = pair.split_once(':')?;
            Some((second.parse().ok()?, generation.parse().ok()?))
        };
        Self(text.split(',').filter_map(pair).collect())
    }

    pub(super) fn push(mut self, generation: i64, now: OffsetDateTime, window: Duration) -> Self {
        self.0.retain(|(second, _)| is_recent(*second, now, window));
        let now = now.unix_timestamp();
        if !window.is_zero() && self.0.last().is_none_or(|(second, _)| *second < now) {
            self.0.push((now, generation));
        }
        self
    }

    pub(super) fn oldest_acceptable(&self, now: OffsetDateTime, window: Duration) -> Option<i64> {
        let is_recent = |(second, _): &&(i64, i64)| !window.is_zero() && is_recent(*second, now, window);
        self.0.iter().find(is_recent).map(|(_, generation)| *generation)
    }

    pub(super) fn to_text(&self) -> String {
        self.0.iter().map(|(second, generation)| format!("{second}:{generation}")).collect::<Vec<_>>().join(",")
    }
}

/// A checkpoint may lie anywhere within its second, so the window is one second longer.
fn is_recent(second: i64, now: OffsetDateTime, window: Duration) -> bool {
    clock::is_recent(second, now, window + Duration::from_secs(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(10);

    fn at(second: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(second).unwrap()
    }

    #[test]
    fn a_second_has_one_checkpoint_with_its_lowest_generation() {
        let checkpoints =
            Checkpoints::default().push(4, at(100), WINDOW).push(5, at(100), WINDOW).push(6, at(103), WINDOW);
        assert_eq!(checkpoints.to_text(), "100:4,103:6");
        assert_eq!(Checkpoints::parse("100:4,103:6"), checkpoints);
        assert_eq!(checkpoints.oldest_acceptable(at(110), WINDOW), Some(4));
        assert_eq!(checkpoints.oldest_acceptable(at(111), WINDOW), Some(6));
        assert_eq!(checkpoints.oldest_acceptable(at(114), WINDOW), None);
    }

    #[test]
    fn their_number_is_bounded_by_the_window_however_often_a_session_is_rotated() {
        let checkpoints = (0..1_000).fold(Checkpoints::default(), |all, n| all.push(n, at(n / 3), WINDOW));
        assert_eq!(checkpoints.0.len(), 11);
    }

    #[test]
    fn a_clock_that_is_set_back_makes_no_window_longer() {
        let fast = Checkpoints::default().push(4, at(100), WINDOW);
        assert_eq!(fast.oldest_acceptable(at(97), WINDOW), Some(4), "instances differ by seconds");
        assert_eq!(fast.oldest_acceptable(at(50), WINDOW), None);
        let after = fast.push(5, at(50), WINDOW);
        assert_eq!(after.oldest_acceptable(at(60), WINDOW), Some(5));
        assert_eq!(after.oldest_acceptable(at(100), WINDOW), None);
    }

    #[test]
    fn without_a_window_nothing_is_kept_and_nothing_is_acceptable() {
        let kept = Checkpoints::parse("100:4").push(5, at(100), Duration::ZERO);
        assert_eq!(kept.oldest_acceptable(at(100), Duration::ZERO), None);
        assert_eq!(Checkpoints::default().push(5, at(100), Duration::ZERO).to_text(), "");
    }
}
