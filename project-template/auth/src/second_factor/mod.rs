//! The routes of second factors, `mfa/`: setting one up, signing in with it, and removing it. Their rules are those of
//! [`factors`](crate::factors).

mod enrolment;
mod own;
mod routes;
mod sign_in;

pub(crate) use routes::router;
pub(crate) use sign_in::sign_in;

use secrecy::{ExposeSecret, SecretString};

use crate::Auth;
use crate::codes;
use crate::error::{Result, refusals};
use crate::factors::{self, Mode};
use crate::http::Fields;
use crate::sessions::{CurrentUser, DbUser, NotFresh};

refusals! {
    /// `mfa.totp` is `disabled`.
    MfaDisabled = FORBIDDEN, "mfa_disabled", "MFA TOTP is disabled.";
    /// `mfa.totp` or `mfa.required_roles` demands a second factor of this account.
    MfaRequired = FORBIDDEN, "mfa_required", "MFA TOTP is required and cannot be disabled.";
    /// The challenge is unknown, used or expired, or its account has changed.
    SetupChallengeNotValid = UNAUTHORIZED, "challenge_not_valid", "Challenge expired or invalid.";
    /// The password is wrong.
    PasswordWrong = BAD_REQUEST, "invalid_password", "Invalid password.";
}

/// # Errors
/// 403 `mfa_disabled`.
fn require_enabled(auth: &Auth) -> Result<()> {
    if auth.settings().mfa.totp == Mode::Disabled { Err(MfaDisabled.into()) } else { Ok(()) }
}

/// # Errors
/// 403 `sign_in_again`, unless the user of the token has recently proven who they are.
fn require_fresh(auth: &Auth, token: &CurrentUser) -> Result<()> {
    if token.is_fresh(auth.now()) { Ok(()) } else { Err(NotFresh.into()) }
}

/// A code of an authenticator app: as it is typed, or six characters.
fn code(fields: &mut Fields) -> Option<SecretString> {
    let code = fields.secret("code")?;
    if codes::typed_digits(factors::DIGITS, &code).is_some() {
        return Some(code);
    }
    let problem = match code.expose_secret().trim().chars().count() {
        6 => return Some(code),
        ..6 => "Ensure this field has at least 6 characters.",
        7.. => "Ensure this field has no more than 6 characters.",
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
