//! Keys derived from a signing key: for refresh tokens, for the vault, and names for keys without a public half.
//!
//! Only this service reads refresh tokens, so the published keys never verify one. A MAC is deterministic, so one row
//! of the database gives one token.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::aead::{self, LessSafeKey, UnboundKey};
use ring::{hkdf, hmac};

use super::jws::{self, Algorithm, JwsKey, VerifyingKey};
use super::vault::Vault;

// Each text gives another key: changing the first two ends every session.
const SALT: &[u8] = b"jwt-allauth";
const REFRESH_KEY: &[u8] = b"jwt-allauth refresh token";
const REFRESH_KEY_ID: &[u8] = b"jwt-allauth refresh token key id";
const VAULT_SEAL: &[u8] = b"jwt-allauth vault seal";
const VAULT_MAC: &[u8] = b"jwt-allauth vault mac";
const SECRET_ID: &[u8] = b"jwt-allauth secret id";

/// An HMAC-SHA256 key derived from a signing key, for tokens that only this service reads.
pub struct MacKey {
    kid: String,
    key: hmac::Key,
}

impl MacKey {
    /// Signs `claims`, a JSON object as text, as a token of type `typ`. The same input gives the same token.
    #[must_use]
    pub fn sign(&self, typ: &'static str, claims: &[u8]) -> String {
        jws::sign(self, typ, claims)
    }
}

impl JwsKey for MacKey {
    fn kid(&self) -> &str {
        &self.kid
    }

    fn sign_bytes(&self, message: &[u8]) -> Vec<u8> {
        hmac::sign(&self.key, message).as_ref().to_vec()
    }
}

impl VerifyingKey for MacKey {
    fn algorithm(&self) -> Algorithm {
        Algorithm::Hs256
    }

    fn verify_bytes(&self, message: &[u8], signature: &[u8]) -> bool {
        hmac::verify(&self.key, message, signature).is_ok()
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MacKey({})", self.kid)
    }
}

/// HKDF-SHA256 (RFC 5869) over private key material.
pub(crate) struct Derivation(hkdf::Prk);

impl Derivation {
    pub(crate) fn of(private: &[u8]) -> Self {
        Self(hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(private))
    }

    pub(crate) fn refresh_key(&self) -> MacKey {
        MacKey { kid: self.id(REFRESH_KEY_ID), key: self.key(REFRESH_KEY) }
    }

    pub(crate) fn vault(&self) -> Vault {
        let seal = self.0.expand(&[VAULT_SEAL], &aead::AES_256_GCM).map(UnboundKey::from);
        let seal = LessSafeKey::new(seal.expect("HKDF gives up to 8160 bytes and 32 are asked for"));
        Vault { seal, mac: self.key(VAULT_MAC) }
    }

    /// A name for the secret that reveals nothing about it.
    pub(crate) fn secret_id(&self) -> String {
        self.id(SECRET_ID)
    }

    fn id(&self, purpose: &'static [u8]) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.key(purpose), b"kid"))
    }

    fn key(&self, purpose: &'static [u8]) -> hmac::Key {
        self.0.expand(&[purpose], hmac::HMAC_SHA256).expect("HKDF gives up to 8160 bytes and 32 are asked for").into()
    }
}
