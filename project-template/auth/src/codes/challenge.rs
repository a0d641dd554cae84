//! Codes, each bound to the request that asked for it (OWASP ASVS 5.0, 6.6.2).
//!
//! The client keeps the id of its request. A guess with an id is compared with the code of that request only, and uses
//! one of the few attempts of that request. A guess without an id is compared with the subject's latest code, and uses
//! a budget shared by all such guesses. Wrong guesses of both kinds count towards a daily limit: once it is reached, no
//! further code is issued for the subject, but earlier requests keep their own attempts.

use ring::rand::{self, SystemRandom};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Codes;
use super::code::{Limits, Subject, between, bounds, spent_until};
use super::code_store::{self as store, Guessed};
use crate::Auth;
use crate::db::{self, Tx};
use crate::error::{Error, Result};

pub(crate) struct Asked {
    pub(crate) code: SecretString,
    pub(crate) request: RequestId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RequestId(pub(super) Uuid);

impl RequestId {
    /// For answers that must not reveal that there is no request.
    pub(crate) fn random() -> Self {
        Self(Uuid::from_bytes(random_bytes()))
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }

    pub(crate) fn to_text(self) -> String {
        self.0.simple().to_string()
    }
}

impl Codes<'_> {
    /// None if the limits forbid a code; [`Codes::wait`] then returns for how long. Guesses stay counted.
    pub(crate) async fn ask(self, tx: &mut Tx, subject: Subject, limits: Limits) -> db::Result<Option<Asked>> {
        let now = self.0.now();
        let settings = &self.0.settings().codes;
        let asked = Asked { code: random(settings.length), request: RequestId::random() };
        let mac = self.0.tokens().mac(subject.message(asked.code.expose_secret()).as_bytes(), now);
        let bounds = bounds(settings, limits.lockout, now);
        let id = Some((asked.request, now + settings.lifetime));
        // A code requested from a known address can also be presented elsewhere without its request id, unless clients
        // elsewhere have used up their budget.
        let everywhere = subject.known_at(None);
        let is_known = subject.place.is_some() && store::request(tx, subject, id, limits, &bounds).await?;
        let is_shared = store::request(tx, everywhere, id, limits, &bounds).await?;
        let subject = if is_known { subject } else { everywhere };
        if !is_known && !is_shared {
            return Ok(None);
        }
        store::insert(tx, subject, asked.request, &mac, now + settings.lifetime).await?;
        Ok(Some(asked))
    }

    /// Counts a guess, then compares it. Call it through `Throttle::guarded`, which counts the guess for the client as
    /// well. 429 if the budget is spent: for a while no guess is accepted, not even the right one.
    pub(crate) async fn compare(
        self,
        subject: Subject,
        request: Option<RequestId>,
        code: SecretString,
    ) -> Result<Option<Redeemable>> {
        let settings = &self.0.settings().codes;
        let bounds = bounds(settings, settings.lockout, self.0.now());
        let named = match request {
            Some(request) => store::guess_at(self.0.db(), subject, request, &bounds).await?,
            None => Guessed::Unknown,
        };
        let (request, counted_in, mac) = match named {
            Guessed::Counted { counted_in, mac } => (request, counted_in, Some(mac)),
            Guessed::Spent { until } => return Err(Error::Throttled(between(bounds.now, until))),
            Guessed::Unknown => {
                let Some((request, counted_in)) = guess_at_last(self.0, subject, &bounds).await? else {
                    return Ok(None);
                };
                (Some(request), counted_in, store::mac(self.0.db(), subject, request).await?)
            }
        };
        let (Some(request), Some(mac)) = (request, mac) else { return Ok(None) };
        // A code requested while the name had no owner is valid for its present owner: it was sent to that name.
        let is_of = |subject: Subject| {
            let message = subject.message(code.expose_secret().trim());
            self.0.tokens().has_mac(message.as_bytes(), &mac)
        };
        let is_right = is_of(subject) || is_of(subject.of_nobody());
        Ok(is_right.then_some(Redeemable { subject: subject.counting_in(counted_in), request }))
    }
}

/// Of concurrent requests that present this correct code, one redeems it.
#[derive(PartialEq)]
pub(crate) struct Redeemable {
    subject: Subject,
    request: RequestId,
}

impl Redeemable {
    /// Also uses up all other codes of its subject. False if it was already used.
    pub(crate) async fn redeem(&self, tx: &mut Tx) -> db::Result<bool> {
        store::redeem(tx, self.subject, self.request).await
    }
}

impl std::fmt::Debug for Redeemable {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Redeemable").finish_non_exhaustive()
    }
}

/// For the latest request from the known address, else for the latest of all.
async fn guess_at_last(
    auth: &Auth,
    subject: Subject,
    bounds: &super::code::Bounds,
) -> Result<Option<(RequestId, Uuid)>> {
    for subject in [Some(subject).filter(|subject| subject.place.is_some()), Some(subject.known_at(None))] {
        let Some(subject) = subject else { continue };
        if let Some(request) = store::count_guess(auth.db(), subject, bounds).await? {
            return Ok(Some((request, subject.counted_in())));
        }
        store::clamp(auth.db(), subject, bounds.now).await?;
        let count = store::count(auth.db(), subject).await?;
        if let Some(until) = count.and_then(|count| spent_until(&count, bounds)) {
            return Err(Error::Throttled(between(bounds.now, until)));
        }
    }
    Ok(None)
}

pub(crate) async fn discard(tx: &mut Tx, subject: Subject) -> db::Result<()> {
    store::discard(tx, subject).await
}

/// Uniform over all codes of this length, including those with leading zeros.
pub(crate) fn random(length: u32) -> SecretString {
    let codes = 10_u64.pow(length);
    // Numbers from here on are rejected: they would make low codes more likely (modulo bias).
    let end = u64::MAX - u64::MAX % codes;
    loop {
        let number = u64::from_le_bytes(random_bytes());
        if number < end {
            return format!("{:0width$}", number % codes, width = length as usize).into();
        }
    }
}

fn random_bytes<const N: usize>() -> [u8; N]
where
    [u8; N]: rand::RandomlyConstructable,
{
    rand::generate(&SystemRandom::new()).expect("the operating system gives random bytes").expose()
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
    fn a_request_is_named_by_what_its_client_keeps() {
        let request = RequestId::random();
        assert_eq!(RequestId::parse(&request.to_text()), Some(request));
        for text in ["", "1", "not a request", &"0".repeat(31), &"0".repeat(5_000)] {
            assert_eq!(RequestId::parse(text), None);
        }
    }
}
