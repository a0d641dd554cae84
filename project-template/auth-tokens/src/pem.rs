//! Private keys in files: PEM (RFC 7468) around PKCS#8 (RFC 5958).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

/// The label after BEGIN and END for PKCS#8 (RFC 7468 section 10).
const LABEL: &str = "PRIVATE KEY";

/// Characters of base64 on a line (RFC 7468 section 2).
const LINE: usize = 64;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum KeyType {
    Ed25519,
    P256,
    Rsa,
}

pub(crate) struct Pkcs8<'d> {
    pub(crate) kind: KeyType,
    /// The private key without its wrapping: the same bytes in either version of PKCS#8.
    pub(crate) private: &'d [u8],
}

impl<'d> Pkcs8<'d> {
    /// Parses the outer structure only; the crypto library checks the key itself.
    pub(crate) fn parse(der: &'d [u8]) -> Result<Self, String> {
        let outer = outer(der).ok_or("is not a private key in PKCS#8 form")?;
        let Some(kind) = kind(outer.algorithm) else {
            return Err("is neither an Ed25519, a P-256 nor an RSA key".into());
        };
        Ok(Self { kind, private: outer.private })
    }
}

/// The DER within the first private key of a PEM text; lines before it are comments.
pub(crate) fn decode(text: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let (label, body) = first_private_key(text).ok_or("holds no private key in PEM form")?;
    match label {
        LABEL => {}
        "ENCRYPTED PRIVATE KEY" => {
            return Err("is encrypted; write it in clear with `openssl pkcs8 -in OLD -out NEW`".into());
        }
        _ => {
            return Err(format!("is a `{label}`; convert it with `openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW`"));
        }
    }
    let mut base64 = Zeroizing::new(String::with_capacity(body.len()));
    base64.extend(body.split_ascii_whitespace());
    let der = STANDARD.decode(base64.as_bytes());
    der.map(Zeroizing::new).map_err(|_| "holds something other than base64 between BEGIN and END".into())
}

pub(crate) fn encode(der: &[u8]) -> Zeroizing<String> {
    let base64 = Zeroizing::new(STANDARD.encode(der));
    let mut text = Zeroizing::new(String::with_capacity(base64.len() * 2 + 60));
    text.extend(["-----BEGIN ", LABEL, "-----\n"]);
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(LINE));
        text.extend([line, "\n"]);
        rest = tail;
    }
    text.extend(["-----END ", LABEL, "-----\n"]);
    text
}

/// Label and body. Parameters may precede the key, as `openssl ecparam -genkey` writes them.
fn first_private_key(mut text: &str) -> Option<(&str, &str)> {
    loop {
        let (label, rest) = text.split_once("-----BEGIN ")?.1.split_once("-----")?;
        let (body, rest) = rest.split_once("-----END ")?;
        if label.ends_with(LABEL) {
            return Some((label, body));
        }
        text = rest;
    }
}

struct Outer<'d> {
    algorithm: &'d [u8],
    private: &'d [u8],
}

/// `SEQUENCE { version INTEGER, algorithm SEQUENCE, privateKey OCTET STRING, … }` (RFC 5958 section 2).
fn outer(der: &[u8]) -> Option<Outer<'_>> {
    let (body, []) = element(SEQUENCE, der)? else {
        return None;
    };
    let (_version, body) = element(INTEGER, body)?;
    let (algorithm, body) = element(SEQUENCE, body)?;
    let (private, _attributes) = element(OCTET_STRING, body)?;
    Some(Outer { algorithm, private })
}

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

/// `AlgorithmIdentifier` (RFC 5280 section 4.1.1.2); for P-256 its parameters name the curve.
fn kind(algorithm: &[u8]) -> Option<KeyType> {
    const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
    const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
    const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    let (identifier, parameters) = element(OBJECT_IDENTIFIER, algorithm)?;
    match identifier {
        ED25519 => Some(KeyType::Ed25519),
        RSA => Some(KeyType::Rsa),
        EC_PUBLIC_KEY if element(OBJECT_IDENTIFIER, parameters)?.0 == P256 => Some(KeyType::P256),
        _ => None,
    }
}

/// The content of the DER element with this tag at the start of `input`, and the rest of `input`.
fn element(tag: u8, input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[first, length], rest) = input.split_first_chunk::<2>()?;
    if first != tag {
        return None;
    }
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        0x81 => {
            let (&[length], rest) = rest.split_first_chunk::<1>()?;
            (usize::from(length), rest)
        }
        0x82 => {
            let (&length, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(length)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
#[path = "pem_tests.rs"]
mod tests;
