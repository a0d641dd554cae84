//! Short codes.

use std::time::Duration;

use ring::digest;
use ring::rand::{self, SystemRandom};
use secrecy::{ExposeSecret, SecretString};
use time::OffsetDateTime;
use uuid::Uuid;

use super::Settings;
use super::code_store as store;
use crate::app::Auth;
use crate::db::{self, Tx};
use crate::error::{Error, Result};

/// Wrong guesses of a day, beside the budget of `[codes]`: with six digits, odds of 1 to 50,000 a day.
const DAY_GUESSES: u32 = 20;
const DAY: Duration = Duration::from_hours(24);
/// The longest `codes.lifetime` and `codes.lockout`.
pub(super) const LONGEST: Duration = DAY;
/// How long a count is kept after the last mail: a guess may come at the end of the code's lifetime, and counts for a day or
/// for the lockout.
pub(super) const REMEMBERED: Duration = Duration::from_hours(48);
const _: () = assert!(REMEMBERED.as_secs() >= LONGEST.as_secs() + DAY.as_secs());

/// What a code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(super) purpose: &'static str,
    pub(super) id: Uuid,
    /// Whose it is, and in which version, where a name can have one owner after another.
    owner: Option<(Uuid, i64)>,
}

impl Subject {
    /// Something that is there.
    pub(crate) fn of(purpose: &'static str, id: Uuid) -> Self {
        Self { purpose, id, owner: None }
    }

    /// Whatever goes by this name, whether or not there is such a thing: so that asking for a code for it takes the same
    /// course if there is not.
    pub(crate) fn named(purpose: &'static str, name: &str) -> Self {
        let hash = digest::digest(&digest::SHA256, format!("{purpose}\0{name}").as_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&hash.as_ref()[..16]);
        Self { purpose, id: Uuid::from_bytes(id), owner: None }
    }

    /// As owned by an account, in this version. What is counted is the same; a code is void for any other owner, and for
    /// this one after a change.
    pub(crate) fn owned_by(self, owner: Uuid, version: i64) -> Self {
        Self { owner: Some((owner, version)), ..self }
    }

    /// An id that is the same whenever the subject is.
    pub(crate) fn id(self) -> Uuid {
        self.id
    }

    fn message(self, code: &str) -> String {
        let owner = self.owner.map_or_else(String::new, |(id, version)| format!("{id} {version}"));
        format!("{}\0{}\0{owner}\0{code}", self.purpose, self.id)
    }
}

/// How often something may be sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The pause between two.
    pub(crate) cooldown: Duration,
    /// How many, until nothing was sent for `lockout`.
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

/// Where budgets begin and end at a time.
pub(super) struct Bounds {
    pub(super) now: OffsetDateTime,
    /// What was counted at or before this is forgotten.
    pub(super) stale: OffsetDateTime,
    /// As `stale`, for the budget of a day.
    pub(super) yesterday: OffsetDateTime,
    pub(super) guesses: u32,
    pub(super) day_guesses: u32,
}

crate::row! {
    /// What was counted of a subject.
    pub(super) struct Count {
        pub(super) sends: i64,
        pub(super) sent_at: OffsetDateTime,
        pub(super) guesses: i64,
        pub(super) guessed_at: OffsetDateTime,
        pub(super) day_guesses: i64,
        pub(super) day_from: OffsetDateTime,
    }
}

/// Nothing more for so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait(pub(crate) Duration);

/// Makes a new code in place of the one before, if one may be sent; else [`wait`] says how long not. The guesses made so
/// far stay counted.
pub(crate) async fn request(
    auth: &Auth,
    tx: &mut Tx,
    subject: Subject,
    limits: Limits,
) -> db::Result<Option<SecretString>> {
    let now = auth.now();
    let settings = &auth.settings().codes;
    let code = random(settings.length);
    let mac = auth.tokens().mac(subject.message(code.expose_secret()).as_bytes(), now);
    let bounds = bounds(settings, limits.lockout, now);
    let granted = store::request(tx, subject, &mac, now + settings.lifetime, limits, &bounds).await?;
    Ok(granted.then_some(code))
}

/// How long nothing more may be sent.
pub(crate) async fn wait(auth: &Auth, tx: &mut Tx, subject: Subject, limits: Limits) -> db::Result<Wait> {
    let bounds = bounds(&auth.settings().codes, limits.lockout, auth.now());
    let count = store::count_in(tx, subject).await?;
    Ok(Wait(count.map_or(limits.cooldown, |count| pause(&count, limits, &bounds))))
}

/// A code that was shown. Of all who show it at once, one redeems it.
#[derive(PartialEq)]
pub(crate) struct Redeemable {
    subject: Subject,
    mac: Vec<u8>,
}

impl std::fmt::Debug for Redeemable {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Redeemable").finish_non_exhaustive()
    }
}

/// Judges a guess, after it has been counted: the code if it is right. Goes through [`crate::throttle::guarded`], which
/// counts it for the client as well.
///
/// # Errors
/// 429 where the budget is spent: no guess counts for a while, not even the right one.
pub(crate) async fn compare(auth: Auth, subject: Subject, code: SecretString) -> Result<Option<Redeemable>> {
    let settings = &auth.settings().codes;
    let bounds = bounds(settings, settings.lockout, auth.now());
    let Some(mac) = store::count_guess(auth.db(), subject, &bounds).await? else {
        let count = store::count(auth.db(), subject).await?;
        return match count.and_then(|count| spent_until(&count, &bounds)) {
            Some(until) => Err(Error::Throttled(between(bounds.now, until))),
            None => Ok(None),
        };
    };
    // One that nobody owned when it was asked for is good for whoever owns the name now: it was sent to the name.
    let is_of = |subject: Subject| {
        let message = subject.message(code.expose_secret().trim());
        auth.tokens().has_mac(message.as_bytes(), &mac)
    };
    let is_right = is_of(subject) || is_of(Subject { owner: None, ..subject });
    Ok(is_right.then_some(Redeemable { subject, mac }))
}

/// Uses a code up, in the transaction that does what it is for. Says whether it was still there.
pub(crate) async fn redeem(tx: &mut Tx, code: &Redeemable) -> db::Result<bool> {
    store::redeem(tx, code.subject, &code.mac).await
}

/// Makes the code of a subject void; what was counted stays.
pub(crate) async fn discard(tx: &mut Tx, subject: Subject) -> db::Result<()> {
    store::discard(tx, subject).await
}

fn bounds(settings: &Settings, lockout: Duration, now: OffsetDateTime) -> Bounds {
    let (guesses, day_guesses) = (settings.attempts, DAY_GUESSES);
    Bounds { now, stale: now - lockout, yesterday: now - DAY, guesses, day_guesses }
}

/// When guesses count again, if none does now.
fn spent_until(count: &Count, bounds: &Bounds) -> Option<OffsetDateTime> {
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

fn between(now: OffsetDateTime, until: OffsetDateTime) -> Duration {
    (until - now).try_into().unwrap_or(Duration::ZERO)
}

/// Uniform among all codes of this length, those with zeros in front too.
fn random(length: u32) -> SecretString {
    let codes = 10_u64.pow(length);
    // Numbers from here on would make the first codes likelier than the others.
    let end = u64::MAX - u64::MAX % codes;
    loop {
        let bytes: [u8; 8] =
            rand::generate(&SystemRandom::new()).expect("the operating system gives random bytes").expose();
        let number = u64::from_le_bytes(bytes);
        if number < end {
            return format!("{:0width$}", number % codes, width = length as usize).into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_length_and_every_digit_is_as_frequent_as_the_others_at_every_place() {
        let mut counts = [[0_u32; 10]; 6];
        for _ in 0..20_000 {
            let code = random(6);
            assert_eq!(code.expose_secret().len(), 6);
            for (place, digit) in code.expose_secret().bytes().enumerate() {
                counts[place][usize::from(digit - b'0')] += 1;
            }
        }
        // 2000 expected; seven standard deviations of 42.
        assert!(counts.iter().flatten().all(|count| (1_700..2_300).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_name_is_one_subject_for_each_purpose() {
        assert_eq!(Subject::named("a", "ada@example.com"), Subject::named("a", "ada@example.com"));
        assert_ne!(Subject::named("a", "ada@example.com").id, Subject::named("b", "ada@example.com").id);
        assert_ne!(Subject::named("a", "ada@example.com").id, Subject::named("a", "eve@example.com").id);
    }
}
