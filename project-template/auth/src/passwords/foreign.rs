//! Hashes of other frameworks. Those equivalent to one of Django's are rewritten in its notation.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use ring::pbkdf2;

use super::django::{Django, MAX_PBKDF2_ROUNDS};

const MIN_HASH: usize = 16;

/// The notation in which a hash from elsewhere is stored; None if that is its own.
pub(super) fn noted(hash: &str) -> Option<String> {
    if hash.starts_with("$argon2") {
        // Ours are of passwords in normal form C; this one may be of the password as it was typed.
        return Some(format!("argon2{hash}"));
    }
    werkzeug(hash).or_else(|| better_auth(hash))
}

/// `scrypt:N:r:p$salt$hex` and `pbkdf2:digest:rounds$salt$hex`.
fn werkzeug(hash: &str) -> Option<String> {
    let (method, rest) = hash.split_once('$')?;
    let (salt, hex) = rest.split_once('$')?;
    let hash = STANDARD.encode(bytes_of(hex)?);
    match method.split(':').collect::<Vec<_>>()[..] {
        ["scrypt", n, r, p] => Some(format!("scrypt${n}${salt}${r}${p}${hash}")),
        ["pbkdf2", digest @ ("sha1" | "sha256" | "sha512"), rounds] => {
            Some(format!("pbkdf2_{digest}${rounds}${salt}${hash}"))
        }
        _ => None,
    }
}

/// `salt:hash`, both in hexadecimal: scrypt of the password in normal form KC. The salt is the hexadecimal text itself.
fn better_auth(hash: &str) -> Option<String> {
    const SALT: usize = 32;
    let (salt, hex) = hash.split_once(':')?;
    let hash = STANDARD.encode(bytes_of(hex)?);
    (salt.len() == SALT && bytes_of(salt).is_some()).then(|| format!("scrypt_nfkc$16384${salt}$16$1${hash}"))
}

/// passlib's `$pbkdf2-digest$rounds$salt$hash`, also for Keycloak's; its base64 has `.` for `+` and no padding.
pub(super) fn passlib(text: &str) -> Option<Django> {
    let rest = text.strip_prefix("$pbkdf2")?;
    let (algorithm, rest) = match rest.split_once('$')? {
        ("", rest) => (pbkdf2::PBKDF2_HMAC_SHA1, rest),
        ("-sha256", rest) => (pbkdf2::PBKDF2_HMAC_SHA256, rest),
        ("-sha512", rest) => (pbkdf2::PBKDF2_HMAC_SHA512, rest),
        _ => return None,
    };
    let [rounds, salt, hash] = rest.split('$').collect::<Vec<_>>().try_into().ok()?;
    let rounds = rounds.parse().ok().filter(|rounds: &std::num::NonZeroU32| rounds.get() <= MAX_PBKDF2_ROUNDS)?;
    let decoded = |text: &str| STANDARD_NO_PAD.decode(text.replace('.', "+")).ok();
    let (salt, hash) = (decoded(salt)?, decoded(hash)?);
    // A shorter hash could match by chance.
    (hash.len() >= MIN_HASH).then_some(Django::Pbkdf2 { algorithm, rounds, salt, hash })
}

fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    let is_hex = hex.len().is_multiple_of(2) && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    let pairs = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok());
    if is_hex { pairs.collect() } else { None }
}
