//! Decides who may have a session. Nothing else constructs the [`Admitted`] that beginning a session takes.

use uuid::Uuid;

use super::authentication::{Authentication, Method, Methods};
use super::holder::user_claims;
use super::{Challenge, DbUser, Due, store};
use crate::Auth;
use crate::audit::Reason;
use crate::db::Tx;
use crate::error::{Result, refusals};
use crate::factors::{self, Demand, Held, Purpose};
use crate::http::Client;
use crate::openapi::bodies;
use crate::tokens::UserClaims;
use crate::users::{Email, User};

bodies! {
    /// Tokens; or, where the account has or must have a second factor, the id of a challenge instead.
    #[schema(example = json!({
        "access": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl",
        "expires_in": 1800,
    }))]
    pub(crate) struct SignedIn {
        /// To be sent as `Authorization: Bearer`.
        #[schema(required = false)]
        access: String,
        /// Seconds until the access token expires.
        #[schema(required = false)]
        expires_in: u32,
        /// To be exchanged at `refresh/`; missing if it is in the cookie.
        #[schema(required = false)]
        refresh: String,
        /// True if a second factor is due, at `mfa/verify/`, `mfa/verify-recovery/` or `mfa/verify-passkey/`.
        #[schema(required = false)]
        mfa_required: bool,
        /// To be sent there.
        #[schema(required = false)]
        challenge_id: String,
        /// `totp`, `recovery`, `passkey`: how it can be shown. Missing where the first two are all.
        #[schema(required = false)]
        methods: Vec<String>,
        /// True if a second factor must be set up first, at `mfa/setup/`.
        #[schema(required = false)]
        mfa_setup_required: bool,
        /// To be sent there.
        #[schema(required = false)]
        setup_challenge_id: String,
    }
}

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
    /// A mailed invitation, by whose link a password was set.
    Invitation,
    /// A passkey, whose authenticator verified its user: two factors in one.
    Passkey {
        /// Whether it is on several devices of its owner.
        synced: bool,
    },
    /// A method of the application, by the name it passes; see [`Auth::sign_in`].
    Application(&'static str),
    /// An account at another service; see [`social`](crate::social).
    Provider {
        /// Whether the service vouches for the address of the account here.
        vouched: bool,
    },
    /// A code of an authenticator app, after one of the others.
    SecondFactor,
    /// A recovery code, after one of the others.
    RecoveryCode,
    /// A passkey, after one of the others.
    SecondPasskey,
}

impl Proof {
    pub(crate) fn detail(self) -> Option<&'static str> {
        match self {
            Self::AdminPassword => Some(Reason::Admin.name()),
            Self::Passkey { .. } | Self::SecondPasskey => Some(Reason::Passkey.name()),
            Self::Invitation => Some(Reason::Invitation.name()),
            Self::Provider { .. } => Some(Reason::Provider.name()),
            Self::Application(name) => Some(name),
            Self::SecondFactor => Some(Reason::SecondFactor.name()),
            Self::RecoveryCode => Some(Reason::RecoveryCode.name()),
            _ => None,
        }
    }

    /// Whether the user has just shown that they read the account's mail. A code that the application delivered says
    /// nothing about mail.
    fn shows_mail(self, auth: &Auth) -> bool {
        match self {
            Self::LoginCode => !auth.hooks().delivers_codes(),
            Self::ConfirmedEmail | Self::PasswordReset | Self::Invitation => true,
            Self::Provider { vouched } => vouched,
            _ => false,
        }
    }

    fn methods(self) -> Methods {
        match self {
            Self::Password | Self::AdminPassword | Self::SignUp => Method::Password.into(),
            Self::LoginCode | Self::ConfirmedEmail | Self::PasswordReset | Self::Invitation => Method::Mail.into(),
            Self::Provider { .. } | Self::Application(_) => Method::Federated.into(),
            Self::SecondFactor | Self::RecoveryCode | Self::SecondPasskey => Method::Code.into(),
            Self::Passkey { synced } => Methods::of_passkey(synced),
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
    pub(super) authentication: Authentication,
}

impl Admitted {
    /// For the session that replaces an active one. It is as fresh as that, unless the user has `just_proven` who they
    /// are.
    pub(crate) async fn again(auth: &Auth, user: &DbUser, just_proven: bool) -> Result<Self> {
        let session = store::by_id(auth.db(), user.session).await?;
        let methods = session.as_ref().map(|session| Methods::parse(&session.methods)).unwrap_or_default();
        let before = session.map(|session| session.proven_at.unwrap_or(session.created_at));
        Self::of(auth, user, Authentication { methods, at: before.filter(|_| !just_proven) }).await
    }

    async fn of(auth: &Auth, user: &User, authentication: Authentication) -> Result<Self> {
        Ok(Self { user: user.id, claims: user_claims(auth, user).await?, authentication })
    }
}

pub(crate) enum Entry {
    Open(Admitted),
    Challenge(Challenge),
}

/// Reports a refusal's reason to `refused`. The second factor comes last: nobody else learns whether there is one. Never
/// call it within a transaction: hooks may need the only connection that writes.
pub(crate) async fn admit(
    auth: &Auth,
    user: &User,
    signing_in: &SigningIn<'_>,
    refused: impl Fn(Reason),
) -> Result<Entry> {
    let (methods, shows_mail) = (signing_in.proof.methods(), signing_in.proof.shows_mail(auth));
    if let Some(challenge) = ask(auth, user, signing_in, refused).await? {
        return Ok(Entry::Challenge(challenge));
    }
    if !methods.has(Method::Several) {
        let held = Held::new(methods.to_text(), signing_in.remembered, true);
        if let Some(demand) = factors::demand(auth, user, &held, shows_mail).await? {
            return Ok(Entry::Challenge(demand.into()));
        }
    }
    Ok(Entry::Open(Admitted::of(auth, user, Authentication { methods, at: None }).await?))
}

/// As [`admit`], for a user who has met the challenge of a second factor with the proof in `signing_in`, by the methods
/// `shown`. Hooks are asked if they were not when the challenge was made.
pub(crate) async fn admit_with_factor(
    auth: &Auth,
    user: &User,
    signing_in: &SigningIn<'_>,
    (held, shown): (&Held, &Methods),
    refused: impl Fn(Reason),
) -> Result<Entry> {
    if held.asked {
        require(auth, user).inspect_err(|_| refused(Reason::NotVerified))?;
    } else if let Some(challenge) = ask(auth, user, signing_in, refused).await? {
        return Ok(Entry::Challenge(challenge));
    }
    let methods = Methods::parse(&held.methods).with(shown);
    Ok(Entry::Open(Admitted::of(auth, user, Authentication { methods, at: None }).await?))
}

/// Checks the account and asks the hooks.
async fn ask(
    auth: &Auth,
    user: &User,
    signing_in: &SigningIn<'_>,
    refused: impl Fn(Reason),
) -> Result<Option<Challenge>> {
    require(auth, user).inspect_err(|_| refused(Reason::NotVerified))?;
    let admission = auth.hooks().before_login(auth, user, signing_in).await;
    Ok(match admission.inspect_err(|_| refused(Reason::Vetoed))? {
        Admission::Granted => None,
        Admission::Challenged(challenge) => Some(challenge),
    })
}

/// What is demanded of a user who signs up and whose address must be verified before a session begins. Without an owner
/// the address is taken, and the answer the same.
pub(crate) async fn demand_setup(
    auth: &Auth,
    tx: &mut Tx,
    (role, owner): (i64, Option<&User>),
    email: &Email,
    remembered: bool,
) -> Result<Option<Challenge>> {
    let held = Held::new(Methods::from(Method::Password).to_text(), remembered, false);
    Ok(factors::demand_setup(auth, tx, (role, owner), email, &held).await?.map(Challenge::from))
}

impl From<Demand> for Challenge {
    fn from(demand: Demand) -> Self {
        let due = match demand.purpose {
            Purpose::Code if demand.takes_codes() => Due::Code(demand.id()),
            Purpose::Code => Due::Passkey,
            Purpose::Setup => Due::Setup(demand.id()),
        };
        Self { due, ..Self::new(demand.members()) }
    }
}

pub(crate) fn require(auth: &Auth, user: &User) -> Result<()> {
    // A guest has not accepted their invitation, whose link verifies the address.
    let is_free = !auth.settings().email_verification.is_mandatory() && !user.is_guest();
    if user.email_verified || is_free { Ok(()) } else { Err(EmailNotVerified.into()) }
}

refusals! {
    /// The credential is good, but the e-mail address was not confirmed yet.
    EmailNotVerified = UNAUTHORIZED, "email_not_verified", "E-mail address is not verified.";
}
