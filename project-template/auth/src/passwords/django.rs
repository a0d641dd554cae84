//! Password hashes in Django's notation. They are only compared: a sign-in replaces one with a hash of our own.

use std::fmt::Write as _;
use std::num::NonZeroU32;

use argon2::password_hash::phc::Output;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::{digest, pbkdf2};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use super::firebase::{self, Firebase};
use super::{memory::Memory, stored::Argon2Hash};

/// Bounds of cost: twice Django's present rounds, eight times its bcrypt; scrypt: 256 MiB, seven times the work.
pub(super) const MAX_PBKDF2_ROUNDS: u32 = 3_000_000;
const MAX_BCRYPT_COST: u32 = 15;
const MAX_SCRYPT_LOG_N: u8 = 18;
const MAX_SCRYPT_MEMORY: u64 = 256 * 1024 * 1024;
const MAX_SCRYPT_WORK: u64 = 1 << 22;

const SHA1_BYTES: usize = 20;
const SHA256_BYTES: usize = 32;
const SHA512_BYTES: usize = 64;
const SCRYPT_BYTES: usize = 64;

pub(super) enum Django {
    Pbkdf2 {
        algorithm: pbkdf2::Algorithm,
        rounds: NonZeroU32,
        salt: Vec<u8>,
        hash: Vec<u8>,
    },
    Bcrypt {
        hash: String,
        is_prehashed: bool,
    },
    /// `is_composed`: of the password in normal form KC.
    Scrypt {
        params: scrypt::Params,
        salt: String,
        hash: Output,
        is_composed: bool,
    },
    Argon2(Argon2Hash),
    Firebase(Firebase),
}

impl Django {
    pub(super) fn parse(text: &str) -> Option<Self> {
        // Without Django's method name in front, as most others store it.
        if text.starts_with("$2") {
            return Self::bcrypt(text, false);
        }
        let (method, rest) = text.split_once('$')?;
        match method {
            "pbkdf2_sha256" => Self::pbkdf2(rest, pbkdf2::PBKDF2_HMAC_SHA256, SHA256_BYTES),
            "pbkdf2_sha1" => Self::pbkdf2(rest, pbkdf2::PBKDF2_HMAC_SHA1, SHA1_BYTES),
            "pbkdf2_sha512" => Self::pbkdf2(rest, pbkdf2::PBKDF2_HMAC_SHA512, SHA512_BYTES),
            "bcrypt_sha256" => Self::bcrypt(rest, true),
            "bcrypt" => Self::bcrypt(rest, false),
            "scrypt" => Self::scrypt(rest, false),
            "scrypt_nfkc" => Self::scrypt(rest, true),
            firebase::METHOD => Firebase::parse(rest).map(Self::Firebase),
            "argon2" => Argon2Hash::parse(&text["argon2".len()..]).map(Self::Argon2),
            _ => None,
        }
    }

    fn pbkdf2(text: &str, algorithm: pbkdf2::Algorithm, bytes: usize) -> Option<Self> {
        let [rounds, salt, hash] = parts(text)?;
        let rounds = rounds.parse().ok().filter(|rounds: &NonZeroU32| rounds.get() <= MAX_PBKDF2_ROUNDS)?;
        let hash = STANDARD.decode(hash).ok().filter(|hash| hash.len() == bytes)?;
        Some(Self::Pbkdf2 { algorithm, rounds, salt: salt.as_bytes().to_vec(), hash })
    }

    fn bcrypt(text: &str, is_prehashed: bool) -> Option<Self> {
        let parts: bcrypt::HashParts = text.parse().ok()?;
        // `2x` marks hashes of an implementation that got some letters wrong.
        let is_sound = ["$2a$", "$2b$", "$2y$"].iter().any(|version| text.starts_with(version));
        let is_bounded = (4..=MAX_BCRYPT_COST).contains(&parts.get_cost());
        (is_sound && is_bounded).then(|| Self::Bcrypt { hash: text.to_owned(), is_prehashed })
    }

    fn scrypt(text: &str, is_composed: bool) -> Option<Self> {
        let [n, salt, r, p, hash] = parts(text)?;
        let n: u64 = n.parse().ok().filter(|n: &u64| n.is_power_of_two())?;
        let log_n = u8::try_from(n.checked_ilog2()?).ok()?;
        let params = scrypt_params(log_n, r.parse().ok()?, p.parse().ok()?)?;
        let hash = Output::new(&STANDARD.decode(hash).ok()?).ok().filter(|hash| hash.len() == SCRYPT_BYTES)?;
        Some(Self::Scrypt { params, salt: salt.to_owned(), hash, is_composed })
    }

    /// None if that cannot be computed.
    pub(super) fn is_of(&self, password: &[u8], memory: &Memory) -> Option<bool> {
        match self {
            Self::Pbkdf2 { algorithm, rounds, salt, hash } => {
                Some(pbkdf2::verify(*algorithm, *rounds, salt, password, hash).is_ok())
            }
            // bcrypt reads at most 72 bytes: cutting longer passwords, as Django once did, accepts any other ending.
            Self::Bcrypt { hash, is_prehashed: false } => Some(is_bcrypt_of(password, hash)),
            Self::Bcrypt { hash, is_prehashed: true } => Some(is_bcrypt_of(sha256_hex(password).as_bytes(), hash)),
            Self::Scrypt { params, salt, hash, is_composed } => {
                let mut made = [0; SCRYPT_BYTES];
                let composed = Zeroizing::new(String::from_utf8_lossy(password).nfkc().collect::<String>());
                let password = if *is_composed { composed.as_bytes() } else { password };
                let kib = usize::try_from(params.n() * u64::from(params.r()) / 8).ok()?;
                memory.beside(kib, || scrypt::scrypt(password, salt.as_bytes(), params, &mut made)).ok()?;
                Some(Output::new(&made).ok()? == *hash)
            }
            Self::Argon2(hash) => hash.is_of(password, memory),
            Self::Firebase(hash) => hash.is_of(password, memory),
        }
    }
}

pub(super) fn scrypt_params(log_n: u8, r: u32, p: u32) -> Option<scrypt::Params> {
    let n = 1_u64.checked_shl(log_n.into()).filter(|_| log_n <= MAX_SCRYPT_LOG_N)?;
    let memory = n.checked_mul(r.into())?.checked_mul(128)?;
    let work = n.checked_mul(r.into())?.checked_mul(p.into())?;
    let is_bounded = memory <= MAX_SCRYPT_MEMORY && work <= MAX_SCRYPT_WORK;
    scrypt::Params::new(log_n, r, p).ok().filter(|_| is_bounded)
}

fn parts<const COUNT: usize>(text: &str) -> Option<[&str; COUNT]> {
    text.split('$').collect::<Vec<_>>().try_into().ok()
}

fn is_bcrypt_of(password: &[u8], hash: &str) -> bool {
    bcrypt::non_truncating_verify(password, hash).unwrap_or(false)
}

fn sha256_hex(password: &[u8]) -> Zeroizing<String> {
    let digest = digest::digest(&digest::SHA256, password);
    let mut hex = Zeroizing::new(String::with_capacity(2 * SHA256_BYTES));
    for byte in digest.as_ref() {
        write!(hex, "{byte:02x}").expect("a string takes any text");
    }
    hex
}

#[cfg(test)]
#[path = "django_tests.rs"]
mod tests;
