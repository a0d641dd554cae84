//! Public keys as JSON (RFC 7517), and their thumbprints (RFC 7638).

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{digest, rsa::PublicKeyComponents};

/// The members that identify a key (RFC 7638 section 3.2, RFC 8037 section 2), in the order of a thumbprint.
pub(crate) type Members = BTreeMap<&'static str, String>;

pub(crate) fn ed25519(public: &[u8]) -> Members {
    BTreeMap::from([("kty", "OKP".into()), ("crv", "Ed25519".into()), ("x", URL_SAFE_NO_PAD.encode(public))])
}

/// A P-256 key from its uncompressed point: the byte 4, then x and y of 32 bytes each (RFC 7518 section 6.2).
pub(crate) fn p256(point: &[u8]) -> Members {
    let (x, y) = point[1..].split_at(point.len() / 2);
    BTreeMap::from([
        ("kty", "EC".into()),
        ("crv", "P-256".into()),
        ("x", URL_SAFE_NO_PAD.encode(x)),
        ("y", URL_SAFE_NO_PAD.encode(y)),
    ])
}

/// An RSA key from its modulus and exponent, big-endian without leading zeros (RFC 7518 section 6.3).
pub(crate) fn rsa(public: &PublicKeyComponents<Vec<u8>>) -> Members {
    BTreeMap::from([
        ("kty", "RSA".into()),
        ("n", URL_SAFE_NO_PAD.encode(&public.n)),
        ("e", URL_SAFE_NO_PAD.encode(&public.e)),
    ])
}

/// SHA-256 over the members in order, without white space (RFC 7638 section 3), in base64url.
pub(crate) fn thumbprint(members: &Members) -> String {
    let members: Vec<String> = members.iter().map(|(name, value)| format!(r#""{name}":"{value}""#)).collect();
    let json = format!("{{{}}}", members.join(","));
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, json.as_bytes()))
}
