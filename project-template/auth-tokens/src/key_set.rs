//! The keys of the service, newest first: the newest whose time has come signs, all verify.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::{
    jws::{self, JwsError, JwsKey},
    keys::{SigningKey, Signs},
    mac::MacKey,
};

/// Every key that tokens may be signed with, indexed by name.
#[derive(Debug)]
pub struct KeySet {
    keys: Vec<SigningKey>,
    by_kid: HashMap<String, usize>,
    by_refresh_kid: HashMap<String, usize>,
    jwks: Value,
}

impl KeySet {
    /// `keys` are newest first. One that is listed twice counts at its last position: a copy of an old key never signs.
    #[must_use]
    pub fn new(mut keys: Vec<SigningKey>) -> Option<Self> {
        let mut seen = HashSet::new();
        keys.reverse();
        keys.retain(|key| seen.insert(key.kid().to_owned()));
        keys.reverse();
        if keys.is_empty() {
            return None;
        }
        let index = |name: fn(&SigningKey) -> &str| {
            let entries = keys.iter().enumerate();
            entries.map(|(i, key)| (name(key).to_owned(), i)).collect()
        };
        let published: Vec<Value> = keys.iter().filter_map(SigningKey::public_jwk).collect();
        Some(Self {
            by_kid: index(SigningKey::kid),
            by_refresh_kid: index(|key| key.refresh_key().kid()),
            jwks: json!({ "keys": published }),
            keys,
        })
    }

    /// The newest key that may sign at some time, or else the oldest.
    #[must_use]
    pub fn newest(&self) -> &SigningKey {
        let newest = self.keys.iter().find(|key| key.signs() != Signs::Never);
        newest.or(self.keys.last()).unwrap_or(&self.keys[0])
    }

    /// The key that signs at `now`: the newest whose time has come, whatever its algorithm, or else the oldest.
    #[must_use]
    pub fn signing(&self, now: OffsetDateTime) -> &SigningKey {
        let due = self.keys.iter().find(|key| key.signs().is_due(now));
        due.or(self.keys.last()).unwrap_or(&self.keys[0])
    }

    /// Whether both sets have the same keys in the same order, signing from the same times.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let each = |set: &Self| set.iter().map(|key| (key.kid().to_owned(), key.signs())).collect::<Vec<_>>();
        each(self) == each(other)
    }

    /// The keys, newest first.
    pub fn iter(&self) -> impl Iterator<Item = &SigningKey> {
        self.keys.iter()
    }

    /// The key of this name.
    #[must_use]
    pub fn get(&self, kid: &str) -> Option<&SigningKey> {
        self.by_kid.get(kid).map(|&index| &self.keys[index])
    }

    fn get_refresh(&self, kid: &str) -> Option<&MacKey> {
        let index = *self.by_refresh_kid.get(kid)?;
        Some(self.keys[index].refresh_key())
    }

    /// The claims of a token of one of the `types`, signed by one of these keys.
    pub fn verify(&self, token: &str, types: &[&str]) -> Result<Map<String, Value>, JwsError> {
        jws::verify(token, types, |kid| self.get(kid))
    }

    /// The claims of a token of one of the `types`, signed by one of the refresh keys.
    pub fn verify_refresh(&self, token: &str, types: &[&str]) -> Result<Map<String, Value>, JwsError> {
        jws::verify(token, types, |kid| self.get_refresh(kid))
    }

    /// The public halves for other services (RFC 7517 section 5); empty with HS256.
    #[must_use]
    pub fn jwks(&self) -> &Value {
        &self.jwks
    }
}

#[cfg(test)]
#[path = "key_set_tests.rs"]
mod tests;
