//! Adds a passkey: the options for the browser, and the check of its response.

use serde_json::{Map, Value};

use super::challenge::{Challenge, ChallengeNotValid, Purpose};
use super::passkey::{self, Passkey};
use super::verification::{Fault, Registered, RegistrationResponse, registered};
use super::{Begun, options};
use crate::Auth;
use crate::error::{Error, Result, refusals};
use crate::http::Client;
use crate::sessions::DbUser;

refusals! {
    /// The response does not belong to the challenge, this site and a user whom the authenticator has verified.
    PasskeyNotValid = BAD_REQUEST, "passkey_not_valid", "This passkey cannot be added.";
}

/// # Errors
/// 409 `too_many_passkeys`; 401 if the session has ended.
pub(crate) async fn begin(auth: &Auth, user: &DbUser) -> Result<Begun> {
    let (challenge, others) = passkey::begin(auth, user).await?;
    Ok(Begun { options: options::of_registration(auth, user, &challenge, &others), challenge: challenge.id() })
}

/// Adds the passkey of a response. Without a name it gets that of the device.
///
/// # Errors
/// 400 if the challenge is void or the response not valid; 409 if the passkey or the account is taken up; 401 if the
/// session has ended.
pub(crate) async fn finish(
    auth: &Auth,
    user: &DbUser,
    client: &Client,
    (challenge, credential): (&str, Map<String, Value>),
    name: Option<String>,
) -> Result<Passkey> {
    let challenge = Challenge::find(auth, Purpose::Registration, challenge).await?;
    let challenge = challenge.filter(|challenge| challenge.user == Some(user.id)).ok_or(ChallengeNotValid)?;
    let (registered, transports) = checked(auth, &challenge, credential).map_err(|fault| {
        tracing::info!(user = %user.id, fault = fault.name(), "a passkey was not added");
        Error::from(PasskeyNotValid)
    })?;
    passkey::add(auth, user, &challenge, registered, (name, &transports), client).await
}

fn checked(
    auth: &Auth,
    challenge: &Challenge,
    credential: Map<String, Value>,
) -> Result<(Registered, Vec<String>), Fault> {
    let response: RegistrationResponse = serde_json::from_value(credential.into()).map_err(|_| Fault::Malformed)?;
    let registered = registered(&options::site(auth), &challenge.bytes, &response)?;
    Ok((registered, response.response.transports))
}
