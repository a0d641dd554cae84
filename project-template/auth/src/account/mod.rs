//! Changes to accounts: by their owners, by operators, and by import from other systems.

mod email_change;
mod export;
pub mod import;
mod owner;
mod promotion;
mod routes;

pub(crate) use promotion::{promote, secure_promoted};
pub(crate) use routes::router;

use uuid::Uuid;

use crate::Auth;
use crate::audit::{self, Event, Kind};
use crate::codes;
use crate::db::Tx;
use crate::email_verification;
use crate::error::Result;
use crate::factors;
use crate::login_codes;
use crate::passkeys;
use crate::sessions::{self, Ended, EndedBy};
use crate::throttle;
use crate::users::{self, User};

/// Activates or deactivates an account; deactivation ends all its sessions. Returns whether the account exists.
pub async fn set_active(auth: &Auth, user: Uuid, active: bool) -> Result<bool> {
    let mut tx = auth.db().begin().await?;
    let (found, ended) = set_active_in(auth, &mut tx, user, active).await?;
    ended.commit(auth, tx).await?;
    Ok(found)
}

pub(crate) async fn set_active_in(auth: &Auth, tx: &mut Tx, user: Uuid, active: bool) -> Result<(bool, Ended)> {
    if !active {
        users::protect_last_superuser(tx, user).await?;
    }
    let found = users::set_active(tx, user, active, auth.now()).await?;
    let ended =
        if active { Ended::default() } else { sessions::end_all(auth, tx, user, None, EndedBy::Deactivation).await? };
    if found {
        let kind = if active { Kind::Activated } else { Kind::Deactivated };
        auth.audit().write(tx, Event::of_id(kind, user)).await?;
    }
    Ok((found, ended))
}

/// For an account whose owner has lost it; ends its sessions. False if it had none.
pub(crate) async fn remove_second_factor(auth: &Auth, user: &User) -> Result<bool> {
    let mut tx = auth.db().begin().await?;
    users::hold(&mut tx, user.id).await?;
    let (removed, ended) = remove_second_factor_in(auth, &mut tx, user).await?;
    ended.commit(auth, tx).await?;
    Ok(removed)
}

/// As [`remove_second_factor`], within a transaction that holds the account. The caller must commit it through the
/// returned `Ended`.
pub(crate) async fn remove_second_factor_in(auth: &Auth, tx: &mut Tx, user: &User) -> Result<(bool, Ended)> {
    let mut removed = factors::remove(auth, tx, user).await?;
    // Where there must be a second factor, passkeys are one by themselves, and would be asked for next.
    if auth.settings().mfa.is_required_of(user.role) {
        removed |= passkeys::remove_all(auth, tx, user).await?;
    }
    if !removed {
        return Ok((false, Ended::default()));
    }
    Ok((true, sessions::end_all(auth, tx, user.id, None, EndedBy::SecondFactor).await?))
}

/// The caller must end the account's sessions first. False if the account has changed since `user` was read.
pub(crate) async fn erase(auth: &Auth, tx: &mut Tx, user: &User, event: Event) -> sqlx::Result<bool> {
    codes::erase(tx, user.id).await?;
    factors::erase(tx, user.id).await?;
    discard_codes(tx, user).await?;
    if !user.delete(tx).await? {
        return Ok(false);
    }
    auth.audit().write(tx, event).await?;
    audit::forget(tx, user.id).await?;
    throttle::forgive(tx, user.email.key()).await?;
    Ok(true)
}

/// For an account that gives up its address. Counters are kept.
async fn discard_codes(tx: &mut Tx, user: &User) -> sqlx::Result<()> {
    login_codes::discard(tx, &user.email).await?;
    email_verification::discard(tx, &user.email).await
}
