//! Passkeys (Web Authentication, level 3): adding and removing them, and signing in with one.
//!
//! A passkey is a key pair on a user's device, or synced among several, which signs for one site after the device has
//! verified its user by a fingerprint, a face or a PIN. So it is two factors in one, nothing to be phished, and nothing
//! that a leak of the database gives away.
//!
//! The site is the host of `http.public_url`. Responses are read in the strict form that authenticators must use, and
//! checked against a stored challenge, which counts once: the transaction that begins the session uses it up.

mod assertion;
mod authenticator_data;
mod cbor;
mod challenge;
mod challenge_store;
mod client_data;
mod options;
mod passkey;
mod public_key;
#[cfg(test)]
mod recorded_tests;
mod registration;
mod routes;
mod settings;
mod sign_in;
mod sign_in_routes;
mod store;
mod verification;

pub(crate) use assertion::{Assertion, Shown, of_user, options_of};
pub(crate) use passkey::{
    DisconnectNotAllowed, NAME_LIMIT, Passkey, all_of_user, discard_unproven, has_other_way, remove, remove_all,
    remove_in, rename, set_proven,
};
pub(crate) use registration::{begin as begin_registration, finish as finish_registration};
pub(crate) use routes::{PasskeyOptions, public_router};
pub use settings::Settings;
pub(crate) use sign_in::{PasskeyRefused, check, complete};

use serde_json::Value;

use crate::Auth;
use crate::openapi::Api;

/// What a browser needs to make a passkey or to use one.
pub(crate) struct Begun {
    /// The id of the challenge, to be sent back with the response.
    pub(crate) challenge: String,
    pub(crate) options: Value,
}

pub(crate) fn router(settings: &Settings) -> Api {
    if settings.enabled { routes::router().merge(sign_in_routes::router()) } else { Api::default() }
}

/// Removes expired challenges, at most `limit`. Returns how many.
pub(crate) async fn remove_expired(auth: &Auth, limit: u32) -> sqlx::Result<u64> {
    challenge_store::EXPIRING.remove(auth.db(), auth.now(), limit).await
}

pub(crate) async fn count_expired(auth: &Auth) -> sqlx::Result<u64> {
    challenge_store::EXPIRING.count(auth.db(), auth.now()).await
}
