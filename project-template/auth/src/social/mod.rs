//! Signing in with an account at another service: any provider of OpenID Connect, and GitHub.
//!
//! A provider's word is believed about who its user is (the claim `sub`, which never changes), and about an address if it
//! vouches for that. An address leads to an account here only if its owner has proven it here too: who signed up with
//! another person's address and waits gets nothing from it. What was never confirmed and never used is replaced, and its
//! password dies.
//!
//! Clients bring an ID token or a code (`routes`), or send a browser through the server's own redirects (`redirect`).
//! Every way ends at `sign_in`.

mod accounts;
mod apple;
mod connect;
mod github;
mod journey;
mod login_store;
mod metadata;
mod profile;
mod provider;
mod provider_settings;
mod reach;
mod redirect;
mod routes;
mod settings;
mod sign_in;
mod trouble;

pub(crate) use connect::disconnect;
pub(crate) use journey::{Aim, LOGIN_COOKIE, depart};
pub(crate) use provider::Providers;
pub use provider_settings::{AppleKey, Kind, Provider};
pub(crate) use redirect::{at_localhost, posted_router, sign_in_to_page};
pub use settings::{Linking, Settings};
pub(crate) use sign_in::Entrance;

use crate::Auth;
use crate::connections;
use crate::openapi::Api;

pub(crate) fn router() -> Api {
    redirect::add(routes::router().merge(accounts::router()))
}

/// Removes expired sign-ins and used codes, at most `limit` of each. Returns how many.
pub(crate) async fn remove_expired(auth: &Auth, limit: u32) -> sqlx::Result<u64> {
    let logins = login_store::EXPIRING.remove(auth.db(), auth.now(), limit).await?;
    Ok(logins + connections::remove_expired(auth, limit).await?)
}

/// How many [`remove_expired`] would remove, without a limit.
pub(crate) async fn count_expired(auth: &Auth) -> sqlx::Result<u64> {
    let logins = login_store::EXPIRING.count(auth.db(), auth.now()).await?;
    Ok(logins + connections::count_expired(auth).await?)
}
