//! Accounts: who somebody is. What they may do with it, and how they prove it, is for other rooms.

mod email;
mod email_change;
pub mod import;
pub mod role;
mod routes;
pub(crate) mod store;
mod user;

pub use email::Email;
pub(crate) use routes::router;
pub(crate) use user::{NAME_LIMIT, attributes};
pub use user::{NewUser, User};

use uuid::Uuid;

use crate::app::Auth;
use crate::audit::{self, Event, Kind};
use crate::error::{Error, Result};
use crate::sessions::{self, Ended, EndedBy};

/// The account with an address, whatever its case.
///
/// # Errors
/// If the database cannot be reached.
pub async fn by_email(auth: &Auth, address: &str) -> Result<Option<User>> {
    let Some(email) = Email::parse(address) else { return Ok(None) };
    Ok(store::by_email(auth.db(), &email).await?)
}

/// 400: the address has an account.
pub(crate) fn taken() -> Error {
    Error::field("email", "A user is already registered with this e-mail address.")
}

/// Lets an account sign in again, or no more; then all its sessions end. Says whether there is such an account.
///
/// # Errors
/// If the database cannot be reached.
pub async fn set_active(auth: &Auth, user: Uuid, active: bool) -> Result<bool> {
    let mut tx = auth.db().begin().await?;
    let found = store::set_active(&mut tx, user, active, auth.now()).await?;
    let ended = if active {
        Ended::default()
    } else {
        sessions::end_all(auth, &mut tx, user, None, EndedBy::Deactivation).await?
    };
    if found {
        let kind = if active { Kind::Activated } else { Kind::Deactivated };
        audit::record(auth, &mut tx, Event::of_id(kind, user)).await?;
    }
    ended.commit(auth, tx).await?;
    Ok(found)
}
