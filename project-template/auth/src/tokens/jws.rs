//! Signed tokens in the compact form of RFC 7515: written in one shape, read in that shape alone.
//!
//! Made here rather than by a JWT crate: those read the system clock themselves, where ours can be moved by a test;
//! they skip header members they do not know, where each unknown one is refused here; and they parse the private key
//! again for every signature, which doubles its price. Times, issuer and audience are the caller's affair.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::strict_json;

/// Longest token that is looked at, in bytes; a cookie cannot be longer either (RFC 6265 section 6.1).
pub(crate) const MAX_TOKEN_BYTES: usize = 4096;

/// Longest `kid` that is looked up, in bytes; a thumbprint takes 43.
const MAX_KID_BYTES: usize = 64;

/// The claims of a token whose signature and type were right.
pub(crate) type Claims = Map<String, Value>;

/// A signature algorithm of RFC 7518 section 3.1 or RFC 8037 section 3.1, spelled as there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Algorithm {
    /// Ed25519: short keys, no random number needed to sign. The default.
    EdDsa,
    /// ECDSA on P-256 with SHA-256, for verifiers that do not know Ed25519.
    Es256,
    /// RSA PKCS#1 v1.5 with SHA-256, for verifiers that know nothing else.
    Rs256,
    /// HMAC with SHA-256: who can verify can sign, so for a single service only.
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

/// Why a token is refused. For logs and counters: a client learns no more than that it was.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum JwsError {
    /// Not a token in the one form that is read.
    #[error("the token is malformed")]
    Malformed,
    /// Its `kid` is none of ours. Nothing is fetched to find it.
    #[error("the token names an unknown key")]
    UnknownKey,
    /// Changed, signed by another key, or claiming another algorithm than its key has.
    #[error("the signature of the token is wrong")]
    BadSignature,
    /// A valid token of another kind, such as a refresh token where an access token is wanted.
    #[error("the token is of another type")]
    WrongType,
}

/// A key that checks tokens. The algorithm belongs to it, never to the token (RFC 8725 section 3.1).
pub(crate) trait VerifyingKey {
    /// The one algorithm of the key.
    fn algorithm(&self) -> Algorithm;
    /// Whether `signature` is one of this key over `message`.
    fn verify_bytes(&self, message: &[u8], signature: &[u8]) -> bool;
}

/// A key that also signs them.
pub(crate) trait JwsKey: VerifyingKey {
    /// The name by which the header of a token refers to the key.
    fn kid(&self) -> &str;
    /// The signature of `message`, in the encoding of RFC 7518.
    fn sign_bytes(&self, message: &[u8]) -> Vec<u8>;
}

/// A token of type `typ` over `claims`, a JSON object as text.
pub(crate) fn sign(key: &impl JwsKey, typ: &'static str, claims: &[u8]) -> String {
    let (alg, kid) = (key.algorithm().name(), key.kid());
    // Nothing here needs escaping: a constant, base64url and a constant.
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

/// The claims of `token`, if it is of one of the `types` and signed by the key that `find` knows under its `kid`.
///
/// # Errors
/// [`JwsError`], from what is cheap to see to what is not.
pub(crate) fn verify<'k, K: VerifyingKey + 'k>(
    token: &str,
    types: &[&str],
    find: impl FnOnce(&str) -> Option<&'k K>,
) -> Result<Claims, JwsError> {
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

struct Parts<'t> {
    signed: &'t str,
    header: &'t str,
    payload: &'t str,
    signature: &'t str,
}

impl<'t> Parts<'t> {
    fn split(token: &'t str) -> Result<Self, JwsError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(JwsError::Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(JwsError::Malformed)?;
        // A further dot lands in the payload, where base64url does not allow it.
        let (header, payload) = signed.split_once('.').ok_or(JwsError::Malformed)?;
        Ok(Self { signed, header, payload, signature })
    }
}

/// Every member a header may have, so that `crit`, `jku`, `jwk`, `x5u`, `b64` or `zip` is an error and not ignored.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'t> {
    alg: &'t str,
    kid: &'t str,
    typ: &'t str,
}

impl<'t> Header<'t> {
    fn parse(text: &'t [u8]) -> Result<Self, JwsError> {
        // serde would also read the members from an array.
        if text.first() != Some(&b'{') {
            return Err(JwsError::Malformed);
        }
        let header: Self = serde_json::from_slice(text).map_err(|_| JwsError::Malformed)?;
        if is_kid(header.kid) { Ok(header) } else { Err(JwsError::Malformed) }
    }
}

/// Whether `kid` is short and plain enough to be looked up and logged.
pub(super) fn is_kid(kid: &str) -> bool {
    (1..=MAX_KID_BYTES).contains(&kid.len())
        && kid.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Unpadded base64url whose unused bits are zero: one text for one value, or the same token could be sent in many.
fn decode(segment: &str) -> Result<Vec<u8>, JwsError> {
    URL_SAFE_NO_PAD.decode(segment).map_err(|_| JwsError::Malformed)
}

#[cfg(test)]
#[path = "jws_tests.rs"]
mod tests;
