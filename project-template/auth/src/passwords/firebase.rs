//! Firebase's hashes: the project's signer key, encrypted with AES under a key that scrypt derives from the password.
//! In counter mode that is the signer key XOR a keystream. An import stores the keystream, so that the signer key is
//! neither needed to sign in nor anywhere in the database.

use std::fmt::Write as _;

use argon2::password_hash::phc::Output;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::django::scrypt_params;
use super::memory::Memory;

pub(super) const METHOD: &str = "firebase";

const KEY_BYTES: usize = 64;
/// AES-256-GCM with a nonce of zeros encrypts with counter mode's blocks from the third on: the first two are skipped.
const SKIPPED_BYTES: usize = 32;
const STREAM_BYTES: usize = KEY_BYTES - SKIPPED_BYTES;

pub(crate) struct HashConfig {
    signer_key: Zeroizing<Vec<u8>>,
    salt_separator: Vec<u8>,
    rounds: u32,
    mem_cost: u8,
}

impl HashConfig {
    pub(crate) fn parse(text: &SecretString) -> Result<Self, String> {
        let text = text.expose_secret();
        let value = |name: &str| value_of(text, name).ok_or_else(|| format!("it has no `{name}`"));
        if let Some(algorithm) = value_of(text, "algorithm").filter(|algorithm| *algorithm != "SCRYPT") {
            return Err(format!("its algorithm is `{}`, not SCRYPT", algorithm.escape_debug()));
        }
        let signer_key = bytes_of(value("base64_signer_key")?).map(Zeroizing::new);
        let signer_key = signer_key.filter(|key| key.len() == KEY_BYTES);
        let config = Self {
            signer_key: signer_key.ok_or(format!("its `base64_signer_key` is not {KEY_BYTES} bytes in base64"))?,
            salt_separator: bytes_of(value("base64_salt_separator")?)
                .ok_or("its `base64_salt_separator` is not base64")?,
            rounds: value("rounds")?.parse().map_err(|_| "its `rounds` is not a number")?,
            mem_cost: value("mem_cost")?.parse().map_err(|_| "its `mem_cost` is not a number")?,
        };
        scrypt_params(config.mem_cost, config.rounds, 1).ok_or("its `rounds` and `mem_cost` are too costly")?;
        Ok(config)
    }

    pub(crate) fn noted(&self, hash: &str, salt: &str) -> Option<String> {
        let hash = bytes_of(hash).filter(|hash| hash.len() == KEY_BYTES)?;
        let salt = [bytes_of(salt)?, self.salt_separator.clone()].concat();
        let stream: Vec<u8> = hash.iter().zip(self.signer_key.iter()).map(|(hash, key)| hash ^ key).collect();
        let (salt, stream) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(&stream[SKIPPED_BYTES..]));
        let mut noted = String::new();
        write!(noted, "{METHOD}${}${}${salt}${stream}", self.mem_cost, self.rounds).ok()?;
        Some(noted)
    }
}

fn value_of<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let is_gap = |character: char| character.is_whitespace() || ['"', '\'', ':', '='].contains(&character);
    let is_value = |character: char| character.is_ascii_alphanumeric() || "+/=-_".contains(character);
    let begins_a_name = |at: usize| !text[..at].ends_with(|last: char| last.is_ascii_alphanumeric() || last == '_');
    let (at, _) = text.match_indices(name).find(|(at, _)| begins_a_name(*at))?;
    let rest = text[at + name.len()..].trim_start_matches(is_gap);
    let end = rest.find(|character| !is_value(character)).unwrap_or(rest.len());
    Some(&rest[..end]).filter(|value| !value.is_empty())
}

/// In either alphabet, padded or not: Firebase's export program and its API differ.
fn bytes_of(base64: &str) -> Option<Vec<u8>> {
    STANDARD_NO_PAD.decode(base64.trim_end_matches('=').replace('-', "+").replace('_', "/")).ok()
}

pub(super) struct Firebase {
    params: scrypt::Params,
    salt: Vec<u8>,
    stream: Output,
}

impl Firebase {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let [mem_cost, rounds, salt, stream] = text.split('$').collect::<Vec<_>>().try_into().ok()?;
        Some(Self {
            params: scrypt_params(mem_cost.parse().ok()?, rounds.parse().ok()?, 1)?,
            salt: STANDARD_NO_PAD.decode(salt).ok()?,
            stream: Output::new(&STANDARD_NO_PAD.decode(stream).ok()?).ok().filter(|out| out.len() == STREAM_BYTES)?,
        })
    }

    pub(super) fn is_of(&self, password: &[u8], memory: &Memory) -> Option<bool> {
        let mut key = Zeroizing::new([0; 32]);
        let kib = usize::try_from(self.params.n() * u64::from(self.params.r()) / 8).ok()?;
        memory.beside(kib, || scrypt::scrypt(password, &self.salt, &self.params, &mut *key)).ok()?;
        let mut stream = [0; STREAM_BYTES];
        let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &*key).ok()?);
        let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
        let _tag = cipher.seal_in_place_separate_tag(nonce, Aad::empty(), &mut stream).ok()?;
        Some(Output::new(&stream).ok()? == self.stream)
    }
}

#[cfg(test)]
#[path = "firebase_tests.rs"]
mod tests;
