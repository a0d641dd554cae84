//! The routes of second factors, `mfa/`: setting one up, signing in with it, and removing it; and `reauthenticate/`. Their
//! rules are those of [`factors`] and [`passkeys`].

mod enrolment;
mod own;
mod passkey_routes;
mod reauthentication;
mod routes;
mod sign_in;

pub(crate) use enrolment::{before_session, exposed, within_session};
pub(crate) use own::{remove_proven, renew_recovery_codes};
pub(crate) use reauthentication::{prove_by_code, prove_by_passkey};
pub(crate) use routes::router;
pub(crate) use sign_in::sign_in;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use crate::Auth;
use crate::codes;
use crate::db::Tx;
use crate::error::{Result, refusals};
use crate::factors::{self, Challenge, Mode, Right};
use crate::http::Fields;
use crate::languages::text;
use crate::passkeys::{self, Assertion, Shown};
use crate::sessions::{CurrentUser, DbUser, Method, Methods, NotFresh};
use crate::users::User;

refusals! {
    /// `mfa.totp` is `disabled`.
    MfaDisabled = FORBIDDEN, "mfa_disabled", "MFA TOTP is disabled.";
    /// `mfa.totp` or `mfa.required_roles` demands a second factor of this account.
    MfaRequired = FORBIDDEN, "mfa_required", "MFA TOTP is required and cannot be disabled.";
    /// The challenge is unknown, used or expired, or its account has changed.
    SetupChallengeNotValid = UNAUTHORIZED, "challenge_not_valid", "Challenge expired or invalid.";
    /// The passkey is not one of the account's, or its answer does not belong to the challenge and this site.
    PasskeyWrong = BAD_REQUEST, "passkey_not_valid", "Invalid passkey.";
    /// The password is wrong.
    PasswordWrong = BAD_REQUEST, "invalid_password", "Invalid password.";
}

/// # Errors
/// 403 `mfa_disabled`.
pub(crate) fn require_enabled(auth: &Auth) -> Result<()> {
    if auth.settings().mfa.totp == Mode::Disabled { Err(MfaDisabled.into()) } else { Ok(()) }
}

/// # Errors
/// 403 `sign_in_again`, unless the user of the token has recently proven who they are.
fn require_fresh(auth: &Auth, token: &CurrentUser) -> Result<()> {
    if token.is_fresh(auth.now()) { Ok(()) } else { Err(NotFresh.into()) }
}

/// A right second factor, until it is used up.
enum Proven {
    Code(Right),
    Passkey(Right, Box<Assertion>),
}

impl Proven {
    /// Counts and checks a passkey's answer of a signed-in user.
    async fn by_passkey_in_session(auth: &Auth, user: &User, answer: Answer) -> Result<Self> {
        let (handle, account) = (auth.clone(), user.clone());
        let check = Box::pin(async move { answer.check(&handle, Shown::Again(&account)).await });
        let (right, assertion) = factors::of_session_otherwise(auth, user, || PasskeyWrong.into(), check).await?;
        Ok(Self::Passkey(right, assertion))
    }

    /// Counts and checks a passkey's answer to a challenge.
    async fn by_passkey(auth: &Auth, challenge: &Challenge, answer: Answer) -> Result<Self> {
        let (handle, account) = (auth.clone(), challenge.user.clone());
        let (alone, sign_in) = (!challenge.held.ways.app, challenge.name());
        let check =
            Box::pin(async move { answer.check(&handle, Shown::Second { user: &account, alone, sign_in }).await });
        let (right, assertion) = factors::answer_otherwise(auth, challenge, || PasskeyWrong.into(), check).await?;
        Ok(Self::Passkey(right, assertion))
    }

    /// Values of the claim `amr`.
    fn methods(&self) -> Methods {
        match self {
            Self::Code(_) => Method::Code.into(),
            Self::Passkey(_, assertion) => assertion.methods(),
        }
    }

    /// Uses it up, in a transaction that holds the account. False if another request used it first.
    async fn spend(&self, auth: &Auth, tx: &mut Tx) -> Result<bool> {
        match self {
            Self::Code(right) => right.spend(auth, tx).await,
            Self::Passkey(right, assertion) => Ok(assertion.spend(auth, tx).await? && right.spend(auth, tx).await?),
        }
    }

    fn right(self) -> Right {
        match self {
            Self::Code(right) | Self::Passkey(right, _) => right,
        }
    }
}

/// A passkey's answer, as a client sends it.
pub(crate) struct Answer {
    pub(crate) challenge: String,
    pub(crate) credential: Map<String, Value>,
}

impl Answer {
    async fn check(self, auth: &Auth, shown: Shown<'_>) -> Result<Option<Box<Assertion>>> {
        Ok(passkeys::of_user(auth, shown, &self.challenge, self.credential).await?.map(Box::new))
    }
}

/// A code of an authenticator app: as it is typed, or six characters.
fn code(fields: &mut Fields) -> Option<SecretString> {
    let code = fields.secret("code")?;
    if codes::typed_digits(factors::DIGITS, &code).is_some() {
        return Some(code);
    }
    let problem = match code.expose_secret().trim().chars().count() {
        6 => return Some(code),
        ..6 => text!("Ensure this field has at least {count} characters.", count = factors::DIGITS),
        7.. => text!("Ensure this field has no more than {count} characters.", count = factors::DIGITS),
    };
    fields.problem("code", problem);
    None
}

/// Who sets up a second factor: a signed-in user, or one who has to before their first session.
enum Enrolling {
    Session(Box<DbUser>, CurrentUser),
    Challenge(Box<factors::Enrollee>),
}

impl Enrolling {
    /// A challenge in the body counts, else the access token.
    ///
    /// # Errors
    /// 401 without either.
    async fn of(auth: &Auth, fields: &mut Fields, user: Result<DbUser>, token: Result<CurrentUser>) -> Result<Self> {
        let id = fields.optional_text("setup_challenge_id", usize::MAX).unwrap_or_default();
        if fields.has_problems() {
            std::mem::take(fields).finish()?;
        }
        if id.is_empty() {
            return Ok(Self::Session(Box::new(user?), token?));
        }
        let enrollee = factors::find_setup(auth, &id).await?.ok_or(SetupChallengeNotValid)?;
        Ok(Self::Challenge(Box::new(enrollee)))
    }
}
