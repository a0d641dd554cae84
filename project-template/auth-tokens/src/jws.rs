//! Signed tokens in the compact form of RFC 7515: one shape is written, and only that shape is read.
//!
//! JWT crates are not used: they read the system clock, which a test cannot move, ignore unknown header members, which
//! are rejected here, and parse the private key for every signature, which doubles its cost.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::strict_json;

/// Longest token accepted, in bytes; a cookie cannot be longer either (RFC 6265 section 6.1).
pub const MAX_TOKEN_BYTES: usize = 4096;

/// Longest `kid` that is looked up, in bytes; a thumbprint takes 43.
const MAX_KID_BYTES: usize = 64;

/// A signature algorithm of RFC 7518 section 3.1 or RFC 8037 section 3.1, spelled as there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Algorithm {
    /// Ed25519: short keys, no random number needed to sign. The default.
    EdDsa,
    /// ECDSA on P-256 with SHA-256, for verifiers that do not know Ed25519.
    Es256,
    /// RSA PKCS#1 v1.5 with SHA-256, for verifiers that know nothing else.
    Rs256,
    /// HMAC with SHA-256: any verifier can also sign, so it is for a single service only.
    Hs256,
}

impl Algorithm {
    /// The name in the header of a token and in a JWK.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::Hs256 => "HS256",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a token is rejected. For logs and counters: the client learns no more than whether the type was wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum JwsError {
    /// Not in the form that is written here.
    #[error("the token is malformed")]
    Malformed,
    /// Its `kid` is unknown. No key is fetched for it.
    #[error("the token names an unknown key")]
    UnknownKey,
    /// Changed, signed by another key, or with another `alg` than its key's.
    #[error("the signature of the token is wrong")]
    BadSignature,
    /// A token of another kind, such as a refresh token for an access token. Its signature is not checked.
    #[error("the token is of another type")]
    WrongType,
}

/// A key that verifies tokens. The algorithm is the key's, never the token's (RFC 8725 section 3.1).
pub trait VerifyingKey {
    /// The key's algorithm.
    fn algorithm(&self) -> Algorithm;
    /// Whether `signature`, in the encoding of RFC 7518, is one of `message` by this key.
    fn verify_bytes(&self, message: &[u8], signature: &[u8]) -> bool;
}

pub(crate) trait JwsKey: VerifyingKey {
    fn kid(&self) -> &str;
    fn sign_bytes(&self, message: &[u8]) -> Vec<u8>;
}

pub(crate) fn sign(key: &impl JwsKey, typ: &'static str, claims: &[u8]) -> String {
    sign_as(key, key.kid(), typ, claims)
}

pub(crate) fn sign_as(key: &impl JwsKey, kid: &str, typ: &'static str, claims: &[u8]) -> String {
    let alg = key.algorithm().name();
    // Nothing here needs escaping: two constants and a `kid` in base64url.
    let header = format!(r#"{{"alg":"{alg}","kid":"{kid}","typ":"{typ}"}}"#);
    let mut token = String::with_capacity(2 * (header.len() + claims.len()));
    URL_SAFE_NO_PAD.encode_string(header, &mut token);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut token);
    let signature = key.sign_bytes(token.as_bytes());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    token
}

/// The claims of `token`, if its type is one of `types` and the key that `find` returns for its `kid` signed it. The
/// caller checks times, issuer and audience.
pub fn verify<'k, K: VerifyingKey + 'k>(
    token: &str,
    types: &[&str],
    find: impl FnOnce(&str) -> Option<&'k K>,
) -> Result<Map<String, Value>, JwsError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(JwsError::Malformed);
    }
    let parts = Parts::split(token)?;
    let header_text = decode(parts.header)?;
    let header = Header::parse(&header_text)?;
    if !types.contains(&header.typ) {
        return Err(JwsError::WrongType);
    }
    let key = find(header.kid).ok_or(JwsError::UnknownKey)?;
    let signature = decode(parts.signature)?;
    if header.alg != key.algorithm().name() || !key.verify_bytes(parts.signed.as_bytes(), &signature) {
        return Err(JwsError::BadSignature);
    }
    strict_json::object(&decode(parts.payload)?).ok_or(JwsError::Malformed)
}

pub(crate) struct Parts<'t> {
    pub(crate) signed: &'t str,
    pub(crate) header: &'t str,
    pub(crate) payload: &'t str,
    pub(crate) signature: &'t str,
}

impl<'t> Parts<'t> {
    pub(crate) fn split(token: &'t str) -> Result<Self, JwsError> {
        let (signed, signature) = token.rsplit_once('.').ok_or(JwsError::Malformed)?;
        // A further dot ends up in the payload, where base64url does not allow it.
        let (header, payload) = signed.split_once('.').ok_or(JwsError::Malformed)?;
        Ok(Self { signed, header, payload, signature })
    }
}

/// All members a header may have: `crit`, `jku`, `jwk`, `x5u`, `b64` or `zip` is an error, not ignored.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'t> {
    alg: &'t str,
    kid: &'t str,
    typ: &'t str,
}

impl<'t> Header<'t> {
    fn parse(text: &'t [u8]) -> Result<Self, JwsError> {
        // serde would also accept an array.
        if text.first() != Some(&b'{') {
            return Err(JwsError::Malformed);
        }
        let header: Self = serde_json::from_slice(text).map_err(|_| JwsError::Malformed)?;
        if is_kid(header.kid) { Ok(header) } else { Err(JwsError::Malformed) }
    }
}

/// Whether `kid` is short and plain enough to look up and to log.
#[must_use]
pub fn is_kid(kid: &str) -> bool {
    (1..=MAX_KID_BYTES).contains(&kid.len())
        && kid.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Unpadded base64url whose unused bits are zero, so that each value has one text: a token has no second spelling.
pub(crate) fn decode(segment: &str) -> Result<Vec<u8>, JwsError> {
    URL_SAFE_NO_PAD.decode(segment).map_err(|_| JwsError::Malformed)
}

#[cfg(test)]
#[path = "jws_tests.rs"]
mod tests;
