//! What `tokens.claims` can take of somebody. Differs from the built-in project: somebody has an address and an id, and
//! nothing else is known.

use serde_json::Value;

use super::User;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) is_personal: bool,
    pub(crate) read: fn(&User) -> Value,
}

pub(crate) const COLUMNS: &[Column] =
    &[ordinary("id", |user| user.id.to_string().into()), ordinary("domain", |user| user.address.domain().into())];

const fn ordinary(name: &'static str, read: fn(&User) -> Value) -> Column {
    Column { name, is_personal: false, read }
}
