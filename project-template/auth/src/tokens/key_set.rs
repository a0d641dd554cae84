//! The keys of the service, newest first: the newest whose time has come signs, all verify.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{
    jws::{self, Algorithm, Claims, JwsError, JwsKey},
    keys::{SigningKey, Signs},
    mac::MacKey,
};
use crate::settings::Problem;

/// Every key that tokens may be signed with, indexed by name.
#[derive(Debug)]
pub(crate) struct KeySet {
    keys: Vec<SigningKey>,
    by_kid: HashMap<String, usize>,
    by_refresh_kid: HashMap<String, usize>,
    jwks: Value,
}

impl KeySet {
    /// The set of `keys`, newest first. A key that is listed twice counts at its last position, so that a copy of an
    /// old key does not sign again.
    ///
    /// # Errors
    /// What to do when the newest key that may sign is not of `algorithm`.
    pub(crate) fn new(mut keys: Vec<SigningKey>, algorithm: Algorithm) -> Result<Self, Problem> {
        const FIX: &str = "make one with `cargo run -- keys rotate`";
        let mut seen = HashSet::new();
        keys.reverse();
        keys.retain(|key| seen.insert(key.kid().to_owned()));
        keys.reverse();
        let newest = keys.iter().find(|key| key.signs() != Signs::Never).or(keys.last());
        match newest.map(SigningKey::algorithm) {
            Some(newest) if newest == algorithm => {}
            Some(newest) => {
                let words = format_args!(
                    "is {algorithm}, and the newest of tokens.keys that signs is for {newest}; {FIX}, or set it to {newest}"
                );
                return Err(Problem::new("tokens.algorithm", words));
            }
            None => return Err(Problem::new("tokens.keys", format_args!("names no key; {FIX}"))),
        }
        let index = |name: fn(&SigningKey) -> &str| {
            let entries = keys.iter().enumerate();
            entries.map(|(i, key)| (name(key).to_owned(), i)).collect()
        };
        let published: Vec<Value> = keys.iter().filter_map(SigningKey::public_jwk).collect();
        Ok(Self {
            by_kid: index(SigningKey::kid),
            by_refresh_kid: index(|key| key.refresh_key().kid()),
            jwks: json!({ "keys": published }),
            keys,
        })
    }

    /// The key that signs at `now`: the newest whose time has come, whatever its algorithm, or else the oldest.
    ///
    /// A new key is published before it signs: verifiers that cache the JWKS would reject its first tokens.
    pub(crate) fn signing(&self, now: OffsetDateTime) -> &SigningKey {
        let due = self.keys.iter().find(|key| key.signs().is_due(now));
        due.or(self.keys.last()).unwrap_or(&self.keys[0])
    }

    /// Whether both sets have the same keys in the same order, signing from the same times.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let each = |set: &Self| set.iter().map(|key| (key.kid().to_owned(), key.signs())).collect::<Vec<_>>();
        each(self) == each(other)
    }

    /// The keys, newest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &SigningKey> {
        self.keys.iter()
    }

    pub(crate) fn get(&self, kid: &str) -> Option<&SigningKey> {
        self.by_kid.get(kid).map(|&index| &self.keys[index])
    }

    pub(crate) fn get_refresh(&self, kid: &str) -> Option<&MacKey> {
        let index = *self.by_refresh_kid.get(kid)?;
        Some(self.keys[index].refresh_key())
    }

    /// The claims of a token of one of the `types`, signed by one of these keys.
    ///
    /// # Errors
    /// [`JwsError`]; a client gets 401 for each.
    pub(crate) fn verify(&self, token: &str, types: &[&str]) -> Result<Claims, JwsError> {
        jws::verify(token, types, |kid| self.get(kid))
    }

    /// The claims of a token of one of the `types`, signed by one of the refresh keys.
    ///
    /// # Errors
    /// As [`Self::verify`].
    pub(crate) fn verify_refresh(&self, token: &str, types: &[&str]) -> Result<Claims, JwsError> {
        jws::verify(token, types, |kid| self.get_refresh(kid))
    }

    /// The public halves for other services (RFC 7517 section 5); empty with HS256.
    pub(crate) fn jwks(&self) -> &Value {
        &self.jwks
    }
}

#[cfg(test)]
#[path = "key_set_tests.rs"]
mod tests;
