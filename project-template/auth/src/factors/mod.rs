//! Second factors: their secrets, their codes, and the challenges of sign-ins that wait for one.
//!
//! An account has at most one authenticator app (TOTP, RFC 6238), with recovery codes beside it, and its passkeys stand in
//! for that; where it must have a second factor, they are one by themselves. `sessions::admit` asks `demand` before any
//! session begins, so no way to sign in gets past it; a mailed code is never a second factor.
//!
//! A code counts once: the statement that uses it up is guarded by the last step that was used, and runs in the
//! transaction that begins the session. Guesses are counted before they are compared, for the challenge and for the
//! account, whatever `[throttle]` says. The secrets are encrypted with a key outside the database; recovery codes are
//! stored as MACs.
//!
//! A factor is proven if whoever set it up had shown that they read the account's mail. One that is not may be an
//! attacker's, who signed up with another person's address. It must not lock out the owner: it does not stand against
//! anybody who reads the mail.

mod challenge;
mod challenge_store;
mod check;
mod enrolment;
mod guesses;
pub(crate) mod import;
mod qr;
mod recovery;
mod secret;
mod settings;
mod store;
mod totp;

pub(crate) use challenge::{Challenge, Demand, Enrollee, Held, Purpose, demand, demand_setup, find, find_setup};
pub(crate) use check::{Presented, Right, answer, answer_otherwise, of_session, of_session_otherwise};
pub(crate) use enrolment::{
    Overview, Ready, Renewal, Shown, begin, compare, finish, other_recovery_codes, overview, remove, renew, show_again,
};
pub(crate) use import::Imported;
pub use settings::{Mode, Settings};
pub(crate) use totp::DIGITS;
#[cfg(feature = "testing")]
pub(crate) use totp::code_at;

use uuid::Uuid;

use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::db::{Db, Tx};
use crate::error::{Result, refusals};
use crate::notices;
use crate::users::{User, role};

refusals! {
    /// The challenge is unknown, used, expired or given up after too many wrong codes, or its account has changed.
    ChallengeNotValid = BAD_REQUEST, "challenge_not_valid", "Challenge expired or invalid.";
    /// The code is wrong, used, or not of this time.
    CodeWrong = BAD_REQUEST, "invalid_code", "Invalid code.";
    /// The recovery code is wrong or used.
    RecoveryCodeWrong = BAD_REQUEST, "invalid_recovery_code", "Invalid recovery code.";
    /// That was the last of `mfa.challenge_attempts`: sign in again.
    TooManyGuesses = BAD_REQUEST, "too_many_attempts", "Too many failed attempts. Challenge invalidated.";
    /// The account has had `mfa.account_attempts` wrong codes within `mfa.lockout`. `Retry-After` says when it takes
    /// another.
    Locked = TOO_MANY_REQUESTS, "mfa_locked", "Too many failed MFA attempts. Try again later.";
    /// The account has a second factor.
    AlreadyEnrolled = BAD_REQUEST, "totp_already_activated", "TOTP already activated.";
    /// The account has no second factor.
    NotEnrolled = BAD_REQUEST, "totp_not_activated", "TOTP not activated.";
    /// No secret is waiting for its first code, or it has expired.
    SetupNotBegun = BAD_REQUEST, "setup_not_initiated", "Setup not initiated.";
}

/// Whether the account has an authenticator app that counts.
pub(crate) async fn is_enrolled(auth: &Auth, user: Uuid) -> Result<bool> {
    Ok(auth.settings().mfa.totp != Mode::Disabled && store::standing(auth.db(), user).await?.app.is_some())
}

/// Whether the account has a second factor that stands against a reader of its mail: a proven app, or, without an app,
/// passkeys where it must have a factor.
pub(crate) async fn is_guarded(auth: &Auth, user: &User) -> Result<bool> {
    let mfa = &auth.settings().mfa;
    if mfa.totp == Mode::Disabled {
        return Ok(false);
    }
    let app = store::standing(auth.db(), user.id).await?.app;
    Ok(app.unwrap_or_else(|| mfa.is_required_of(user.role)))
}

/// Whether the account has an app or passkeys that are not proven.
pub(crate) async fn has_unproven(auth: &Auth, user: Uuid) -> Result<bool> {
    let standing = store::standing(auth.db(), user).await?;
    Ok(standing.app == Some(false) || standing.passkeys > standing.proven_passkeys)
}

/// Removes everything that belongs to an account that is deleted.
pub(crate) async fn erase(tx: &mut Tx, user: Uuid) -> sqlx::Result<()> {
    store::remove(tx, user).await?;
    challenge_store::remove_all(tx, user).await
}

/// Removes a second factor that may be an attacker's, since nobody who set it up had shown that they read the account's
/// mail, and what is pending. The owner is notified: it may have been theirs. Returns whether there was one.
pub(crate) async fn discard_unproven(auth: &Auth, tx: &mut Tx, user: &User) -> Result<bool> {
    void_pending(tx, user.id).await?;
    let removed = store::remove_unproven(tx, user.id).await?;
    if removed {
        notices::second_factor_removed(auth, tx, user).await?;
        let event = Event::of(Kind::SecondFactorRemoved, user).because(Reason::NotVerified);
        auth.audit().write(tx, event).await?;
    }
    Ok(removed)
}

/// Voids challenges and a setup that waits for its first code.
pub(crate) async fn void_pending(tx: &mut Tx, user: Uuid) -> sqlx::Result<()> {
    store::remove_setup(tx, user).await?;
    challenge_store::remove_all(tx, user).await
}

/// Records that whoever set up the account's second factor reads its mail.
pub(crate) async fn trust(tx: &mut Tx, user: Uuid) -> sqlx::Result<()> {
    store::set_proven(tx, user).await
}

/// Encrypts secrets again that were encrypted with another key than the present one, at most `limit` for each key, so
/// that the key can be removed. Returns how many.
pub(crate) async fn reseal(auth: &Auth, limit: u32) -> sqlx::Result<u64> {
    let (tokens, now) = (auth.tokens(), auth.now());
    let present = tokens.signing_key(now).kid();
    let mut resealed = 0;
    for key in tokens.keys().filter(|key| key.kid() != present) {
        for (user, sealed) in store::sealed_by(auth.db(), key.kid(), limit).await? {
            let Some(secret) = secret::Secret::open(&tokens, user, &sealed) else { continue };
            let (again, by) = secret.seal(&tokens, user, now);
            store::reseal(auth.db(), user, &sealed, (&again, &by)).await?;
            resealed += 1;
        }
    }
    Ok(resealed)
}

/// Removes expired challenges and setups, at most `limit` of each. Returns how many.
pub(crate) async fn remove_expired(auth: &Auth, limit: u32) -> sqlx::Result<u64> {
    let now = auth.now();
    let challenges = challenge_store::EXPIRING.remove(auth.db(), now, limit).await?;
    Ok(challenges + store::EXPIRING_SETUPS.remove(auth.db(), now, limit).await?)
}

/// How many [`remove_expired`] would remove, without a limit.
pub(crate) async fn count_expired(auth: &Auth) -> sqlx::Result<u64> {
    let now = auth.now();
    let challenges = challenge_store::EXPIRING.count(auth.db(), now).await?;
    Ok(challenges + store::EXPIRING_SETUPS.count(auth.db(), now).await?)
}

/// Removes guesses that no longer count, at most `limit`. Returns how many.
pub(crate) async fn remove_old_guesses(auth: &Auth, limit: u32) -> sqlx::Result<u64> {
    challenge_store::GUESSES.remove(auth.db(), auth.now() - auth.settings().mfa.lockout, limit).await
}

/// How many [`remove_old_guesses`] would remove, without a limit.
pub(crate) async fn count_old_guesses(auth: &Auth) -> sqlx::Result<u64> {
    challenge_store::GUESSES.count(auth.db(), auth.now() - auth.settings().mfa.lockout).await
}

/// The addresses of active superusers without a second factor under these settings.
pub(crate) async fn superusers_without(db: &Db, settings: &Settings) -> sqlx::Result<Vec<String>> {
    store::superusers_without(db, role::SUPERUSER, settings.is_required_of(role::SUPERUSER)).await
}
