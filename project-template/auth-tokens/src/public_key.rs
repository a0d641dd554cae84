//! Keys that another server publishes (RFC 7517): they can only verify.

use std::collections::HashMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;

use super::jws::{Algorithm, VerifyingKey, is_kid};

/// Bytes of an Ed25519 key, and of each half of a P-256 point.
const BYTES: usize = 32;

/// More keys than any server publishes.
const MAX_KEYS: usize = 32;

/// The public half of a signing key.
#[derive(Debug, PartialEq)]
pub enum PublicKey {
    /// Ed25519, as its 32 bytes.
    EdDsa(Vec<u8>),
    /// P-256, as an uncompressed point.
    Es256(Vec<u8>),
    /// RSA.
    Rs256 {
        /// The modulus, big-endian.
        n: Vec<u8>,
        /// The exponent, big-endian.
        e: Vec<u8>,
    },
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

/// The keys of a published set by name: those for signatures with one of the algorithms of [`PublicKey`].
pub fn public_keys(jwks: &[u8]) -> Result<HashMap<String, PublicKey>, serde_json::Error> {
    named_keys(jwks, is_kid)
}

/// As [`public_keys`], of another issuer, which may name its keys more freely.
pub(crate) fn named_keys(
    jwks: &[u8],
    is_name: impl Fn(&str) -> bool,
) -> Result<HashMap<String, PublicKey>, serde_json::Error> {
    let set: Set = serde_json::from_slice(jwks)?;
    let keys = set.keys.into_iter().take(MAX_KEYS).filter_map(|key| {
        let jwk: Jwk = serde_json::from_value(key).ok()?;
        let kid = jwk.kid.clone().filter(|kid| is_name(kid))?;
        Some((kid, PublicKey::of(&jwk)?))
    });
    Ok(keys.collect())
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

impl PublicKey {
    /// The algorithm follows from the key. None for a key that is for something else, or of another kind.
    fn of(jwk: &Jwk) -> Option<Self> {
        let bytes = |member: &Option<String>| URL_SAFE_NO_PAD.decode(member.as_ref()?).ok();
        let part = |member| bytes(member).filter(|bytes| bytes.len() == BYTES);
        let key = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("OKP", Some("Ed25519")) => Self::EdDsa(part(&jwk.x)?),
            ("EC", Some("P-256")) => Self::Es256([vec![4], part(&jwk.x)?, part(&jwk.y)?].concat()),
            ("RSA", None) => Self::Rs256 { n: bytes(&jwk.n)?, e: bytes(&jwk.e)? },
            _ => return None,
        };
        let is_for_signatures = jwk.usage.as_deref().is_none_or(|usage| usage == "sig");
        let is_as_it_says = jwk.alg.as_deref().is_none_or(|alg| alg == key.algorithm().name());
        (is_for_signatures && is_as_it_says).then_some(key)
    }
}

impl VerifyingKey for PublicKey {
    fn algorithm(&self) -> Algorithm {
        match self {
            Self::EdDsa(_) => Algorithm::EdDsa,
            Self::Es256(_) => Algorithm::Es256,
            Self::Rs256 { .. } => Algorithm::Rs256,
        }
    }

    fn verify_bytes(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::EdDsa(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok(),
            Self::Es256(key) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key).verify(message, signature).is_ok()
            }
            // Under 2048 bits, `ring` refuses it.
            Self::Rs256 { n, e } => {
                let key = RsaPublicKeyComponents { n, e };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::jws;
    use super::super::test_keys::{ED25519, P256, RSA, key};
    use super::*;

    fn published(jwk: Value) -> Option<PublicKey> {
        PublicKey::of(&serde_json::from_value(jwk).unwrap())
    }

    #[test]
    fn every_kind_of_key_verifies_what_its_other_half_signed_and_nothing_else() {
        for private in [ED25519, P256, RSA] {
            let private = key(private);
            let public = published(private.public_jwk().unwrap()).unwrap();
            let token = private.sign("at+jwt", b"{}");
            assert!(jws::verify(&token, &["at+jwt"], |_| Some(&public)).is_ok(), "{private:?}");
            let (signed, signature) = token.rsplit_once('.').unwrap();
            let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
            assert!(public.verify_bytes(signed.as_bytes(), &signature));
            assert!(!public.verify_bytes(b"another", &signature));
        }
    }

    #[test]
    fn a_key_for_something_else_or_of_another_kind_is_none() {
        let jwk = key(ED25519).public_jwk().unwrap();
        for (member, value) in [
            ("use", json!("enc")),
            ("alg", json!("ES256")),
            ("crv", json!("X25519")),
            ("kty", json!("oct")),
            ("x", json!("AA")),
        ] {
            let mut jwk = jwk.clone();
            jwk[member] = value;
            assert_eq!(published(jwk), None, "{member}");
        }
    }
}
