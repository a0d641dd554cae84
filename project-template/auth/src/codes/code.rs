//! Counters per subject: how often codes and links are sent, and how often codes are guessed at.

use std::time::Duration;

use ring::digest;
use time::OffsetDateTime;
use uuid::Uuid;

use super::code_store as store;
use super::{Codes, Settings};
use crate::db::{self, Tx};

/// Wrong guesses of a day after which no more codes are sent, a second limit besides `codes.attempts`. Codes that are
/// valid by then still take guesses: at most four of five each. An attacker has 39 guesses a day: with six digits, odds
/// of 1 in 25,000.
const DAY_GUESSES: u32 = 20;
const DAY: Duration = Duration::from_hours(24);
/// The maximum of `codes.lifetime` and `codes.lockout`.
pub(super) const LONGEST: Duration = DAY;
/// A guess at the end of a code's lifetime counts for another day or lockout.
pub(super) const REMEMBERED: Duration = Duration::from_hours(48);
const _: () = assert!(REMEMBERED.as_secs() >= LONGEST.as_secs() + DAY.as_secs());

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(super) purpose: &'static str,
    pub(super) id: Uuid,
    /// The owner and its version, if a name can change owners.
    pub(super) owner: Option<(Uuid, i64)>,
    /// The separate counter of an address that the owner is known to use.
    pub(super) place: Option<Uuid>,
}

impl Subject {
    /// A subject by name, which need not exist: requests for unknown names take the same path.
    pub(crate) fn named(purpose: &'static str, name: &str) -> Self {
        Self { purpose, id: hash(format!("{purpose}\0{name}").as_bytes()), owner: None, place: None }
    }

    pub(crate) fn known_at(self, address: Option<Vec<u8>>) -> Self {
        let place = |address: Vec<u8>| hash(&[self.id.as_bytes().as_slice(), &address].concat());
        Self { place: address.map(place), ..self }
    }

    pub(crate) fn id(self) -> Uuid {
        self.id
    }

    pub(super) fn counted_in(self) -> Uuid {
        self.place.unwrap_or(self.id)
    }

    pub(super) fn counting_in(self, row: Uuid) -> Self {
        Self { place: Some(row).filter(|row| *row != self.id), ..self }
    }

    pub(super) fn of_nobody(self) -> Self {
        Self { owner: None, ..self }
    }

    pub(super) fn message(self, code: &str) -> String {
        let owner = self.owner.map_or_else(String::new, |(id, version)| format!("{id} {version}"));
        format!("{}\0{}\0{owner}\0{code}", self.purpose, self.id)
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) cooldown: Duration,
    /// Sends in a row; the count restarts once nothing was sent for `lockout`.
    pub(crate) sends: u32,
    pub(crate) lockout: Duration,
}

impl From<&Settings> for Limits {
    fn from(settings: &Settings) -> Self {
        Self {
            cooldown: settings.resend_cooldown,
            sends: settings.max_resends.saturating_add(1),
            lockout: settings.lockout,
        }
    }
}

pub(super) struct Bounds {
    pub(super) now: OffsetDateTime,
    /// Counts from this time or earlier have expired.
    pub(super) stale: OffsetDateTime,
    pub(super) yesterday: OffsetDateTime,
    pub(super) guesses: u32,
    pub(super) day_guesses: u32,
}

crate::row! {
    pub(super) struct Count {
        pub(super) sends: i64,
        pub(super) sent_at: OffsetDateTime,
        pub(super) guesses: i64,
        pub(super) guessed_at: OffsetDateTime,
        pub(super) day_guesses: i64,
        pub(super) day_from: OffsetDateTime,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait(pub(crate) Duration);

impl Codes<'_> {
    pub(crate) async fn wait(self, mut tx: Tx, subject: Subject, limits: Limits) -> db::Result<Wait> {
        let bounds = bounds(&self.0.settings().codes, limits.lockout, self.0.now());
        store::clamp_in(&mut tx, subject, bounds.now).await?;
        let count = store::count_in(&mut tx, subject).await?;
        tx.commit().await?;
        Ok(Wait(count.map_or(limits.cooldown, |count| pause(&count, limits, &bounds))))
    }
}

pub(super) fn bounds(settings: &Settings, lockout: Duration, now: OffsetDateTime) -> Bounds {
    let (guesses, day_guesses) = (settings.attempts, DAY_GUESSES);
    Bounds { now, stale: now - lockout, yesterday: now - DAY, guesses, day_guesses }
}

pub(super) fn spent_until(count: &Count, bounds: &Bounds) -> Option<OffsetDateTime> {
    let lockout = bounds.now - bounds.stale;
    let row = (count.guesses >= i64::from(bounds.guesses)).then(|| count.guessed_at + lockout);
    let day = (count.day_guesses >= i64::from(bounds.day_guesses)).then(|| count.day_from + DAY);
    row.max(day).filter(|until| *until > bounds.now)
}

fn pause(count: &Count, limits: Limits, bounds: &Bounds) -> Duration {
    let cooled = count.sent_at + limits.cooldown;
    let refilled = (count.sends >= i64::from(limits.sends)).then(|| count.sent_at + limits.lockout);
    let until = [Some(cooled), refilled, spent_until(count, bounds)].into_iter().flatten().max();
    between(bounds.now, until.unwrap_or(cooled))
}

pub(super) fn between(now: OffsetDateTime, until: OffsetDateTime) -> Duration {
    (until - now).try_into().unwrap_or(Duration::ZERO)
}

fn hash(bytes: &[u8]) -> Uuid {
    let hash = digest::digest(&digest::SHA256, bytes);
    let mut id = [0; 16];
    id.copy_from_slice(&hash.as_ref()[..16]);
    Uuid::from_bytes(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_subject_for_each_purpose() {
        assert_eq!(Subject::named("a", "ada@example.com"), Subject::named("a", "ada@example.com"));
        assert_ne!(Subject::named("a", "ada@example.com").id, Subject::named("b", "ada@example.com").id);
        assert_ne!(Subject::named("a", "ada@example.com").id, Subject::named("a", "eve@example.com").id);
    }

    #[test]
    fn a_known_place_is_counted_apart_and_is_the_same_subject() {
        let ada = Subject::named("a", "ada@example.com");
        let at = |address: &[u8]| ada.known_at(Some(address.to_vec()));
        assert_eq!((at(b"home").id, at(b"home").message("1")), (ada.id, ada.message("1")));
        assert_eq!(at(b"home").counted_in(), at(b"home").counted_in());
        assert_ne!(at(b"home").counted_in(), at(b"work").counted_in());
        assert_eq!(ada.known_at(None).counted_in(), ada.id);
    }
}
