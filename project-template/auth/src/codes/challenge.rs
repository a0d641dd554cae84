//! Codes, each bound to the request that asked for it (OWASP ASVS 5.0, 6.6.2).
//!
//! Whoever asks holds the id of the request. A guess that names it is compared with the code of that request alone, and is
//! one of few that the request has. One that names none is compared with the last code of the subject, out of a budget that
//! all share who name none. Wrong ones of either kind count for the day, and a subject that has used up the guesses of a day
//! gets no further code; a request that was made before has its own.

use ring::rand::{self, SystemRandom};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::code::{Limits, Subject, between, bounds, spent_until};
use super::code_store::{self as store, Guessed};
use crate::Auth;
use crate::db::{self, Tx};
use crate::error::{Error, Result};

/// A code that was asked for.
pub(crate) struct Asked {
    /// To be sent to whom it is for.
    pub(crate) code: SecretString,
    /// To be kept by whoever asked.
    pub(crate) request: RequestId,
}

/// Names the request for a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestId(pub(super) Uuid);

impl RequestId {
    /// That of no request, for an answer that must not tell that there is none.
    pub(crate) fn random() -> Self {
        Self(Uuid::from_bytes(random_bytes()))
    }

    /// What [`RequestId::to_text`] made; none of anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }

    pub(crate) fn to_text(self) -> String {
        self.0.simple().to_string()
    }
}

/// Makes a code for a request, if one may be sent; else [`super::wait`] says how long not. The guesses made so far stay
/// counted.
pub(crate) async fn ask(auth: &Auth, tx: &mut Tx, subject: Subject, limits: Limits) -> db::Result<Option<Asked>> {
    let now = auth.now();
    let settings = &auth.settings().codes;
    let asked = Asked { code: random(settings.length), request: RequestId::random() };
    let mac = auth.tokens().mac(subject.message(asked.code.expose_secret()).as_bytes(), now);
    let bounds = bounds(settings, limits.lockout, now);
    let id = Some((asked.request, now + settings.lifetime));
    // A code that is asked for at a known place can be shown from elsewhere too, unless strangers have used up their share.
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

/// A code that was shown. Of all who show it at once, one redeems it.
#[derive(PartialEq)]
pub(crate) struct Redeemable {
    subject: Subject,
    request: RequestId,
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
pub(crate) async fn compare(
    auth: Auth,
    subject: Subject,
    request: Option<RequestId>,
    code: SecretString,
) -> Result<Option<Redeemable>> {
    let settings = &auth.settings().codes;
    let bounds = bounds(settings, settings.lockout, auth.now());
    let named = match request {
        Some(request) => store::guess_at(auth.db(), subject, request, &bounds).await?,
        None => Guessed::Unknown,
    };
    let (request, counted_in, mac) = match named {
        Guessed::Counted { counted_in, mac } => (request, counted_in, Some(mac)),
        Guessed::Spent { until } => return Err(Error::Throttled(between(bounds.now, until))),
        Guessed::Unknown => {
            let Some((request, counted_in)) = guess_at_last(&auth, subject, &bounds).await? else { return Ok(None) };
            (Some(request), counted_in, store::mac(auth.db(), subject, request).await?)
        }
    };
    let (Some(request), Some(mac)) = (request, mac) else { return Ok(None) };
    // One that nobody owned when it was asked for is good for whoever owns the name now: it was sent to the name.
    let is_of = |subject: Subject| {
        let message = subject.message(code.expose_secret().trim());
        auth.tokens().has_mac(message.as_bytes(), &mac)
    };
    let is_right = is_of(subject) || is_of(subject.of_nobody());
    Ok(is_right.then_some(Redeemable { subject: subject.counting_in(counted_in), request }))
}

/// Counts a guess that names no request: the last one that there was at the place it is known from, else that of all.
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

/// Uses a code up, in the transaction that does what it is for, and those of the other requests with it. Says whether it
/// was still there.
pub(crate) async fn redeem(tx: &mut Tx, code: &Redeemable) -> db::Result<bool> {
    store::redeem(tx, code.subject, code.request).await
}

/// Makes the codes of a subject void; what was counted stays.
pub(crate) async fn discard(tx: &mut Tx, subject: Subject) -> db::Result<()> {
    store::discard(tx, subject).await
}

/// Uniform among all codes of this length, those with zeros in front too.
fn random(length: u32) -> SecretString {
    let codes = 10_u64.pow(length);
    // Numbers from here on would make the first codes likelier than the others.
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
