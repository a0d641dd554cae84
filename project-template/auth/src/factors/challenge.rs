//! Challenges: sign-ins that wait for a second factor, or for an account to set one up.
//!
//! A challenge is a row, so that it counts at every instance. Its id is a secret of its client, of which the row has a hash;
//! it is worth nothing without a code, and for an account that was changed since.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::{digest, rand};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::challenge_store::{self as store, New, Row};
use super::{Mode, guesses, store as factors};
use crate::Auth;
use crate::db::Tx;
use crate::error::Result;
use crate::users::{self, Email, User};

/// What a challenge demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A code of the second factor.
    Code,
    /// That a second factor is set up.
    Setup,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Setup => "setup",
        }
    }
}

/// How far a sign-in has come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Held {
    /// How the user has proven who they are: values of the claim `amr`, separated by spaces.
    pub(crate) methods: String,
    /// Whether the browser keeps the session when it is closed.
    pub(crate) remembered: bool,
    /// Whether the hook before a sign-in was asked.
    pub(crate) asked: bool,
    /// How the challenge can be answered.
    #[serde(default)]
    pub(crate) ways: Ways,
    /// Set for a sign-up with a taken address, whose challenge belongs to no account. Encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decoy: Option<String>,
}

impl Held {
    pub(crate) fn new(methods: String, remembered: bool, asked: bool) -> Self {
        Self { methods, remembered, asked, ways: Ways::default(), decoy: None }
    }
}

/// What the answers to a setup need where there is no account.
#[derive(Serialize, Deserialize)]
struct Decoy {
    email: String,
    /// Sealed like that of an account.
    secret: Option<Vec<u8>>,
}

/// A second factor that is due before a session begins, with the id of the challenge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Demand {
    pub(crate) purpose: Purpose,
    id: Uuid,
    ways: Ways,
}

/// How a challenge can be answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ways {
    /// With a code of the app, or a recovery code.
    pub(crate) app: bool,
    pub(crate) passkey: bool,
}

impl Ways {
    fn names(self) -> Vec<&'static str> {
        let app = ["totp", "recovery"].into_iter().filter(|_| self.app);
        app.chain(Some("passkey").filter(|_| self.passkey)).collect()
    }
}

impl Demand {
    /// The id, as clients send it back.
    pub(crate) fn id(self) -> String {
        self.id.simple().to_string()
    }

    pub(crate) fn takes_codes(self) -> bool {
        self.ways.app
    }

    /// The members of the answer. The ways are named where there is a choice, or another one than usual.
    pub(crate) fn members(self) -> Value {
        match self.purpose {
            Purpose::Code if self.ways.passkey => {
                json!({ "mfa_required": true, "challenge_id": self.id(), "methods": self.ways.names() })
            }
            Purpose::Code => json!({ "mfa_required": true, "challenge_id": self.id() }),
            Purpose::Setup => json!({ "mfa_setup_required": true, "setup_challenge_id": self.id() }),
        }
    }
}

/// The second factor that the user owes before a session begins, if any. If they have just shown that they read the
/// account's mail, a factor that is not proven is removed.
///
/// # Errors
/// 429 while no guess at the account's second factor is accepted. If the database cannot be reached.
pub(crate) async fn demand(auth: &Auth, user: &User, held: &Held, reads_mail: bool) -> Result<Option<Demand>> {
    let ways = ways(auth, user, reads_mail).await?;
    let is_required = auth.settings().mfa.is_required_of(user.role);
    let purpose = if ways.app || (is_required && ways.passkey) {
        guesses::refuse_locked(auth, user).await?;
        Purpose::Code
    } else if is_required {
        Purpose::Setup
    } else {
        return Ok(None);
    };
    let demand = Demand { purpose, id: random(), ways };
    let held = Held { ways, ..held.clone() };
    store::insert(auth.db(), &row(auth, demand, (user.id, user.auth_version), &text(&held)?)).await?;
    Ok(Some(demand))
}

/// The second factors of the account that count for this user.
async fn ways(auth: &Auth, user: &User, reads_mail: bool) -> Result<Ways> {
    let settings = auth.settings();
    if settings.mfa.totp == Mode::Disabled {
        return Ok(Ways::default());
    }
    let standing = factors::standing(auth.db(), user.id).await?;
    let app = match standing.app {
        Some(false) if reads_mail => {
            let mut tx = auth.db().begin().await?;
            users::hold(&mut tx, user.id).await?;
            super::discard_unproven(auth, &mut tx, user).await?;
            tx.commit().await?;
            false
        }
        found => found.is_some(),
    };
    // Passkeys that are not proven stay: they keep nobody out who is not asked for them.
    let passkeys = if reads_mail { standing.proven_passkeys } else { standing.passkeys };
    Ok(Ways { app, passkey: settings.passkeys.enabled && passkeys > 0 })
}

/// Demands that a sign-up sets up a second factor, if its role must have one. Without an `owner`, does the same and
/// takes as long: the challenge belongs to no account, and what is set up with it is a decoy.
pub(crate) async fn demand_setup(
    auth: &Auth,
    tx: &mut Tx,
    (role, owner): (i64, Option<&User>),
    email: &Email,
    held: &Held,
) -> Result<Option<Demand>> {
    if !auth.settings().mfa.is_required_of(role) {
        return Ok(None);
    }
    let demand = Demand { purpose: Purpose::Setup, id: random(), ways: Ways::default() };
    let subject = owner.map_or_else(|| (random(), 0), |user| (user.id, user.auth_version));
    let decoy = Decoy { email: email.as_written().to_owned(), secret: None }.sealed(auth, subject.0)?;
    let held = Held { decoy: Some(decoy).filter(|_| owner.is_none()), ..held.clone() };
    store::insert_in(tx, &row(auth, demand, subject, &text(&held)?)).await?;
    Ok(Some(demand))
}

impl Decoy {
    fn sealed(&self, auth: &Auth, subject: Uuid) -> Result<String> {
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(self).map_err(anyhow::Error::new)?);
        Ok(URL_SAFE_NO_PAD.encode(auth.tokens().seal(&sealed_as(subject), &plain, auth.now())))
    }

    fn open(auth: &Auth, subject: Uuid, sealed: &str) -> Option<Self> {
        let plain = auth.tokens().open(&sealed_as(subject), &URL_SAFE_NO_PAD.decode(sealed).ok()?)?;
        serde_json::from_slice(&plain).ok()
    }
}

fn sealed_as(subject: Uuid) -> String {
    format!("second factor decoy {subject}")
}

fn row<'n>(auth: &Auth, demand: Demand, subject: (Uuid, i64), held: &'n str) -> New<'n> {
    let expires_at = auth.now() + auth.settings().mfa.challenge_lifetime;
    New { id: stored(demand.id), purpose: demand.purpose.name(), subject, held, expires_at }
}

fn text(held: &Held) -> Result<String> {
    Ok(serde_json::to_string(held).map_err(anyhow::Error::new)?)
}

/// 128 random bits; a UUID of version 4 would have fewer.
fn random() -> Uuid {
    let bytes = rand::generate(&rand::SystemRandom::new()).expect("the operating system gives random bytes");
    Uuid::from_bytes(bytes.expose())
}

/// The id of a row: a hash, so that whoever reads the table can answer no challenge. There is nothing to guess, as the id
/// that the client has is random.
fn stored(id: Uuid) -> Uuid {
    let hash = digest::digest(&digest::SHA256, id.as_bytes());
    Uuid::from_slice(&hash.as_ref()[..16]).expect("16 bytes")
}

/// A challenge that a client presents, with its account.
pub(crate) struct Challenge {
    pub(super) id: Uuid,
    pub(crate) user: User,
    pub(crate) held: Held,
}

/// The challenge of a sign-in that waits for a code, if its account is active and unchanged.
pub(crate) async fn find(auth: &Auth, id: &str) -> Result<Option<Challenge>> {
    let Some((id, row, held)) = find_row(auth, Purpose::Code, id).await? else { return Ok(None) };
    let user = users::at_version(auth, row.subject, row.version).await?;
    Ok(user.map(|user| Challenge { id, user, held }))
}

/// Who sets up a second factor. For a sign-up with a taken address it is nobody, and everything is done as for others but
/// stored nowhere: the answers must not tell that there is an account.
pub(crate) struct Enrollee {
    pub(super) id: Uuid,
    pub(super) version: i64,
    pub(crate) email: Email,
    pub(crate) user: Option<User>,
    /// The sealed secret that was shown to nobody's challenge.
    pub(super) shown: Option<Vec<u8>>,
    challenge: Option<(Uuid, Held)>,
}

impl From<&User> for Enrollee {
    fn from(user: &User) -> Self {
        let (id, version, email) = (user.id, user.auth_version, user.email.clone());
        Self { id, version, email, user: Some(user.clone()), shown: None, challenge: None }
    }
}

/// The enrollee of a setup challenge, if its account is active and unchanged.
pub(crate) async fn find_setup(auth: &Auth, id: &str) -> Result<Option<Enrollee>> {
    let Some((id, row, held)) = find_row(auth, Purpose::Setup, id).await? else { return Ok(None) };
    if !row.is_open {
        return Ok(None);
    }
    let user = users::at_version(auth, row.subject, row.version).await?;
    let decoy = held.decoy.as_deref().and_then(|sealed| Decoy::open(auth, row.subject, sealed));
    let challenge = Some((id, held));
    Ok(match (user, decoy) {
        (Some(user), _) => Some(Enrollee { challenge, ..Enrollee::from(&user) }),
        (None, Some(decoy)) => Email::parse(&decoy.email).map(|email| Enrollee {
            id: row.subject,
            version: row.version,
            email,
            user: None,
            shown: decoy.secret,
            challenge,
        }),
        (None, None) => None,
    })
}

async fn find_row(auth: &Auth, purpose: Purpose, id: &str) -> Result<Option<(Uuid, Row, Held)>> {
    // The form in which ids are sent, and no other.
    let Some(id) = Uuid::try_parse(id).ok().filter(|parsed| parsed.simple().to_string() == id) else {
        return Ok(None);
    };
    let id = stored(id);
    let Some(row) = store::find(auth.db(), id, purpose.name(), auth.now()).await? else { return Ok(None) };
    let held = serde_json::from_str(&row.held).map_err(anyhow::Error::new)?;
    Ok(Some((id, row, held)))
}

impl Enrollee {
    /// The account's id; nobody's is random.
    pub(crate) fn id(&self) -> Uuid {
        self.id
    }

    /// How far the sign-in has come that waits for the setup, if one does.
    pub(crate) fn held(&self) -> Option<&Held> {
        self.challenge.as_ref().map(|(_, held)| held)
    }

    /// Uses up the challenge, in the transaction that sets the factor up. False if it was used.
    pub(crate) async fn take(&self, auth: &Auth, tx: &mut Tx) -> Result<bool> {
        match &self.challenge {
            Some((id, _)) => Ok(store::take(tx, *id, auth.now()).await?),
            None => Ok(true),
        }
    }

    /// Keeps the secret that was shown to nobody, in its challenge. False if that was used.
    pub(super) async fn keep(&self, auth: &Auth, sealed: &[u8]) -> Result<bool> {
        let Some((id, held)) = &self.challenge else { return Ok(false) };
        let decoy = Decoy { email: self.email.as_written().to_owned(), secret: Some(sealed.to_vec()) };
        let held = Held { decoy: Some(decoy.sealed(auth, self.id)?), ..held.clone() };
        Ok(store::set_held(auth.db(), *id, &text(&held)?, auth.now()).await?)
    }
}

impl Challenge {
    /// Tells its sign-in from others. It is no secret, and answers nothing.
    pub(crate) fn name(&self) -> Uuid {
        self.id
    }

    /// Uses it up, in the transaction that begins the session. False if it was used.
    pub(crate) async fn take(&self, auth: &Auth, tx: &mut Tx) -> Result<bool> {
        Ok(store::take(tx, self.id, auth.now()).await?)
    }
}
