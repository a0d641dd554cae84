//! Remembers tokens whose signature was verified: that is nine tenths of the cost of a request. Only that check is
//! skipped: the expiry is checked at every use, and the session elsewhere.

use std::sync::Arc;

use quick_cache::sync::Cache;
use ring::digest::{SHA256, digest};

use super::AccessClaims;

/// Tokens remembered, about half a KiB each.
const CAPACITY: usize = 20_000;

/// Claims by the SHA-256 of their token, so that the memory of this process holds no usable token.
pub struct VerifiedTokens(Cache<[u8; 32], Arc<AccessClaims>>);

impl Default for VerifiedTokens {
    fn default() -> Self {
        Self(Cache::new(CAPACITY))
    }
}

impl VerifiedTokens {
    /// The claims of a token, if it was verified before.
    #[must_use]
    pub fn get(&self, token: &str) -> Option<Arc<AccessClaims>> {
        self.0.get(&key(token))
    }

    /// Remembers a token that was verified.
    pub fn insert(&self, token: &str, claims: &Arc<AccessClaims>) {
        self.0.insert(key(token), Arc::clone(claims));
    }
}

fn key(token: &str) -> [u8; 32] {
    let mut key = [0; 32];
    key.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    key
}
