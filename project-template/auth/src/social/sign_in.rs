//! Who a provider's user is here.

use super::profile::Profile;
use super::provider::Identity;
use super::settings::Linking;
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::codes::ReturnTo;
use crate::connections::{Arrival, Connection, Making, record_use};
use crate::credentials;
use crate::db;
use crate::email::Email;
use crate::email_verification::{self, Mode, Wish};
use crate::error::shared::Conflict;
use crate::error::{Error, Result, refusals};
use crate::guests;
use crate::hooks;
use crate::http::{Client, Fields};
use crate::invitations;
use crate::login::{self, Terms};
use crate::metrics::Way;
use crate::passwords::reset_link;
use crate::registration::{self, SignUp, With};
use crate::sessions::{self, EmailNotVerified, EndedBy, Entry, Proof, SignIn};
use crate::users::{self, NewUser, User};

refusals! {
    /// The provider gives no address, or does not vouch for it.
    ProviderEmailUnverified =
        BAD_REQUEST, "provider_email_unverified", "The provider does not vouch for an e-mail address of yours.";
    /// The address has an account, which it does not lead to: `social.email_linking` says so, or the provider does not
    /// vouch for the address. Its owner can sign in and connect the provider.
    EmailAlreadyRegistered = CONFLICT, "email_already_registered",
        "This e-mail address has an account. Sign in to it, and connect the provider there.";
    /// The address has an account whose owner has not confirmed it. It may be somebody else's.
    LocalAccountUnverified = CONFLICT, "local_account_unverified",
        "This e-mail address has an account that was not confirmed. Confirm the address first.";
    /// Nobody can sign up: `registration.open` is off, or `invitations.only` is on.
    SignupClosed = FORBIDDEN, "signup_closed", "Nobody can sign up at the moment.";
    /// No account that may enter is connected.
    NotConnected = FORBIDDEN, "not_connected", "No account that may enter here is connected. Sign in another way.";
    /// The account is deactivated.
    AccountDeactivated = UNAUTHORIZED, "account_deactivated", "This account is deactivated.";
}

/// Where the user wants to be.
#[derive(Clone, Copy)]
pub(crate) struct Entrance {
    /// Whether the browser forgets the session when it is closed.
    pub(crate) forgotten: bool,
    /// Which accounts may enter.
    pub(crate) admits: fn(&User) -> bool,
    /// Whether a connection is needed, and an address leads nowhere.
    pub(crate) is_strict: bool,
}

impl Default for Entrance {
    fn default() -> Self {
        Self { forgotten: false, admits: |_| true, is_strict: false }
    }
}

impl Entrance {
    /// With what a client says about the session.
    pub(super) fn of(fields: &mut Fields) -> Self {
        Self { forgotten: sessions::is_forgotten(fields).unwrap_or_default(), ..Self::default() }
    }
}

/// How often it is looked again who the user is: another request may connect or create the account meanwhile.
const ATTEMPTS: usize = 5;

/// Begins a session for a user who has proven to a provider who they are; with an account that this creates, if there is
/// none.
///
/// # Errors
/// Those above; those of [`login::complete`].
pub(super) async fn sign_in(
    auth: &Auth,
    client: &Client,
    provider: &str,
    identity: Result<Identity>,
    entrance: Entrance,
) -> Result<SignIn> {
    let sign_in = match identity {
        Ok(identity) => admit(auth, client, provider, identity, entrance).await,
        Err(error) => Err(error),
    };
    auth.metrics().sign_in(Way::Social, SignIn::outcome(sign_in.as_ref()));
    sign_in
}

async fn admit(auth: &Auth, client: &Client, provider: &str, identity: Identity, entrance: Entrance) -> Result<SignIn> {
    let arrival = Arrival { provider: provider.to_owned(), uid: identity.uid };
    let arriving = Arriving { auth, client, arrival: &arrival, profile: &identity.profile, entrance };
    for _ in 0..ATTEMPTS {
        if let Some(sign_in) = arriving.attempt().await? {
            return Ok(sign_in);
        }
    }
    Err(Conflict.into())
}

/// A user of a provider on the way in. The functions return None where another request, or they themselves, have changed
/// what was found.
struct Arriving<'a> {
    auth: &'a Auth,
    client: &'a Client,
    arrival: &'a Arrival,
    profile: &'a Profile,
    entrance: Entrance,
}

impl Arriving<'_> {
    async fn attempt(&self) -> Result<Option<SignIn>> {
        let auth = self.auth;
        // Whatever the address says by now.
        if let Some(connection) = self.arrival.connection(auth).await? {
            let Some(user) = users::by_id(auth.db(), connection.user_id).await? else { return Ok(None) };
            return self.enter(&user, Some(&connection)).await;
        }
        if self.entrance.is_strict {
            return Err(NotConnected.into());
        }
        let settings = &auth.settings().social;
        let email = self.profile.email.as_ref();
        let email = email.filter(|_| self.profile.is_vouched_for || !settings.require_verified_email);
        let Some(email) = email else { return Err(ProviderEmailUnverified.into()) };
        let user = guests::unless_expired(auth, users::by_address(auth.db(), email).await?).await?;
        let Some(user) = user else { return self.join(email).await };
        if !self.vouches_for(&user) {
            return Err(EmailAlreadyRegistered.into());
        }
        match user {
            user if !user.is_active || user.email_verified => self.enter(&user, None).await,
            user if user.is_unconfirmed_sign_up() => match self.replace(&user).await? {
                Some(user) => self.enter(&user, None).await,
                None => Ok(None),
            },
            user if user.is_guest() && auth.settings().invitations.are_on() => {
                match invitations::mailbox_proven(auth, &user).await? {
                    Some(user) => self.enter(&user, None).await,
                    None => Ok(None),
                }
            }
            _ => Err(LocalAccountUnverified.into()),
        }
    }

    /// Whether the provider's word about the address leads to the account that has it.
    fn vouches_for(&self, user: &User) -> bool {
        let is_same = self.profile.email.as_ref().is_some_and(|email| email.key() == user.email.key());
        is_same && self.profile.is_vouched_for && self.auth.settings().social.email_linking == Linking::Verified
    }

    /// Confirms the address of a sign-up that nobody has confirmed or used, and removes everything it left.
    async fn replace(&self, user: &User) -> Result<Option<User>> {
        let mut tx = self.auth.db().begin().await?;
        let names = (self.profile.first_name.as_str(), self.profile.last_name.as_str());
        let Some((user, ended)) = email_verification::by_provider(self.auth, &mut tx, user, names).await? else {
            return Ok(None);
        };
        ended.commit(self.auth, tx).await?;
        Ok(Some(user))
    }

    /// Signs in, and connects an account that was found by its address. If a second factor is due, it is not connected: an
    /// address must not get past it, now or later.
    async fn enter(&self, user: &User, connection: Option<&Connection>) -> Result<Option<SignIn>> {
        let (auth, client) = (self.auth, self.client);
        let refused = |reason: Reason| auth.audit().note(Event::of(Kind::SignInFailed, user).because(reason));
        if !user.is_active {
            refused(Reason::Inactive);
            return Err(AccountDeactivated.into());
        }
        if !(self.entrance.admits)(user) {
            refused(Reason::NotStaff);
            return Err(NotConnected.into());
        }
        let vouched = user.email_verified && self.vouches_for(user);
        let may_be_shared = user.may_be_shared() || !connection.is_some_and(|connection| connection.proven);
        if vouched && may_be_shared && self.secure(user).await? {
            return Ok(None);
        }
        let terms = Terms { proof: Proof::Provider { vouched }, forgotten: self.entrance.forgotten };
        let entry = login::admit(auth, user, client, terms, refused).await?;
        let admitted = match entry {
            Entry::Open(admitted) => admitted,
            Entry::Challenge(challenge) => return Ok(Some(SignIn::Challenge(challenge))),
        };
        let mut tx = auth.db().begin().await?;
        let Some((issued, evicted)) = login::begin(auth, &mut tx, user, &admitted, client, terms).await? else {
            return Ok(None);
        };
        match connection {
            Some(connection) if !record_use(auth, &mut tx, connection).await? => return Ok(None),
            Some(_) => {}
            None => {
                let making = Making { is_proven: true, is_sign_in: true, notifies: true };
                self.arrival.connect(auth, &mut tx, user, making).await?;
            }
        }
        evicted.commit(auth, tx).await?;
        Ok(Some(SignIn::Session(issued)))
    }

    /// Removes what an attacker may have who signed up with the address: its owner is here. Whether there was anything.
    async fn secure(&self, user: &User) -> Result<bool> {
        let auth = self.auth;
        let mut tx = auth.db().begin().await?;
        users::hold(&mut tx, user.id).await?;
        let Some(secured) = credentials::secure(auth, &mut tx, user, EndedBy::PasswordChange).await? else {
            return Ok(false);
        };
        // There is none left that could be the attacker's.
        users::trust_password(&mut tx, user.id).await?;
        if let Some(voided) = secured.voided {
            reset_link::offer_own(auth, &mut tx, &voided, true, &ReturnTo::default()).await?;
        }
        secured.ended.commit(auth, tx).await?;
        Ok(true)
    }

    /// Creates an account without a password, with its connection.
    async fn join(&self, email: &Email) -> Result<Option<SignIn>> {
        let (auth, profile) = (self.auth, self.profile);
        if !registration::is_open(auth) {
            return Err(SignupClosed.into());
        }
        registration::require_allowed(auth, email)?;
        let new = NewUser::without_password(email.clone(), profile.first_name.clone(), profile.last_name.clone());
        let new = NewUser { email_verified: profile.is_vouched_for, ..new };
        let wish = Wish { forgotten: self.entrance.forgotten, ..Wish::default() };
        if !new.email_verified && auth.settings().email_verification.mode == Mode::Mandatory {
            return self.await_confirmation(&new, &wish).await;
        }
        let proof = Proof::Provider { vouched: profile.is_vouched_for };
        match registration::sign_up(auth, &new, (self.client, proof), &wish, With::Arrival(self.arrival)).await? {
            SignUp::Done(sign_in) => Ok(Some(sign_in)),
            SignUp::Taken | SignUp::CodeUsed => Ok(None),
        }
    }

    /// The account whose address must be confirmed before its first session.
    async fn await_confirmation(&self, new: &NewUser, wish: &Wish) -> Result<Option<SignIn>> {
        let auth = self.auth;
        let mut tx = auth.db().begin().await?;
        let user = match users::add(&mut tx, new, auth.now()).await {
            Ok(user) => user,
            Err(error) if db::is_taken(&error) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let making = Making { is_proven: false, is_sign_in: false, notifies: false };
        self.arrival.connect(auth, &mut tx, &user, making).await?;
        auth.audit().write(&mut tx, Event::of(Kind::SignUp, &user)).await?;
        email_verification::begin(auth, &mut tx, &user, wish).await?;
        hooks::registered(auth, &mut tx, &user);
        tx.commit().await?;
        Err(Error::from(EmailNotVerified))
    }
}
