//! Decides who may have a session. Nothing else constructs the [`Admitted`] that beginning a session takes.

use uuid::Uuid;

use super::holder::user_claims;
use super::{Challenge, DbUser};
use crate::Auth;
use crate::audit::Reason;
use crate::error::{Result, refusals};
use crate::http::Client;
use crate::tokens::UserClaims;
use crate::users::User;

/// How a user has proven their identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proof {
    /// A password, at `login/`.
    Password,
    /// A password, at the admin pages.
    AdminPassword,
    /// A code that was mailed, or that [`Hooks::deliver_code`](crate::Hooks::deliver_code) delivered.
    LoginCode,
    /// Nothing yet: the same request creates the account.
    SignUp,
    /// A mailed link or code that confirmed the address.
    ConfirmedEmail,
    /// A mailed link that set a new password.
    PasswordReset,
    /// A passkey, whose authenticator verified its user: two factors in one.
    Passkey,
    /// A method of the application, by the name it passes; see [`Auth::sign_in`].
    Application(&'static str),
}

impl Proof {
    pub(crate) fn detail(self) -> Option<&'static str> {
        match self {
            Self::AdminPassword => Some(Reason::Admin.name()),
            Self::Passkey => Some(Reason::Passkey.name()),
            Self::Application(name) => Some(name),
            _ => None,
        }
    }
}

/// A sign-in that is about to begin a session.
#[derive(Clone, Copy, Debug)]
pub struct SigningIn<'r> {
    /// The client that signs in.
    pub client: &'r Client,
    /// How the user proved their identity.
    pub proof: Proof,
    /// Whether the browser keeps the session. After a challenge, pass it to [`OwnProof`](crate::login::OwnProof).
    pub remembered: bool,
}

/// The decision about a user who has proven their identity.
#[derive(Clone, Debug)]
pub enum Admission {
    /// Begin a session.
    Granted,
    /// Begin no session until the user has done something else.
    Challenged(Challenge),
}

pub(crate) struct Admitted {
    pub(super) user: Uuid,
    pub(super) claims: UserClaims,
}

impl Admitted {
    /// For the session that replaces an active one.
    pub(crate) async fn again(auth: &Auth, user: &DbUser) -> Result<Self> {
        Self::of(auth, user).await
    }

    async fn of(auth: &Auth, user: &User) -> Result<Self> {
        Ok(Self { user: user.id, claims: user_claims(auth, user).await? })
    }
}

pub(crate) enum Entry {
    Open(Admitted),
    Challenge(Challenge),
}

/// Reports a refusal's reason to `refused`. Never call it within a transaction: hooks may need the only connection.
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
