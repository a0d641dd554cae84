//! What `tokens.claims` can take of somebody. Differs from the built-in project: somebody has an address and an id, and
//! nothing else is known.

use serde_json::Value;

use super::{EMAIL, User};

/// Names of claims that every token has beside those of the protocol.
pub(crate) const OWN_CLAIMS: &[&str] = &[EMAIL];

/// What its name is in the settings, whether it is personal, and how it is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) is_personal: bool,
    pub(crate) read: fn(&User) -> Value,
}

pub(crate) const COLUMNS: &[Column] = &[
    Column { name: "id", is_personal: false, read: |user| user.id.to_string().into() },
    Column { name: "domain", is_personal: false, read: |user| user.address.domain().into() },
];
