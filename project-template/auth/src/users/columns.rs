use serde_json::Value;
use time::OffsetDateTime;

use super::User;

/// Times are Unix seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) is_personal: bool,
    pub(crate) read: fn(&User) -> Value,
}

pub(crate) const COLUMNS: &[Column] = &[
    ordinary("id", |user| user.id.to_string().into()),
    personal("email", |user| user.email.as_written().into()),
    personal("first_name", |user| user.first_name.clone().into()),
    personal("last_name", |user| user.last_name.clone().into()),
    ordinary("created_at", |user| user.created_at.unix_timestamp().into()),
    ordinary("last_login_at", |user| user.last_login_at.map(OffsetDateTime::unix_timestamp).into()),
];

const fn ordinary(name: &'static str, read: fn(&User) -> Value) -> Column {
    Column { name, is_personal: false, read }
}

const fn personal(name: &'static str, read: fn(&User) -> Value) -> Column {
    Column { name, is_personal: true, read }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_name_every_column() {
        let settings = include_str!("../../defaults.toml").replace("\n#", "");
        let names = COLUMNS.iter().map(|column| column.name).collect::<Vec<_>>().join(", ");
        assert!(settings.contains(&format!("\"user.\" and one of {names};")), "{names}");
    }
}
