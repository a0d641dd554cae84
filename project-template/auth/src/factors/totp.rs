//! Time-based one-time passwords (RFC 6238), as authenticator apps compute them: HMAC-SHA-1, six digits, 30 seconds.

use std::fmt::Write;

use ring::hmac;
use time::OffsetDateTime;

/// Digits of a code.
pub(crate) const DIGITS: u32 = 6;
/// Seconds.
const STEP: i64 = 30;
/// Steps before and after the present one whose codes count too: clocks differ, and typing takes time.
const TOLERANCE: i64 = 1;
/// Bytes of a secret: as many as the hash has (RFC 4226, section 4).
pub(super) const SECRET_BYTES: usize = 20;

/// The step whose code this is, if it is later than `used`. Compares in constant time.
pub(super) fn step_of(secret: &[u8], code: &str, used: i64, now: OffsetDateTime) -> Option<i64> {
    let present = step_at(now);
    let steps = present - TOLERANCE..=present + TOLERANCE;
    // Not `find`: it would stop at the first match.
    let matching = steps.filter(|step| is_same(at_step(secret, *step, DIGITS).as_bytes(), code.as_bytes()));
    matching.filter(|step| *step > used).max()
}

/// The code of a step (RFC 4226, section 5.3).
pub(super) fn at_step(secret: &[u8], step: i64, digits: u32) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let mac = hmac::sign(&key, &step.to_be_bytes());
    let mac = mac.as_ref();
    let offset = usize::from(mac[mac.len() - 1] & 0x0f);
    let mut part = [0; 4];
    part.copy_from_slice(&mac[offset..offset + 4]);
    let number = u32::from_be_bytes(part) & 0x7fff_ffff;
    format!("{:0width$}", number % 10_u32.pow(digits), width = digits as usize)
}

/// Reads Base32 as people and other systems write it: in any case, with spaces or padding.
pub(super) fn from_base32(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u16, 0);
    let text = text.trim_end_matches('=');
    for character in text.bytes().filter(|character| *character != b' ') {
        let value = match character.to_ascii_uppercase() {
            letter @ b'A'..=b'Z' => letter - b'A',
            digit @ b'2'..=b'7' => digit - b'2' + 26,
            _ => return None,
        };
        held = (held << 5 | u16::from(value)) & 0x0fff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    Some(bytes)
}

/// The step of a time.
pub(super) fn step_at(time: OffsetDateTime) -> i64 {
    time.unix_timestamp().div_euclid(STEP)
}

/// The code of a time.
#[cfg(feature = "testing")]
pub(crate) fn code_at(secret: &[u8], at: OffsetDateTime) -> String {
    at_step(secret, step_at(at), DIGITS)
}

fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |different, (one, other)| different | (one ^ other)) == 0
}

/// Base32 (RFC 4648, section 6) without padding, as authenticator apps take secrets.
pub(super) fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut held, mut bits) = (0_u16, 0);
    for byte in bytes {
        held = (held << 8 | u16::from(*byte)) & 0x0fff;
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[usize::from(held >> bits & 31)]));
        }
    }
    if bits > 0 {
        text.push(char::from(ALPHABET[usize::from(held << (5 - bits) & 31)]));
    }
    text
}

/// The address that a QR code holds, in the format that Google Authenticator introduced and other apps read.
pub(super) fn uri(issuer: &str, account: &str, secret: &str) -> String {
    let (issuer, account) = (percent(issuer), percent(account));
    format!("otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}")
}

/// Percent-encodes everything but the unreserved characters (RFC 3986, section 2.3): apps do not read `+` as a space.
fn percent(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B.
    const SECRET: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    }

    #[test]
    fn the_codes_are_those_of_rfc_6238() {
        for (seconds, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(at_step(SECRET, seconds / STEP, 8), code, "{seconds}");
            assert_eq!(step_of(SECRET, &code[2..], 0, at(seconds)), Some(seconds / STEP), "{seconds}");
        }
    }

    #[test]
    fn the_codes_are_those_of_rfc_4226() {
        let codes: Vec<_> = (0..10).map(|step| at_step(SECRET, step, 6)).collect();
        let expected =
            ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
        assert_eq!(codes, expected);
    }

    #[test]
    fn a_code_counts_one_step_early_and_late_and_no_further() {
        let code = at_step(SECRET, 100, DIGITS);
        let found: Vec<_> = (97..=103).map(|step| step_of(SECRET, &code, 0, at(step * STEP))).collect();
        assert_eq!(found, [None, None, Some(100), Some(100), Some(100), None, None]);
    }

    #[test]
    fn neither_a_used_step_nor_an_earlier_one_counts_again() {
        let code = at_step(SECRET, 100, DIGITS);
        assert_eq!(step_of(SECRET, &code, 99, at(100 * STEP)), Some(100));
        assert_eq!(step_of(SECRET, &code, 100, at(100 * STEP)), None);
        assert_eq!(step_of(SECRET, &code, 101, at(100 * STEP)), None);
    }

    #[test]
    fn what_is_not_six_digits_is_no_code() {
        for text in ["", "0", "12345", "1234567", "abcdef", "755224 "] {
            assert_eq!(step_of(SECRET, text, -10, at(0)), None, "{text:?}");
        }
    }

    #[test]
    fn base32_is_that_of_rfc_4648() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
            assert_eq!(from_base32(text).as_deref(), Some(bytes.as_bytes()));
        }
        assert_eq!(base32(SECRET), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn the_address_of_a_secret_has_every_special_character_encoded() {
        assert_eq!(
            uri("Acme & Söhne", "ada+x@example.com", "MY"),
            "otpauth://totp/Acme%20%26%20S%C3%B6hne:ada%2Bx@example.com?secret=MY&issuer=Acme%20%26%20S%C3%B6hne"
        );
    }
}
