//! Challenges: sign-ins that wait for a second factor, or for an account to set one up.
//!
//! A challenge is a row, so that it counts at every instance. Its id is a secret of its client; it is worth nothing
//! without a code, and for an account that was changed since.

use ring::rand;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::challenge_store::{self as store, New};
use super::{Mode, guesses, store as factors};
use crate::Auth;
use crate::db::Tx;
use crate::error::Result;
use crate::users::{self, User};

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
}

/// A second factor that is due before a session begins, with the id of the challenge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Demand {
    pub(crate) purpose: Purpose,
    id: Uuid,
}

impl Demand {
    /// The id, as clients send it back.
    pub(crate) fn id(self) -> String {
        self.id.simple().to_string()
    }

    /// The members of the answer.
    pub(crate) fn members(self) -> Value {
        match self.purpose {
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
    let purpose = if counts(auth, user, reads_mail).await? {
        guesses::refuse_locked(auth, user).await?;
        Purpose::Code
    } else if auth.settings().mfa.is_required_of(user.role) {
        Purpose::Setup
    } else {
        return Ok(None);
    };
    let demand = Demand { purpose, id: random() };
    store::insert(auth.db(), &row(auth, demand, (user.id, user.auth_version), &text(held)?)).await?;
    Ok(Some(demand))
}

/// Whether the account has a second factor that counts for this user.
async fn counts(auth: &Auth, user: &User, reads_mail: bool) -> Result<bool> {
    let mode = auth.settings().mfa.totp;
    match factors::is_proven(auth.db(), user.id).await?.filter(|_| mode != Mode::Disabled) {
        Some(false) if reads_mail => {
            let mut tx = auth.db().begin().await?;
            users::hold(&mut tx, user.id).await?;
            super::discard_unproven(auth, &mut tx, user).await?;
            tx.commit().await?;
            Ok(false)
        }
        found => Ok(found.is_some()),
    }
}

/// Demands that a sign-up sets up a second factor, if its role must have one. Without an `owner`, does the same and
/// takes as long: the challenge belongs to no account.
pub(crate) async fn demand_setup(
    auth: &Auth,
    tx: &mut Tx,
    (role, owner): (i64, Option<&User>),
    held: &Held,
) -> Result<Option<Demand>> {
    if !auth.settings().mfa.is_required_of(role) {
        return Ok(None);
    }
    let demand = Demand { purpose: Purpose::Setup, id: random() };
    let subject = owner.map_or((random(), 0), |user| (user.id, user.auth_version));
    store::insert_in(tx, &row(auth, demand, subject, &text(held)?)).await?;
    Ok(Some(demand))
}

fn row<'n>(auth: &Auth, demand: Demand, subject: (Uuid, i64), held: &'n str) -> New<'n> {
    let expires_at = auth.now() + auth.settings().mfa.challenge_lifetime;
    New { id: demand.id, purpose: demand.purpose.name(), subject, held, expires_at }
}

fn text(held: &Held) -> Result<String> {
    Ok(serde_json::to_string(held).map_err(anyhow::Error::new)?)
}

/// 128 random bits; a UUID of version 4 would have fewer.
fn random() -> Uuid {
    let bytes = rand::generate(&rand::SystemRandom::new()).expect("the operating system gives random bytes");
    Uuid::from_bytes(bytes.expose())
}

/// A challenge that a client presents, with its account.
pub(crate) struct Challenge {
    pub(super) id: Uuid,
    pub(crate) user: User,
    pub(crate) held: Held,
    /// False once it was given up, after too many wrong guesses.
    pub(super) is_open: bool,
}

/// The challenge with this id, if its account is active and unchanged.
pub(crate) async fn find(auth: &Auth, purpose: Purpose, id: &str) -> Result<Option<Challenge>> {
    // The form in which ids are sent, and no other.
    let Some(id) = Uuid::try_parse(id).ok().filter(|parsed| parsed.simple().to_string() == id) else {
        return Ok(None);
    };
    let Some(row) = store::find(auth.db(), id, purpose.name(), auth.now()).await? else { return Ok(None) };
    let Some(user) = users::at_version(auth, row.subject, row.version).await? else { return Ok(None) };
    let held = serde_json::from_str(&row.held).map_err(anyhow::Error::new)?;
    Ok(Some(Challenge { id, user, held, is_open: row.is_open }))
}

impl Challenge {
    /// Whether it still counts.
    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Uses it up, in the transaction that begins the session. False if it was used.
    pub(crate) async fn take(&self, auth: &Auth, tx: &mut Tx) -> Result<bool> {
        Ok(store::take(tx, self.id, auth.now()).await?)
    }
}
