//! Recovery codes: for users whose authenticator app is lost.

use std::collections::BTreeSet;

use secrecy::{ExposeSecret, SecretString};

use super::secret::Secret;
use crate::codes;

/// Codes of an account.
pub(crate) const CODES: usize = 10;
/// Digits of a code.
pub(crate) const DIGITS: u32 = 8;

/// New codes, each different, and their MACs as they are stored.
pub(super) fn make(secret: &Secret) -> (Vec<SecretString>, Vec<Vec<u8>>) {
    let (mut codes, mut macs) = (Vec::new(), BTreeSet::new());
    while codes.len() < CODES {
        let code = codes::random(DIGITS);
        if macs.insert(secret.mac(code.expose_secret())) {
            codes.push(code);
        }
    }
    // In an order that says nothing about the codes.
    (codes, macs.into_iter().collect())
}
