//! Checks the answer of an authenticator to a challenge, whatever it is shown for: a first factor, a second one, or another
//! proof within a session.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::authenticator_data::USER_VERIFIED;
use super::challenge::{Challenge, Purpose};
use super::passkey::Passkey;
use super::verification::{AuthenticationResponse, Fault, Use, used};
use super::{options, store};
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::codes::{Limits, Subject};
use crate::db::Tx;
use crate::error::Result;
use crate::notices;
use crate::sessions::Methods;
use crate::users::{self, User};

/// How often an owner is notified of a copy of one passkey.
const NOTICE: &str = "passkey notice";
const NOTICE_LIMITS: Limits =
    Limits { cooldown: Duration::from_hours(1), sends: u32::MAX, lockout: Duration::from_hours(1) };

/// Who shows a passkey.
pub(crate) enum Shown<'u> {
    /// Nobody has said yet who they are.
    First,
    /// The user of a session, who gets the same options as one who signs in.
    Again(&'u User),
    /// A user who has shown another factor, in the sign-in with this name. The authenticator must verify them if `alone` says
    /// that nothing else counts.
    Second { user: &'u User, alone: bool, sign_in: Uuid },
}

impl<'u> Shown<'u> {
    fn purpose(&self) -> Purpose {
        match self {
            Self::First | Self::Again(_) => Purpose::SignIn,
            Self::Second { sign_in, .. } => Purpose::SecondFactor(*sign_in),
        }
    }

    fn user(&self) -> Option<&'u User> {
        match self {
            Self::First => None,
            Self::Again(user) | Self::Second { user, .. } => Some(user),
        }
    }

    fn needs(&self) -> u8 {
        if matches!(self, Self::Second { alone: false, .. }) { 0 } else { USER_VERIFIED }
    }
}

/// A right answer, until it is used up.
pub(crate) struct Assertion {
    pub(crate) user: User,
    passkey: Passkey,
    pub(super) latest: Use,
    challenge: Challenge,
}

/// A wrong answer: whose passkey it names, if anybody's, and the first check that failed.
pub(super) struct Refused {
    user: Option<User>,
    reason: Cow<'static, str>,
}

impl Refused {
    pub(super) fn event(&self) -> Event {
        let event = self
            .user
            .as_ref()
            .map_or_else(|| Event::new(Kind::SignInFailed), |user| Event::of(Kind::SignInFailed, user));
        event.because(self.reason.clone())
    }
}

/// The challenge and the options for a passkey as the second factor of an account, in the sign-in with this name. None if it
/// has no passkey.
pub(crate) async fn options_of(auth: &Auth, user: &User, alone: bool, sign_in: Uuid) -> Result<Option<Value>> {
    let passkeys = store::of_user(auth.db(), user.id).await?;
    if passkeys.is_empty() {
        return Ok(None);
    }
    let challenge = Challenge::for_second_factor(auth, user.id, sign_in).await?;
    let verification = if alone { "required" } else { "preferred" };
    let options = options::of_sign_in(auth, &challenge, &passkeys, verification);
    Ok(Some(json!({ "challenge_id": challenge.id(), "options": options })))
}

/// The answer of a user who is known. None if it is wrong; the audit log has the reason.
pub(crate) async fn of_user(
    auth: &Auth,
    shown: Shown<'_>,
    challenge: &str,
    credential: Map<String, Value>,
) -> Result<Option<Assertion>> {
    Ok(match check(auth, shown, challenge, credential).await? {
        Ok(assertion) => Some(assertion),
        Err(refused) => {
            auth.audit().note(refused.event());
            None
        }
    })
}

pub(super) async fn check(
    auth: &Auth,
    shown: Shown<'_>,
    challenge: &str,
    credential: Map<String, Value>,
) -> Result<Result<Assertion, Refused>> {
    let known = shown.user();
    let unknown = |fault: Fault| Ok(Err(Refused { user: known.cloned(), reason: fault.into() }));
    let Ok(response) = serde_json::from_value::<AuthenticationResponse>(credential.into()) else {
        return unknown(Fault::Malformed);
    };
    let found = Challenge::find(auth, shown.purpose(), challenge).await?;
    let bound = found.filter(|challenge| challenge.user.is_none_or(|user| known.is_some_and(|known| known.id == user)));
    let Some(challenge) = bound else { return unknown(Fault::Challenge) };
    let Some(passkey) = store::by_credential(auth.db(), &response.raw_id.0).await? else {
        return unknown(Fault::Unknown);
    };
    if known.is_some_and(|known| known.id != passkey.user_id) {
        return unknown(Fault::Owner);
    }
    let Some(user) = users::by_id(auth.db(), passkey.user_id).await? else { return unknown(Fault::Unknown) };
    let refused = |user: User, reason: Cow<'static, str>| Ok(Err(Refused { user: Some(user), reason }));
    // Needed while nobody has said who they are; else it may be missing (Web Authentication, section 7.2, step 6).
    let handle = response.response.user_handle.as_ref();
    let is_own = handle.map_or(known.is_some(), |handle| handle.0 == user.id.as_bytes());
    if !is_own {
        return refused(user, Fault::Owner.into());
    }
    let checked = used(&options::site(auth), &challenge.bytes, &response, &passkey.stored(), shown.needs());
    if !user.is_active {
        return refused(user, Reason::Inactive.into());
    }
    match checked {
        Ok(latest) => Ok(Ok(Assertion { user, passkey, latest, challenge })),
        Err(fault @ Fault::Counter) => {
            report_copy(auth, &user, &passkey, &challenge).await?;
            refused(user, fault.into())
        }
        Err(fault) => refused(user, fault.into()),
    }
}

impl Assertion {
    /// Uses up the challenge and records the use of the passkey, in a transaction that holds the account. False if
    /// another request came first: the audit log has the reason.
    pub(crate) async fn spend(&self, auth: &Auth, tx: &mut Tx) -> Result<bool> {
        let fault = if self.challenge.take(auth, tx).await? {
            let (counter, is_synced) = (self.latest.counter.into(), self.latest.is_synced);
            let recorded = store::record_use(tx, self.passkey.id, counter, is_synced, auth.now()).await?;
            Some(Fault::Unknown).filter(|_| !recorded)
        } else {
            Some(Fault::Challenge)
        };
        if let Some(fault) = fault {
            auth.audit().note(Refused { user: Some(self.user.clone()), reason: fault.into() }.event());
        }
        Ok(fault.is_none())
    }

    /// What it proves, beside another factor.
    pub(crate) fn methods(&self) -> Methods {
        Methods::of_second_passkey(self.latest.is_synced, self.latest.is_verified)
    }
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
            notices::passkey_copied(auth, &mut tx, user, passkey.created_at).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}
