//! Remembers tokens whose signature was verified: the signature is nine tenths of the cost of a request.
//!
//! Only the signature is skipped. Expiry is compared at every use, and whether the session lives is asked elsewhere.

use std::sync::Arc;

use quick_cache::sync::Cache;
use ring::digest::{SHA256, digest};

use super::AccessClaims;

/// Tokens remembered, about half a KiB each.
const CAPACITY: usize = 20_000;

/// SHA-256 of the token to its claims: the memory of this process holds no token that could be used.
pub(super) struct VerifiedTokens(Cache<[u8; 32], Arc<AccessClaims>>);

impl Default for VerifiedTokens {
    fn default() -> Self {
        Self(Cache::new(CAPACITY))
    }
}

impl VerifiedTokens {
    pub(super) fn get(&self, token: &str) -> Option<Arc<AccessClaims>> {
        self.0.get(&key(token))
    }

    pub(super) fn insert(&self, token: &str, claims: &Arc<AccessClaims>) {
        self.0.insert(key(token), Arc::clone(claims));
    }
}

fn key(token: &str) -> [u8; 32] {
    let mut key = [0; 32];
    key.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    key
}
