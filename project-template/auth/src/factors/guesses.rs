//! Guesses at second factors: each is counted before it is compared, for the challenge and for the account, in a
//! statement that commits whatever happens to the request.
//!
//! The account is locked while it has `mfa.account_attempts` guesses within `mfa.lockout`: its challenges are void, and
//! no code is compared. Only those who know a password, or read the account's mail, get so far.

use std::time::Duration;

use axum::http::StatusCode;
use time::OffsetDateTime;
use uuid::Uuid;

use super::challenge_store as store;
use super::{ChallengeNotValid, Locked, TooManyGuesses};
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::error::{Error, Result};
use crate::languages::text;
use crate::notices;
use crate::users::{self, User};

/// A guess that was counted and may be compared.
pub(super) struct Guess {
    pub(super) id: Uuid,
    challenge: Option<Uuid>,
    /// Whether the challenge takes no other.
    is_last: bool,
}

/// Counts a guess.
///
/// # Errors
/// 429 if the account is locked; 400 if the challenge is used, given up or expired.
pub(super) async fn count(auth: &Auth, user: &User, challenge: Option<Uuid>) -> Result<Guess> {
    let (settings, now) = (&auth.settings().mfa, auth.now());
    let mut tx = auth.db().begin().await?;
    // Guesses at one account are counted one after the other. Every transaction locks the account before the challenge.
    users::hold(&mut tx, user.id).await?;
    store::clamp(&mut tx, user.id, now).await?;
    let earlier = store::guesses_in(&mut tx, user.id, now - settings.lockout).await?;
    if let Some(wait) = locked_for(&earlier, settings.account_attempts, settings.lockout, now) {
        tx.commit().await?;
        auth.audit().note(Event::of(Kind::LockedOut, user).because(Reason::SecondFactor));
        auth.metrics().throttled_guess();
        return Err(locked(wait));
    }
    let mut guess = Guess { id: Uuid::now_v7(), challenge, is_last: false };
    if let Some(challenge) = challenge {
        let guesses = store::count(&mut tx, challenge, settings.challenge_attempts, now).await?;
        guess.is_last = guesses.ok_or(ChallengeNotValid)? >= i64::from(settings.challenge_attempts);
    }
    store::add_guess(&mut tx, guess.id, user.id, now).await?;
    tx.commit().await?;
    Ok(guess)
}

/// Decides that a guess was wrong, and returns the refusal: `wrong`, unless it was the last one of the challenge or of
/// the account.
pub(super) async fn was_wrong(auth: &Auth, user: &User, guess: &Guess, wrong: Error) -> Result<Error> {
    let (settings, now) = (&auth.settings().mfa, auth.now());
    let mut tx = auth.db().begin().await?;
    users::hold(&mut tx, user.id).await?;
    store::decide_guess(&mut tx, guess.id).await?;
    let mut decided = store::guesses_in(&mut tx, user.id, now - settings.lockout).await?;
    // Guesses that are being compared may be right.
    decided.retain(|(_, pending)| !pending);
    let wait = locked_for(&decided, settings.account_attempts, settings.lockout, now);
    let refusal = if let Some(wait) = wait {
        store::close_all(&mut tx, user.id).await?;
        notices::second_factor_guessed(auth, &mut tx, user).await?;
        auth.audit().write(&mut tx, Event::of(Kind::LockedOut, user).because(Reason::SecondFactor)).await?;
        locked(wait)
    } else if let Some(challenge) = guess.challenge.filter(|_| guess.is_last) {
        store::close(&mut tx, challenge).await?;
        TooManyGuesses.into()
    } else {
        wrong
    };
    tx.commit().await?;
    auth.audit().note(Event::of(Kind::CodeWrong, user).because(Reason::SecondFactor));
    Ok(refusal)
}

/// Takes back a guess that was not compared, from the challenge too.
pub(super) async fn was_not_compared(auth: &Auth, user: &User, guess: &Guess) -> Result<()> {
    let mut tx = auth.db().begin().await?;
    users::hold(&mut tx, user.id).await?;
    store::remove_guess(&mut tx, guess.id).await?;
    if let Some(challenge) = guess.challenge {
        store::uncount(&mut tx, challenge).await?;
    }
    Ok(tx.commit().await?)
}

/// Refuses a sign-in that would need a code while none is accepted.
///
/// # Errors
/// 429 while the account is locked.
pub(super) async fn refuse_locked(auth: &Auth, user: &User) -> Result<()> {
    let (settings, now) = (&auth.settings().mfa, auth.now());
    let guesses = store::guesses(auth.db(), user.id, now - settings.lockout).await?;
    let Some(wait) = locked_for(&guesses, settings.account_attempts, settings.lockout, now) else { return Ok(()) };
    auth.audit().note(Event::of(Kind::LockedOut, user).because(Reason::SecondFactor));
    let detail = text!(
        "Too many failed MFA attempts. Try again later. Expected available in {count} seconds.",
        count = wait.as_secs()
    );
    Err(Error::refused(StatusCode::TOO_MANY_REQUESTS, detail, Locked::REFUSAL.code).retry_after(wait))
}

/// How long no further guess is accepted after these, oldest first.
fn locked_for(
    guesses: &[(OffsetDateTime, bool)],
    most: u32,
    lockout: Duration,
    now: OffsetDateTime,
) -> Option<Duration> {
    let over = guesses.len().checked_sub(most as usize)?;
    let until = guesses.get(over)?.0.min(now) + lockout;
    Some(Duration::try_from(until - now).unwrap_or_default().max(Duration::from_secs(1)))
}

fn locked(wait: Duration) -> Error {
    Error::from(Locked).retry_after(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_locked_until_so_many_guesses_are_old_that_one_more_fits() {
        let at = |seconds| OffsetDateTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let guesses: Vec<_> = [0, 10, 20].map(|seconds| (at(seconds), false)).into();
        let lockout = Duration::from_mins(15);
        let wait = |most, now| locked_for(&guesses, most, lockout, at(now)).map(|wait| wait.as_secs());
        assert_eq!(wait(4, 30), None);
        assert_eq!(wait(3, 30), Some(870), "until the oldest no longer counts");
        assert_eq!(wait(2, 30), Some(880), "after a lower setting, until the second");
        assert_eq!(wait(3, 10), Some(890));
        assert_eq!(wait(3, 5_000), Some(1), "at least a second");
    }
}
