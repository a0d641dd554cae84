//! Signs in with a passkey.

use serde_json::{Map, Value};

use super::assertion::{Assertion, Shown, check};
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

/// Begins a session for the owner of a passkey. Every refusal that concerns the passkey is the same to the client.
///
/// # Errors
/// 401 `passkey_not_valid`. Those of [`login::complete`].
pub(super) async fn sign_in(
    auth: &Auth,
    client: &Client,
    challenge: &str,
    credential: Map<String, Value>,
    forgotten: bool,
) -> Result<SignIn> {
    match check(auth, Shown::First, challenge, credential).await? {
        Ok(assertion) => complete(auth, &assertion, client, forgotten).await,
        Err(refused) => {
            auth.audit().note(refused.event());
            Err(PasskeyRefused.into())
        }
    }
}

/// As [`login::complete`]. The challenge is used up and the counter raised in the transaction of the session.
async fn complete(auth: &Auth, assertion: &Assertion, client: &Client, forgotten: bool) -> Result<SignIn> {
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
