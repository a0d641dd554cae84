//! Who may have a session. Every way in asks here, and nothing else makes the [`Admitted`] that beginning a session takes.

use uuid::Uuid;

use super::holder::user_claims;
use super::{Challenge, DbUser};
use crate::Auth;
use crate::audit::Reason;
use crate::error::{Result, refusals};
use crate::http::Client;
use crate::tokens::UserClaims;
use crate::users::User;

/// What somebody has proven who they are with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proof {
    /// A password, at `login/`.
    Password,
    /// A password, at the admin pages.
    AdminPassword,
    /// A code that was mailed, or that [`Hooks::deliver_code`](crate::Hooks::deliver_code) delivered.
    LoginCode,
    /// Nothing yet: the account is made by the same request.
    SignUp,
    /// A mailed link or code that has confirmed the address.
    ConfirmedEmail,
    /// A mailed link that has set a new password.
    PasswordReset,
    /// Something of the application, by the name it has there; see [`Auth::sign_in`].
    Application(&'static str),
}

impl Proof {
    /// What the audit log says of the sign-in, where there is more to say than that there was one.
    pub(crate) fn detail(self) -> Option<&'static str> {
        match self {
            Self::AdminPassword => Some(Reason::Admin.name()),
            Self::Application(name) => Some(name),
            _ => None,
        }
    }
}

/// A sign-in that is about to begin a session.
#[derive(Clone, Copy, Debug)]
pub struct SigningIn<'r> {
    /// Who asks.
    pub client: &'r Client,
    /// With what.
    pub proof: Proof,
}

/// What becomes of somebody who has proven who they are.
#[derive(Clone, Debug)]
pub enum Admission {
    /// A session.
    Granted,
    /// No session until they have done something else.
    Challenged(Challenge),
}

/// Somebody who may have a session now, and what their tokens are to say.
pub(crate) struct Admitted {
    pub(super) user: Uuid,
    pub(super) claims: UserClaims,
}

impl Admitted {
    /// Somebody whose session lives, for the one that takes its place.
    ///
    /// # Errors
    /// What a hook has against its claims.
    pub(crate) async fn again(auth: &Auth, user: &DbUser) -> Result<Self> {
        Self::of(auth, user).await
    }

    async fn of(auth: &Auth, user: &User) -> Result<Self> {
        Ok(Self { user: user.id, claims: user_claims(auth, user).await? })
    }
}

/// What [`admit`] answers.
pub(crate) enum Entry {
    Open(Admitted),
    Challenge(Challenge),
}

/// Asks whether somebody may have a session. Hooks are asked, and so never within a transaction: they may need the one
/// connection there is. `refused` hears why not.
///
/// # Errors
/// 401 `email_not_verified`; what a hook refuses with.
pub(crate) async fn admit(
    auth: &Auth,
    user: &User,
    signing_in: &SigningIn<'_>,
    refused: impl Fn(Reason),
) -> Result<Entry> {
    require(auth, user).inspect_err(|_| refused(Reason::NotVerified))?;
    let admission = auth.hooks().before_login(auth, user, signing_in).await;
    match admission.inspect_err(|_| refused(Reason::Vetoed))? {
        Admission::Granted => Ok(Entry::Open(Admitted::of(auth, user).await?)),
        Admission::Challenged(challenge) => Ok(Entry::Challenge(challenge)),
    }
}

/// Refuses an account that must be verified before it may do anything.
///
/// # Errors
/// 401 `email_not_verified`.
pub(crate) fn require(auth: &Auth, user: &User) -> Result<()> {
    if user.email_verified || !auth.settings().email_verification.is_mandatory() {
        return Ok(());
    }
    Err(EmailNotVerified.into())
}

refusals! {
    /// The credential is good, but the e-mail address was not confirmed yet.
    EmailNotVerified = UNAUTHORIZED, "email_not_verified", "E-mail address is not verified.";
}
