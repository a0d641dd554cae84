//! The text of key files, and of keys given as values in the settings.

use std::{fs, path::Path};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use zeroize::Zeroizing;

use auth_tokens::{Algorithm, SigningKey, has_placeholder};

pub(crate) const PEM: &str = "pem";
/// An HS256 secret in base64url.
pub(crate) const SECRET: &str = "secret";

/// Length of the shortest secret, 32 bytes, in base64url.
pub(super) const SECRET_TEXT: usize = 43;

/// How to make the first key for this algorithm. `ring` makes no RSA keys.
pub(crate) fn how_to_make(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Rs256 => {
            "make one with `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 | cargo run -- keys rotate --from -` \
             (4096 for a longer one)"
        }
        Algorithm::EdDsa | Algorithm::Es256 | Algorithm::Hs256 => "make one with `cargo run -- keys rotate`",
    }
}

/// Prefix of the comment line with the time from which a key signs, in RFC 3339.
const SIGNS_FROM: &str = "signs-from:";

pub(crate) fn read(file: &Path) -> std::io::Result<Zeroizing<String>> {
    fs::read_to_string(file).map(Zeroizing::new)
}

/// Also returns the time from which the key signs. The error is the second half of a sentence that names the file.
pub(crate) fn parse(text: &str, is_pem: bool) -> Result<(SigningKey, Option<OffsetDateTime>), String> {
    let signs_from = signs_from(text)?;
    let key = if is_pem || text.contains("-----BEGIN ") {
        SigningKey::from_pem(text)?
    } else {
        let is_comment = |line: &&str| line.starts_with(SIGNS_FROM) || line.starts_with('#');
        let value = text.lines().map(str::trim).find(|line| !line.is_empty() && !is_comment(line));
        SigningKey::from_secret(&decode(value.unwrap_or_default())?)?
    };
    Ok((key, signs_from))
}

fn signs_from(text: &str) -> Result<Option<OffsetDateTime>, String> {
    let Some(when) = text.lines().find_map(|line| line.trim().strip_prefix(SIGNS_FROM)) else {
        return Ok(None);
    };
    let when = when.trim();
    OffsetDateTime::parse(when, &Rfc3339)
        .map(Some)
        .map_err(|_| format!("has `{SIGNS_FROM} {when}`, which is not like 2026-01-31T08:00:00Z"))
}

fn decode(text: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    if text.len() < SECRET_TEXT {
        return Err("is not a file or directory that exists, and is too short for a key".into());
    }
    if has_placeholder(text.as_bytes()) {
        return Err("is a placeholder".into());
    }
    URL_SAFE_NO_PAD
        .decode(text.trim_end_matches('='))
        .map(Zeroizing::new)
        .map_err(|_| "is neither PEM nor base64url".into())
}

/// PKCS#8 DER or an HS256 secret, in base64url.
pub(super) fn from_value(value: &str) -> Result<SigningKey, String> {
    SigningKey::from_bytes(&decode(value)?)
}

/// Replaces an earlier time. Fails if the year has more than four digits.
pub(crate) fn with_signs_from(key: &str, when: OffsetDateTime) -> Result<Zeroizing<String>, time::error::Format> {
    let when = when.format(&Rfc3339)?;
    let mut text = Zeroizing::new(format!("{SIGNS_FROM} {when}\n"));
    for line in key.lines().filter(|line| !line.trim().starts_with(SIGNS_FROM)) {
        text.extend([line, "\n"]);
    }
    Ok(text)
}
