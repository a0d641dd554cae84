//! Accounts: who somebody is. What they may do with it, and how they prove it, is for other rooms.

mod columns;
mod deleted;
mod email;
mod email_change;
mod export;
pub mod import;
mod owner;
mod promotion;
pub mod role;
mod routes;
pub(crate) mod store;
mod user;

pub(crate) use columns::{COLUMNS, Column, OWN_CLAIMS};
pub use email::Email;
pub(crate) use promotion::{promote, secure_promoted};
pub(crate) use routes::router;
pub(crate) use user::{NAME_LIMIT, attributes};
pub use user::{NewUser, User};

use time::OffsetDateTime;
use uuid::Uuid;

use crate::app::Auth;
use crate::audit::{self, Event, Kind};
use crate::codes;
use crate::db::Tx;
use crate::email_verification;
use crate::error::{Error, Result};
use crate::login_codes;
use crate::openapi::refusals;
use crate::sessions::{self, Ended, EndedBy};
use crate::throttle;

/// The account with an address, whatever its case.
///
/// # Errors
/// If the database cannot be reached.
pub async fn by_email(auth: &Auth, address: &str) -> Result<Option<User>> {
    let Some(email) = Email::parse(address) else { return Ok(None) };
    Ok(store::by_email(auth.db(), &email).await?)
}

/// An account, if it is active and still as it was in this version.
///
/// # Errors
/// If the database cannot be reached.
pub(crate) async fn at_version(auth: &Auth, id: Uuid, version: i64) -> Result<Option<User>> {
    let user = store::by_id(auth.db(), id).await?;
    Ok(user.filter(|user| user.is_active && user.auth_version == version))
}

/// Makes an account. What was counted for its address was somebody else's. A taken address is a unique violation, see
/// [`crate::db::is_taken`].
///
/// # Errors
/// If the database cannot be reached.
pub(crate) async fn add(tx: &mut Tx, new: &NewUser, now: OffsetDateTime) -> sqlx::Result<User> {
    let user = store::insert(tx, new, now).await?;
    throttle::forgive(tx, new.email.key()).await?;
    Ok(user)
}

/// Removes an account and everything that hangs on it, if it is still as `user` shows it, and says that by an event. Its
/// sessions are the caller's to end before.
///
/// # Errors
/// If the database cannot be reached.
pub(crate) async fn erase(auth: &Auth, tx: &mut Tx, user: &User, event: Event) -> sqlx::Result<bool> {
    codes::erase(tx, user.id).await?;
    discard_codes(tx, user).await?;
    if !store::delete(tx, user).await? {
        return Ok(false);
    }
    audit::record(auth, tx, event).await?;
    audit::forget(tx, user.id).await?;
    throttle::forgive(tx, &user.address_key()).await?;
    Ok(true)
}

/// Makes void what was sent to the address of an account that gives it up. What was counted stays.
async fn discard_codes(tx: &mut Tx, user: &User) -> sqlx::Result<()> {
    let Some(email) = Email::parse(&user.email) else { return Ok(()) };
    login_codes::discard(tx, &email).await?;
    email_verification::discard(tx, &email).await
}

/// 400: the address has an account.
pub(crate) fn taken() -> Error {
    Error::field("email", "A user is already registered with this e-mail address.")
}

/// Lets an account sign in again, or no more; then all its sessions end. Says whether there is such an account.
///
/// # Errors
/// 409 `last_superuser`. If the database cannot be reached.
pub async fn set_active(auth: &Auth, user: Uuid, active: bool) -> Result<bool> {
    let mut tx = auth.db().begin().await?;
    let (found, ended) = set_active_in(auth, &mut tx, user, active).await?;
    ended.commit(auth, tx).await?;
    Ok(found)
}

/// As [`set_active`], within a transaction, which is to be committed with the sessions that end.
pub(crate) async fn set_active_in(auth: &Auth, tx: &mut Tx, user: Uuid, active: bool) -> Result<(bool, Ended)> {
    if !active {
        protect_last_superuser(tx, user).await?;
    }
    let found = store::set_active(tx, user, active, auth.now()).await?;
    let ended =
        if active { Ended::default() } else { sessions::end_all(auth, tx, user, None, EndedBy::Deactivation).await? };
    if found {
        let kind = if active { Kind::Activated } else { Kind::Deactivated };
        audit::record(auth, tx, Event::of_id(kind, user)).await?;
    }
    Ok((found, ended))
}

refusals! {
    /// Nobody would be left who can do everything.
    LastSuperuser = CONFLICT, "last_superuser", "This is the last active superuser. Make another one first.";
}

/// Refuses to go on with an account that is the last active superuser. Until the transaction ends, all superusers are held:
/// of two who take each other's role away at once, one finds that they are the last.
///
/// # Errors
/// 409 `last_superuser`.
pub(crate) async fn protect_last_superuser(tx: &mut Tx, user: Uuid) -> Result<()> {
    store::hold_superusers(tx).await?;
    if store::is_last_superuser(tx, user).await? { Err(LastSuperuser.into()) } else { Ok(()) }
}
