//! The checks of Web Authentication, sections 7.1 (a new credential) and 7.2 (an assertion). No attestation is
//! requested; a statement that comes nevertheless is not verified, and grants nothing.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Deserializer, de};

use super::authenticator_data::{AuthenticatorData, BACKED_UP, BACKUP_ELIGIBLE, USER_PRESENT, USER_VERIFIED};
use super::cbor::{self, Item};
use super::client_data::{self, Ceremony};
use super::public_key::PublicKey;
use crate::words::words;

/// The site that credentials belong to.
#[derive(Clone, Debug)]
pub(super) struct Site {
    /// Its id: a host name.
    pub(super) id: String,
    /// The origins of pages and apps that may use the credentials, exactly as browsers write them.
    pub(super) origins: Vec<String>,
}

impl Site {
    fn is_of(&self, data: &AuthenticatorData<'_>) -> bool {
        digest(&SHA256, self.id.as_bytes()).as_ref() == data.site
    }
}

/// Bytes that JSON has in base64url without padding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Base64Url(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Base64Url {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        URL_SAFE_NO_PAD.decode(text).map(Self).map_err(|_| de::Error::custom("not base64url without padding"))
    }
}

/// The only type of a credential that there is (Web Authentication, section 5.8.2).
#[derive(Clone, Copy, Debug, Deserialize)]
enum CredentialKind {
    #[serde(rename = "public-key")]
    PublicKey,
}

/// `RegistrationResponseJSON`, as `PublicKeyCredential.toJSON()` makes it. Other members are ignored.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RegistrationResponse {
    #[serde(rename = "type")]
    _kind: CredentialKind,
    pub(super) raw_id: Base64Url,
    pub(super) response: AttestationResponse,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AttestationResponse {
    #[serde(rename = "clientDataJSON")]
    pub(super) client_data: Base64Url,
    pub(super) attestation_object: Base64Url,
    #[serde(default)]
    pub(super) transports: Vec<String>,
}

/// `AuthenticationResponseJSON`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuthenticationResponse {
    #[serde(rename = "type")]
    _kind: CredentialKind,
    pub(super) raw_id: Base64Url,
    pub(super) response: AssertionResponse,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AssertionResponse {
    #[serde(rename = "clientDataJSON")]
    pub(super) client_data: Base64Url,
    pub(super) authenticator_data: Base64Url,
    pub(super) signature: Base64Url,
    #[serde(default)]
    pub(super) user_handle: Option<Base64Url>,
}

/// A new credential that passed every check but one: that its id is new.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Registered {
    pub(super) id: Vec<u8>,
    /// The public key as the authenticator wrote it (`COSE_Key`).
    pub(super) public_key: Vec<u8>,
    pub(super) counter: u32,
    pub(super) can_be_synced: bool,
    pub(super) is_synced: bool,
    /// The model of the authenticator (AAGUID).
    pub(super) model: [u8; 16],
}

/// A credential as it was stored.
#[derive(Clone, Debug)]
pub(super) struct Stored<'a> {
    pub(super) public_key: &'a [u8],
    pub(super) counter: u32,
    pub(super) can_be_synced: bool,
}

/// A use of a credential.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) counter: u32,
    pub(super) is_synced: bool,
    /// Whether the authenticator verified its user.
    pub(super) is_verified: bool,
}

words! {
    /// The first check that failed, for the audit log. The client is not told.
    pub(crate) Fault {
        /// Not in the form that browsers and authenticators write.
        Malformed = "passkey_malformed",
        /// Of a registration instead of a sign-in, or the reverse.
        Ceremony = "passkey_ceremony",
        /// Of another challenge, or of one that is used or expired.
        Challenge = "passkey_challenge",
        /// Made on a page or in an app that the settings do not name.
        Origin = "passkey_origin",
        /// Made in a frame of another origin.
        Framed = "passkey_framed",
        /// Of a credential of another site.
        Site = "passkey_site",
        /// The authenticator did not verify its user.
        NotVerified = "passkey_not_verified",
        /// No such credential, or not the one that the response names.
        Unknown = "passkey_unknown",
        /// The user handle is not that of the credential's owner.
        Owner = "passkey_owner",
        /// A credential of a single device has become one of many, or the reverse.
        SyncChanged = "passkey_sync_changed",
        Signature = "passkey_signature",
        /// No more signatures than before: there is a copy of the authenticator.
        Counter = "passkey_counter",
    }
}

impl From<Fault> for Cow<'static, str> {
    fn from(fault: Fault) -> Self {
        fault.name().into()
    }
}

/// Checks the response of `navigator.credentials.create()`.
pub(super) fn registered(site: &Site, challenge: &[u8], response: &RegistrationResponse) -> Result<Registered, Fault> {
    let attestation = &response.response;
    client_data::check(&attestation.client_data.0, Ceremony::Registration, challenge, &site.origins)?;
    let object = cbor::map(&attestation.attestation_object.0).ok_or(Fault::Malformed)?;
    let members = (object.text_key("fmt"), object.text_key("attStmt"), object.text_key("authData"));
    let (Some(Item::Text(_)), Some(Item::Map(_)), Some(Item::Bytes(data))) = members else {
        return Err(Fault::Malformed);
    };
    let data = AuthenticatorData::parse(data).ok_or(Fault::Malformed)?;
    if !site.is_of(&data) {
        return Err(Fault::Site);
    }
    if !data.flags.are(USER_PRESENT | USER_VERIFIED) {
        return Err(Fault::NotVerified);
    }
    let credential = data.credential.ok_or(Fault::Malformed)?;
    if credential.id != response.raw_id.0 {
        return Err(Fault::Unknown);
    }
    Ok(Registered {
        id: credential.id.to_vec(),
        public_key: credential.cose.to_vec(),
        counter: data.counter,
        can_be_synced: data.flags.are(BACKUP_ELIGIBLE),
        is_synced: data.flags.are(BACKED_UP),
        model: credential.model,
    })
}

/// Checks the response of `navigator.credentials.get()` against the credential that it names. The caller looks that up,
/// and compares the user handle with its owner. `needs` is [`USER_VERIFIED`], or 0 where another factor was shown before.
///
/// # Errors
/// The first check that failed. [`Fault::Counter`] is the last one: the response is genuine otherwise.
pub(super) fn used(
    site: &Site,
    challenge: &[u8],
    response: &AuthenticationResponse,
    stored: &Stored<'_>,
    needs: u8,
) -> Result<Use, Fault> {
    let assertion = &response.response;
    client_data::check(&assertion.client_data.0, Ceremony::Authentication, challenge, &site.origins)?;
    let data = AuthenticatorData::parse(&assertion.authenticator_data.0).ok_or(Fault::Malformed)?;
    if !site.is_of(&data) {
        return Err(Fault::Site);
    }
    if !data.flags.are(USER_PRESENT | needs) {
        return Err(Fault::NotVerified);
    }
    let key = cbor::map(stored.public_key).and_then(|key| PublicKey::of(&key)).ok_or(Fault::Malformed)?;
    let hash = digest(&SHA256, &assertion.client_data.0);
    let signed = [assertion.authenticator_data.0.as_slice(), hash.as_ref()].concat();
    if !key.has_signed(&signed, &assertion.signature.0) {
        return Err(Fault::Signature);
    }
    if data.flags.are(BACKUP_ELIGIBLE) != stored.can_be_synced {
        return Err(Fault::SyncChanged);
    }
    // An authenticator that does not count says 0 each time.
    let counts = data.counter != 0 || stored.counter != 0;
    if counts && data.counter <= stored.counter {
        return Err(Fault::Counter);
    }
    let (is_synced, is_verified) = (data.flags.are(BACKED_UP), data.flags.are(USER_VERIFIED));
    Ok(Use { counter: data.counter, is_synced, is_verified })
}
