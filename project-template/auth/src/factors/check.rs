//! Compares codes, and uses up the right ones.

use secrecy::{ExposeSecret, SecretString};
use tracing::Instrument;
use uuid::Uuid;

use super::guesses::{self, Guess};
use super::secret::Secret;
use super::store::{Factor, RecoveryCode};
use super::{
    Challenge, ChallengeNotValid, CodeWrong, NotEnrolled, RecoveryCodeWrong, challenge_store, recovery, store, totp,
};
use crate::Auth;
use crate::audit::{Event, Kind};
use crate::codes;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::notices;
use crate::request;
use crate::users::User;

/// What a client presents as a second factor.
pub(crate) enum Presented {
    /// A code of the authenticator app.
    Code(SecretString),
    RecoveryCode(SecretString),
}

/// A right code, until it is used up.
pub(crate) struct Right {
    pub(crate) user: User,
    guess: Guess,
    found: Found,
}

enum Found {
    Step(i64),
    RecoveryCode(Vec<u8>),
    /// By another room, which uses it up.
    Other(Wrong),
}

/// Makes the refusal of a wrong answer.
type Wrong = fn() -> Error;

/// Checks a code that answers a challenge.
///
/// # Errors
/// 400 if the challenge is void or the code wrong; 429 after too many wrong ones.
pub(crate) async fn answer(auth: &Auth, challenge: &Challenge, presented: Presented) -> Result<Right> {
    decided(auth, &challenge.user, Some(challenge.id), presented).await
}

/// Checks a code of a signed-in user.
///
/// # Errors
/// 400 if the code is wrong or there is no second factor; 429 after too many wrong ones.
pub(crate) async fn of_session(auth: &Auth, user: &User, presented: Presented) -> Result<Right> {
    if !super::is_enrolled(auth, user.id).await? {
        return Err(NotEnrolled.into());
    }
    decided(auth, user, None, presented).await
}

/// As [`answer`], for an answer that another room checks and uses up: none if it is wrong.
pub(crate) async fn answer_otherwise<T: Send + 'static>(
    auth: &Auth,
    challenge: &Challenge,
    wrong: Wrong,
    check: impl Future<Output = Result<Option<T>>> + Send + 'static,
) -> Result<(Right, T)> {
    weighed(auth, &challenge.user, Some(challenge.id), wrong, check).await
}

/// As [`answer_otherwise`], for a signed-in user.
pub(crate) async fn of_session_otherwise<T: Send + 'static>(
    auth: &Auth,
    user: &User,
    wrong: Wrong,
    check: impl Future<Output = Result<Option<T>>> + Send + 'static,
) -> Result<(Right, T)> {
    weighed(auth, user, None, wrong, check).await
}

async fn weighed<T: Send + 'static>(
    auth: &Auth,
    user: &User,
    challenge: Option<Uuid>,
    wrong: Wrong,
    check: impl Future<Output = Result<Option<T>>> + Send + 'static,
) -> Result<(Right, T)> {
    let (guess, shown) = counted(auth, user, challenge, wrong, check).await?;
    Ok((Right { user: user.clone(), guess, found: Found::Other(wrong) }, shown))
}

async fn decided(auth: &Auth, user: &User, challenge: Option<Uuid>, presented: Presented) -> Result<Right> {
    let wrong = presented.wrong();
    let (handle, account) = (auth.clone(), user.clone());
    let check = async move {
        match store::factor(handle.db(), account.id).await? {
            Some(factor) => found(&handle, &account, &factor, &presented).await,
            // It was removed since the challenge, or since the request came.
            None if challenge.is_some() => Err(ChallengeNotValid.into()),
            None => Err(NotEnrolled.into()),
        }
    };
    let (guess, found) = counted(auth, user, challenge, wrong, check).await?;
    Ok(Right { user: user.clone(), guess, found })
}

/// Counts and compares an answer in a separate task, so that it is decided, and the owner of an account that is guessed at
/// notified, even if the client disconnects.
async fn counted<T: Send + 'static>(
    auth: &Auth,
    user: &User,
    challenge: Option<Uuid>,
    wrong: Wrong,
    check: impl Future<Output = Result<Option<T>>> + Send + 'static,
) -> Result<(Guess, T)> {
    let (auth, user) = (auth.clone(), user.clone());
    let task = tokio::spawn(
        request::of_same_request(async move {
            let guess = guesses::count(&auth, &user, challenge).await?;
            match check.await {
                Ok(Some(found)) => Ok((guess, found)),
                Ok(None) => Err(guesses::was_wrong(&auth, &user, &guess, wrong()).await?),
                Err(error) => {
                    guesses::was_not_compared(&auth, &user, &guess).await?;
                    Err(error)
                }
            }
        })
        .in_current_span(),
    );
    task.await.unwrap_or_else(|error| Err(anyhow::Error::new(error).into()))
}

/// None if it is wrong.
///
/// # Errors
/// The same refusal for a code that was right once and is used. Nobody guesses such a code, and it opens nothing, so it is not
/// counted: a client that sends its code again and again must not lock its user out.
async fn found(auth: &Auth, user: &User, factor: &Factor, presented: &Presented) -> Result<Option<Found>> {
    let secret = open(auth, user, factor)?;
    Ok(match presented {
        Presented::Code(code) => {
            let Some(code) = codes::typed_digits(totp::DIGITS, code) else { return Ok(None) };
            let step = |after| totp::step_of(secret.totp(), code.expose_secret(), after, auth.now());
            match step(factor.used_step) {
                Some(step) => Some(Found::Step(step)),
                None if step(i64::MIN).is_some() => return Err(CodeWrong.into()),
                None => None,
            }
        }
        Presented::RecoveryCode(code) => {
            let Some(code) = codes::typed_digits(recovery::DIGITS, code) else { return Ok(None) };
            let mac = secret.mac(code.expose_secret());
            match store::recovery_code(auth.db(), user.id, &mac).await? {
                Some(RecoveryCode { used: false }) => Some(Found::RecoveryCode(mac)),
                Some(RecoveryCode { used: true }) => return Err(RecoveryCodeWrong.into()),
                None => None,
            }
        }
    })
}

pub(super) fn open(auth: &Auth, user: &User, factor: &Factor) -> Result<Secret> {
    Secret::open(&auth.tokens(), user.id, &factor.sealed).ok_or_else(|| {
        let lost = "the second factor of an account was encrypted with a key that is no longer among `tokens.keys`; put \
                    the key back, or remove the factor on the account's admin page";
        anyhow::anyhow!(lost).into()
    })
}

impl Presented {
    fn wrong(&self) -> Wrong {
        match self {
            Self::Code(_) => || CodeWrong.into(),
            Self::RecoveryCode(_) => || RecoveryCodeWrong.into(),
        }
    }
}

impl Right {
    /// Uses up the code and forgets earlier wrong ones, in the transaction that does what it allows and holds the
    /// account. False if another request used it first: drop the transaction and call [`Right::was_used`].
    pub(crate) async fn spend(&self, auth: &Auth, tx: &mut Tx) -> Result<bool> {
        let (user, now) = (&self.user, auth.now());
        let is_ours = match &self.found {
            Found::Step(step) => store::use_step(tx, user.id, *step, now).await?,
            Found::RecoveryCode(mac) => store::use_recovery_code(tx, user.id, mac, now).await?,
            Found::Other(_) => true,
        };
        if !is_ours {
            return Ok(false);
        }
        challenge_store::forgive(tx, user.id, self.guess.id).await?;
        if let Found::RecoveryCode(_) = self.found {
            let left = store::count_recovery_codes(tx, user.id).await?;
            notices::recovery_code_used(auth, tx, user, left).await?;
            auth.audit().write(tx, Event::of(Kind::RecoveryCodeUsed, user)).await?;
        }
        Ok(true)
    }

    /// The refusal of a code that another request used first. It was right, so it is not counted.
    pub(crate) async fn was_used(self, auth: &Auth) -> Result<Error> {
        guesses::was_not_compared(auth, &self.user, &self.guess).await?;
        Ok(match self.found {
            Found::Step(_) => CodeWrong.into(),
            Found::RecoveryCode(_) => RecoveryCodeWrong.into(),
            Found::Other(wrong) => wrong(),
        })
    }

    /// Does not count the guess, because the code was right but what it allows was refused.
    pub(crate) async fn keep(self, auth: &Auth) -> Result<()> {
        guesses::was_not_compared(auth, &self.user, &self.guess).await
    }
}
