//! What `tokens.claims` can take of an account.

use serde_json::Value;

use super::User;

/// Names of claims that every token has beside those of the protocol.
pub(crate) const OWN_CLAIMS: &[&str] = &[];

/// A column of the account: what its name is in the settings, whether it is personal, and how it is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) is_personal: bool,
    pub(crate) read: fn(&User) -> Value,
}

pub(crate) const COLUMNS: &[Column] = &[
    Column { name: "id", is_personal: false, read: |user| user.id.to_string().into() },
    Column { name: "email", is_personal: true, read: |user| user.email.clone().into() },
    Column { name: "first_name", is_personal: true, read: |user| user.first_name.clone().into() },
    Column { name: "last_name", is_personal: true, read: |user| user.last_name.clone().into() },
    Column { name: "created_at", is_personal: false, read: |user| user.created_at.unix_timestamp().into() },
    Column {
        name: "last_login_at",
        is_personal: false,
        read: |user| user.last_login_at.map(time::OffsetDateTime::unix_timestamp).into(),
    },
];
