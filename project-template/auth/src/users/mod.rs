//! Accounts: their rows, and the rules for all of them. The operations on accounts are in other rooms.

mod columns;
pub mod role;
pub(crate) mod search;
mod search_store;
pub(crate) mod store;
mod user;

pub use crate::email::Email;
pub(crate) use columns::{COLUMNS, Column, OWN_CLAIMS};
pub(crate) use user::{ImportedAccount, NAME_LIMIT, attributes};
pub use user::{NewUser, User};

use time::OffsetDateTime;
use uuid::Uuid;

use crate::Auth;
use crate::db::Tx;
use crate::error::{Error, Result, refusals};
use crate::throttle;

/// Finds the account with an address, ignoring case.
///
/// # Errors
/// If the database cannot be reached.
pub async fn by_email(auth: &Auth, address: &str) -> Result<Option<User>> {
    let Some(email) = Email::parse(address) else { return Ok(None) };
    Ok(store::by_email(auth.db(), &email).await?)
}

/// The account, if it is active and still has this `auth_version`.
///
/// # Errors
/// If the database cannot be reached.
pub(crate) async fn at_version(auth: &Auth, id: Uuid, version: i64) -> Result<Option<User>> {
    let user = store::by_id(auth.db(), id).await?;
    Ok(user.filter(|user| user.is_active && user.auth_version == version))
}

/// Creates an account, and removes the failures counted for its address before. A taken address is a unique violation,
/// see [`crate::db::is_taken`].
///
/// # Errors
/// If the database cannot be reached.
pub(crate) async fn add(tx: &mut Tx, new: &NewUser, now: OffsetDateTime) -> sqlx::Result<User> {
    let user = store::insert(tx, new, now).await?;
    throttle::forgive(tx, new.email.key()).await?;
    Ok(user)
}

/// 400: the address has an account.
pub(crate) fn taken() -> Error {
    Error::field("email", "A user is already registered with this e-mail address.")
}

refusals! {
    /// Nobody would be left who can do everything.
    LastSuperuser = CONFLICT, "last_superuser", "This is the last active superuser. Make another one first.";
}

/// Rejects a change to the last active superuser. Locks all superusers until the transaction ends, so that two of them
/// cannot remove each other concurrently.
///
/// # Errors
/// 409 `last_superuser`.
pub(crate) async fn protect_last_superuser(tx: &mut Tx, user: Uuid) -> Result<()> {
    store::hold_superusers(tx).await?;
    if store::is_last_superuser(tx, user).await? { Err(LastSuperuser.into()) } else { Ok(()) }
}
