//! Public keys as authenticators write them (`COSE_Key`, RFC 9053), and their signatures.

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};

use super::cbor::{Item, Map};

/// The algorithms offered, the preferred one first, by their COSE identifiers: `EdDSA`, `ES256`, `RS256`.
pub(super) const ALGORITHMS: [i64; 3] = [-8, -7, -257];

const KEY_TYPE: i64 = 1;
const ALGORITHM: i64 = 3;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PublicKey {
    Ed25519([u8; 32]),
    /// The uncompressed point.
    P256([u8; 65]),
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
}

impl PublicKey {
    /// Parses a key. It must have the parameters of its type and no others (Web Authentication, section 6.5.1.1).
    pub(super) fn of(map: &Map<'_>) -> Option<Self> {
        let integer = |key| match map.get(&Item::Integer(key)) {
            Some(Item::Integer(value)) => Some(*value),
            _ => None,
        };
        let bytes = |key| match map.get(&Item::Integer(key)) {
            Some(Item::Bytes(value)) => Some(*value),
            _ => None,
        };
        let (key, parameters) = match (integer(KEY_TYPE)?, integer(ALGORITHM)?) {
            (1, -8) if integer(-1)? == 6 => (Self::Ed25519(bytes(-2)?.try_into().ok()?), 4),
            (2, -7) if integer(-1)? == 1 => {
                let (x, y): ([u8; 32], [u8; 32]) = (bytes(-2)?.try_into().ok()?, bytes(-3)?.try_into().ok()?);
                let mut point = [4; 65];
                point[1..33].copy_from_slice(&x);
                point[33..].copy_from_slice(&y);
                (Self::P256(point), 5)
            }
            (3, -257) => {
                let (modulus, exponent) = (bytes(-1)?, bytes(-2)?);
                // 2048 to 4096 bits, and an exponent from 3 up to 32 bits, as `ring` takes them: another key would be
                // registered, and never sign in.
                let is_odd = exponent.last().is_some_and(|last| last % 2 == 1);
                let is_sound = (256..=512).contains(&modulus.len())
                    && modulus.first().is_some_and(|first| *first >= 0x80)
                    && exponent.len() <= 4
                    && is_odd
                    && exponent != [1];
                if !is_sound || exponent.starts_with(&[0]) {
                    return None;
                }
                (Self::Rsa { modulus: modulus.to_vec(), exponent: exponent.to_vec() }, 4)
            }
            _ => return None,
        };
        (map.len() == parameters).then_some(key)
    }

    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
            Self::P256(key) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key).verify(message, signature),
            Self::Rsa { modulus, exponent } => RsaPublicKeyComponents { n: modulus, e: exponent }.verify(
                &RSA_PKCS1_2048_8192_SHA256,
                message,
                signature,
            ),
        }
        .is_ok()
    }
}
