//! Setting up a second factor, and removing it.

use secrecy::{ExposeSecret, SecretString};
use time::OffsetDateTime;
use uuid::Uuid;

use super::secret::Secret;
use super::{
    AlreadyEnrolled, CodeWrong, Enrollee, NotEnrolled, SetupNotBegun, challenge_store, check, qr, recovery, store, totp,
};
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::codes;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::mail::Recipient;
use crate::notices;
use crate::users::User;

/// A secret as its user gets it, once.
pub(crate) struct Shown {
    pub(crate) secret: String,
    pub(crate) uri: String,
    pub(crate) qr_code: String,
}

/// Makes a secret that waits for its first code. It replaces one that waits already.
///
/// # Errors
/// 400 if the account has a second factor.
pub(crate) async fn begin(auth: &Auth, enrollee: &Enrollee) -> Result<Shown> {
    let (secret, now) = (Secret::random(), auth.now());
    let (sealed, _) = secret.seal(&auth.tokens(), enrollee.id, now);
    let until = now + auth.settings().mfa.challenge_lifetime;
    let is_begun = match enrollee.user {
        Some(_) => store::set_up(auth.db(), (enrollee.id, enrollee.version), &sealed, until).await?,
        None => enrollee.keep(auth, &sealed).await?,
    };
    if !is_begun {
        return Err(AlreadyEnrolled.into());
    }
    shown(auth, enrollee, &secret)
}

/// The secret that waits for its first code, for a page that is shown again after a wrong one.
///
/// # Errors
/// 400 if there is none.
pub(crate) async fn show_again(auth: &Auth, enrollee: &Enrollee) -> Result<Shown> {
    let setup = store::setup(auth.db(), (enrollee.id, enrollee.version), auth.now()).await?.ok_or(SetupNotBegun)?;
    shown(auth, enrollee, &Secret::open(&auth.tokens(), enrollee.id, &setup.sealed).ok_or(SetupNotBegun)?)
}

fn shown(auth: &Auth, enrollee: &Enrollee, secret: &Secret) -> Result<Shown> {
    let issuer = auth.settings().mfa.issuer.as_deref().unwrap_or_else(|| auth.templates().service());
    let text = totp::base32(secret.totp());
    let uri = totp::uri(&issuer.replace(':', " "), enrollee.email.as_written(), &text);
    let qr_code = qr::svg(&uri).ok_or_else(|| anyhow::anyhow!("an address is too long for a QR code"))?;
    Ok(Shown { secret: text, uri, qr_code })
}

/// A setup whose first code was right, until it is used up.
pub(crate) struct Ready {
    setup: Uuid,
    secret: Secret,
    step: i64,
}

/// Compares the first code of a setup. Nothing is stored yet: a wrong code leaves the setup as it is.
///
/// # Errors
/// 400 if there is no setup, the account has a second factor, or the code is wrong.
pub(crate) async fn compare(auth: &Auth, enrollee: &Enrollee, code: &SecretString) -> Result<Ready> {
    let stored = store::setup(auth.db(), (enrollee.id, enrollee.version), auth.now()).await?;
    let shown = enrollee.shown.clone().map(|sealed| store::Setup { id: enrollee.id, sealed });
    let Some(setup) = stored.or(shown) else {
        let is_enrolled = super::is_enrolled(auth, enrollee.id).await?;
        return Err(if is_enrolled { AlreadyEnrolled.into() } else { Error::from(SetupNotBegun) });
    };
    // Sealed with a key that is gone: the setup is begun again.
    let secret = Secret::open(&auth.tokens(), enrollee.id, &setup.sealed).ok_or(SetupNotBegun)?;
    let typed = codes::typed_digits(totp::DIGITS, code).ok_or(CodeWrong)?;
    let step = totp::step_of(secret.totp(), typed.expose_secret(), i64::MIN, auth.now()).ok_or(CodeWrong)?;
    Ok(Ready { setup: setup.id, secret, step })
}

/// Makes a setup the account's second factor, in a transaction that holds the account: a proven one, if its user reads the
/// account's mail. Returns the recovery codes. For nobody it runs the same statements.
///
/// # Errors
/// 400 if another request was first, or the account has changed.
pub(crate) async fn finish(
    auth: &Auth,
    tx: &mut Tx,
    (enrollee, proven): (&Enrollee, bool),
    ready: &Ready,
) -> Result<Vec<SecretString>> {
    let (id, is_decoy, now) = (enrollee.id, enrollee.user.is_none(), auth.now());
    if !store::take_setup(tx, id, ready.setup, now).await? && !is_decoy {
        return Err(SetupNotBegun.into());
    }
    let (sealed, sealed_by) = ready.secret.seal(&auth.tokens(), id, now);
    if !store::insert(tx, (id, proven), (&sealed, &sealed_by), ready.step, now).await? && !is_decoy {
        return Err(AlreadyEnrolled.into());
    }
    let (codes, macs) = recovery::make(&ready.secret);
    store::set_recovery_codes(tx, id, &macs).await?;
    challenge_store::remove_all(tx, id).await?;
    let to = enrollee.user.as_ref().map_or_else(|| Recipient::from(&enrollee.email), Recipient::from);
    notices::second_factor_added(auth, tx, to, (!is_decoy).into()).await?;
    let event = match &enrollee.user {
        Some(user) => Event::of(Kind::SecondFactorAdded, user),
        None => Event::at(Kind::SignUpRefused, &enrollee.email, None).because(Reason::SecondFactor),
    };
    auth.audit().write(tx, event).await?;
    Ok(codes)
}

/// Recovery codes that are to replace those of a factor.
pub(crate) struct Renewal {
    factor: Uuid,
    macs: Vec<Vec<u8>>,
    pub(crate) codes: Vec<SecretString>,
}

/// Makes other recovery codes, outside of a transaction.
///
/// # Errors
/// 400 if the account has no second factor.
pub(crate) async fn other_recovery_codes(auth: &Auth, user: &User) -> Result<Renewal> {
    let factor = store::factor(auth.db(), user.id).await?.ok_or(NotEnrolled)?;
    let (codes, macs) = recovery::make(&check::open(auth, user, &factor)?);
    Ok(Renewal { factor: factor.id, macs, codes })
}

/// Replaces the recovery codes of an account.
///
/// # Errors
/// 400 if the second factor was removed or replaced since they were made.
pub(crate) async fn renew(auth: &Auth, tx: &mut Tx, user: &User, renewal: &Renewal) -> Result<()> {
    if !store::renew(tx, user.id, renewal.factor, auth.now()).await? {
        return Err(NotEnrolled.into());
    }
    store::set_recovery_codes(tx, user.id, &renewal.macs).await?;
    auth.audit().write(tx, Event::of(Kind::RecoveryCodesRenewed, user)).await?;
    Ok(())
}

/// Removes the second factor of an account and everything that belongs to it, in a transaction that holds the account;
/// returns whether it had one. Its owner is notified.
pub(crate) async fn remove(auth: &Auth, tx: &mut Tx, user: &User) -> Result<bool> {
    let removed = store::remove(tx, user.id).await?;
    challenge_store::remove_all(tx, user.id).await?;
    if removed {
        notices::second_factor_removed(auth, tx, user).await?;
        auth.audit().write(tx, Event::of(Kind::SecondFactorRemoved, user)).await?;
    }
    Ok(removed)
}

/// A second factor as its owner and staff see it; nothing of it is secret.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Overview {
    pub(crate) id: Uuid,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) last_used_at: Option<OffsetDateTime>,
    pub(crate) recovery_id: Uuid,
    pub(crate) recovery_created_at: OffsetDateTime,
    pub(crate) recovery_last_used_at: Option<OffsetDateTime>,
    pub(crate) recovery_codes_left: i64,
}

/// The second factor of an account, if it has one.
pub(crate) async fn overview(auth: &Auth, user: Uuid) -> Result<Option<Overview>> {
    let Some(factor) = store::factor(auth.db(), user).await? else { return Ok(None) };
    let recovery = store::recovery(auth.db(), user).await?;
    Ok(Some(Overview {
        id: factor.id,
        created_at: factor.created_at,
        last_used_at: factor.last_used_at,
        recovery_id: factor.recovery_id,
        recovery_created_at: factor.recovery_at,
        recovery_last_used_at: recovery.last_used_at,
        recovery_codes_left: recovery.unused,
    }))
}
