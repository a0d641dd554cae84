//! Signs in with a passkey.

use serde_json::{Map, Value};

use super::assertion::{self, Assertion, Shown};
use super::challenge::Challenge;
use super::{Begun, options};
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::error::{Result, refusals};
use crate::http::Client;
use crate::login::{self, Terms};
use crate::sessions::{Entry, Proof, SignIn};
use crate::users;

refusals! {
    /// The response does not belong to the challenge, this site or a passkey of an active account, or was used before.
    PasskeyRefused = UNAUTHORIZED, "passkey_not_valid", "This passkey cannot be used to sign in.";
}

/// # Errors
/// If the database cannot be reached.
pub(crate) async fn begin(auth: &Auth) -> Result<Begun> {
    let challenge = Challenge::for_sign_in(auth).await?;
    Ok(Begun { options: options::of_sign_in(auth, &challenge, &[], "required"), challenge: challenge.id() })
}

/// Checks a browser's answer to [`begin`]. Every refusal is the same to the client.
///
/// # Errors
/// 401 `passkey_not_valid`.
pub(crate) async fn check(auth: &Auth, challenge: &str, credential: Map<String, Value>) -> Result<Assertion> {
    assertion::check(auth, Shown::First, challenge, credential).await?.map_err(|refused| {
        auth.audit().note(refused.event());
        PasskeyRefused.into()
    })
}

/// Begins a session for the owner of a passkey. The challenge is used up and the counter raised in its transaction.
///
/// # Errors
/// 401 `passkey_not_valid`. Those of [`login::complete`].
pub(crate) async fn complete(auth: &Auth, client: &Client, assertion: &Assertion, forgotten: bool) -> Result<SignIn> {
    let user = &assertion.user;
    let terms = Terms { proof: Proof::Passkey { synced: assertion.latest.is_synced }, forgotten };
    let failed = |reason: Reason| auth.audit().note(Event::of(Kind::SignInFailed, user).because(reason));
    let entry = login::admit(auth, user, client, terms, failed).await?;
    let mut tx = auth.db().begin().await?;
    // The account is locked first, as by everything else that changes it or its passkeys.
    match entry {
        Entry::Challenge(further) => {
            users::hold(&mut tx, user.id).await?;
            if !assertion.spend(auth, &mut tx).await? {
                return Err(PasskeyRefused.into());
            }
            tx.commit().await?;
            Ok(SignIn::Challenge(further))
        }
        Entry::Open(admitted) => {
            let Some((issued, evicted)) = login::begin(auth, &mut tx, user, &admitted, client, terms).await? else {
                failed(Reason::Changed);
                return Err(PasskeyRefused.into());
            };
            if !assertion.spend(auth, &mut tx).await? {
                return Err(PasskeyRefused.into());
            }
            evicted.commit(auth, tx).await?;
            Ok(SignIn::Session(issued))
        }
    }
}
