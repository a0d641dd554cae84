//! Signs in with a passkey.

use std::time::Duration;

use serde_json::{Map, Value};

use super::challenge::{Challenge, Purpose};
use super::passkey::Passkey;
use super::verification::{AuthenticationResponse, Fault, Use, used};
use super::{options, store};
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::codes::{Limits, Subject};
use crate::db::Tx;
use crate::error::{Result, refusals};
use crate::http::Client;
use crate::login::{self, Terms};
use crate::notices;
use crate::sessions::{Entry, Proof, SignIn};
use crate::users::{self, User};

refusals! {
    /// The response does not belong to the challenge, this site or a passkey of an active account, or was used before.
    PasskeyRefused = UNAUTHORIZED, "passkey_not_valid", "This passkey cannot be used to sign in.";
}

/// How often an owner is notified of a copy of one passkey.
const NOTICE: &str = "passkey notice";
const NOTICE_LIMITS: Limits =
    Limits { cooldown: Duration::from_hours(1), sends: u32::MAX, lockout: Duration::from_hours(1) };

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
    let unknown = |fault: Fault| refuse(auth, Event::new(Kind::SignInFailed), fault);
    let Ok(response) = serde_json::from_value::<AuthenticationResponse>(credential.into()) else {
        return unknown(Fault::Malformed);
    };
    let Some(challenge) = Challenge::find(auth, Purpose::SignIn, challenge).await? else {
        return unknown(Fault::Challenge);
    };
    let Some(passkey) = store::by_credential(auth.db(), &response.raw_id.0).await? else {
        return unknown(Fault::Unknown);
    };
    let Some(user) = users::by_id(auth.db(), passkey.user_id).await? else { return unknown(Fault::Unknown) };
    let failed = || Event::of(Kind::SignInFailed, &user);
    // Nobody has said yet who they are, so the user handle is needed (Web Authentication, section 7.2, step 6).
    let handle = response.response.user_handle.as_ref();
    if handle.is_none_or(|handle| handle.0 != user.id.as_bytes()) {
        return refuse(auth, failed(), Fault::Owner);
    }
    let checked = used(&options::site(auth), &challenge.bytes, &response, &passkey.stored());
    if !user.is_active {
        return refuse(auth, failed(), Reason::Inactive);
    }
    match checked {
        Ok(latest) => complete(auth, &user, client, (&passkey, &latest, &challenge), forgotten).await,
        Err(Fault::Counter) => {
            report_copy(auth, &user, &passkey, &challenge).await?;
            Err(PasskeyRefused.into())
        }
        Err(fault) => refuse(auth, failed(), fault),
    }
}

/// As [`login::complete`]. The challenge is used up and the counter raised in the transaction of the session.
async fn complete(
    auth: &Auth,
    user: &User,
    client: &Client,
    (passkey, latest, challenge): (&Passkey, &Use, &Challenge),
    forgotten: bool,
) -> Result<SignIn> {
    let terms = Terms { proof: Proof::Passkey { synced: latest.is_synced }, forgotten };
    let failed = || Event::of(Kind::SignInFailed, user);
    let entry = login::admit(auth, user, client, terms, |reason| auth.audit().note(failed().because(reason))).await?;
    let mut tx = auth.db().begin().await?;
    // The account is locked first, as by everything else that changes it or its passkeys.
    match entry {
        Entry::Challenge(further) => {
            users::hold(&mut tx, user.id).await?;
            if let Err(fault) = spend(auth, &mut tx, passkey, latest, challenge).await? {
                return refuse(auth, failed(), fault);
            }
            tx.commit().await?;
            Ok(SignIn::Challenge(further))
        }
        Entry::Open(admitted) => {
            let Some((issued, evicted)) = login::begin(auth, &mut tx, user, &admitted, client, terms).await? else {
                return refuse(auth, failed(), Reason::Changed);
            };
            if let Err(fault) = spend(auth, &mut tx, passkey, latest, challenge).await? {
                return refuse(auth, failed(), fault);
            }
            evicted.commit(auth, tx).await?;
            Ok(SignIn::Session(issued))
        }
    }
}

/// Uses up a challenge and records the use of the passkey. The fault if another request came first.
async fn spend(
    auth: &Auth,
    tx: &mut Tx,
    passkey: &Passkey,
    latest: &Use,
    challenge: &Challenge,
) -> Result<Result<(), Fault>> {
    if !challenge.take(auth, tx).await? {
        return Ok(Err(Fault::Challenge));
    }
    let counter = latest.counter.into();
    let recorded = store::record_use(tx, passkey.id, counter, latest.is_synced, auth.now()).await?;
    Ok(if recorded { Ok(()) } else { Err(Fault::Unknown) })
}

fn refuse<T>(auth: &Auth, event: Event, reason: impl Into<&'static str>) -> Result<T> {
    auth.audit().note(event.because(reason));
    Err(PasskeyRefused.into())
}

/// Records that a passkey was used whose counter did not go up, once per challenge, and notifies the owner: somebody may
/// have a copy of the authenticator.
async fn report_copy(auth: &Auth, user: &User, passkey: &Passkey, challenge: &Challenge) -> Result<()> {
    let mut tx = auth.db().begin().await?;
    users::hold(&mut tx, user.id).await?;
    if challenge.take(auth, &mut tx).await? {
        auth.audit().write(&mut tx, Event::of(Kind::PasskeyCopied, user).because(Fault::Counter)).await?;
        let is_due = auth.codes().request(&mut tx, Subject::of(NOTICE, user.id), NOTICE_LIMITS).await?.is_some();
        if is_due {
            notices::passkey_copied(auth, &mut tx, &user.email, passkey.created_at).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}
