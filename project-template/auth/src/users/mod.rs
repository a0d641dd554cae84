//! Accounts: their rows, and the rules for all of them. The operations on accounts are in other rooms.

mod address_store;
mod columns;
mod guest_store;
mod import_store;
mod migrating;
mod password_store;
pub mod role;
mod role_store;
pub(crate) mod search;
mod search_store;
mod sign_in_store;
mod store;
mod user;

pub use crate::email::Email;
pub(crate) use address_store::{address_of, change_address, verify_address};
pub(crate) use columns::{COLUMNS, Column};
pub(crate) use guest_store::{count_expired_guests, expired_guest, expired_guests, make_guest, remove_guest};
pub(crate) use import_store::{has_id, id_of_address, import};
pub(crate) use password_store::{has_password, is_read_by, trust_password, void_unproven_password};
pub(crate) use role_store::{hold_superusers, set_role};
pub(crate) use sign_in_store::revoke_access_tokens;
pub(crate) use store::{Changes, add_or_find, by_address, by_id, change, columns, hold, hold_active, set_active};
pub use user::User;
pub(crate) use user::{ImportedAccount, NAME_LIMIT, NewUser, attributes, cut_name};

use time::OffsetDateTime;
use uuid::Uuid;

use crate::Auth;
use crate::db::Tx;
use crate::error::{Error, Result, refusals};
use crate::throttle;

/// Finds the account with an address, ignoring case.
pub async fn by_email(auth: &Auth, address: &str) -> Result<Option<User>> {
    let Some(email) = Email::parse(address) else { return Ok(None) };
    Ok(by_address(auth.db(), &email).await?)
}

pub(crate) async fn at_version(auth: &Auth, id: Uuid, version: i64) -> Result<Option<User>> {
    let user = by_id(auth.db(), id).await?;
    Ok(user.filter(|user| user.is_active && user.auth_version == version))
}

/// Forgives failures counted for the address. A taken address is a unique violation, see [`crate::db::is_taken`].
pub(crate) async fn add(tx: &mut Tx, new: &NewUser, now: OffsetDateTime) -> sqlx::Result<User> {
    let user = store::insert(tx, new, now).await?;
    throttle::forgive(tx, new.email.key()).await?;
    Ok(user)
}

pub(crate) fn taken() -> Error {
    Error::field("email", "A user is already registered with this e-mail address.")
}

refusals! {
    /// Nobody would be left who can do everything.
    LastSuperuser = CONFLICT, "last_superuser", "This is the last active superuser. Make another one first.";
}

/// Locks all superusers until the transaction ends, so that two of them cannot remove each other concurrently.
pub(crate) async fn protect_last_superuser(tx: &mut Tx, user: Uuid) -> Result<()> {
    hold_superusers(tx).await?;
    if role_store::is_last_superuser(tx, user).await? { Err(LastSuperuser.into()) } else { Ok(()) }
}
