//! Accounts: their rows, and the rules that hold for every one. What is done with an account is for the rooms below.

mod columns;
pub mod role;
pub(crate) mod search;
mod search_store;
pub(crate) mod store;
mod user;

pub use crate::email::Email;
pub(crate) use columns::{COLUMNS, Column, OWN_CLAIMS};
pub(crate) use user::{Account, NAME_LIMIT, attributes};
pub use user::{NewUser, User};

use time::OffsetDateTime;
use uuid::Uuid;

use crate::Auth;
use crate::db::Tx;
use crate::error::{Error, Result, refusals};
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

/// 400: the address has an account.
pub(crate) fn taken() -> Error {
    Error::field("email", "A user is already registered with this e-mail address.")
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
