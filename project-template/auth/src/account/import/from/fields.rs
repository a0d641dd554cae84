use serde_json::{Map, Value};

use super::super::rows::Content;

/// Reads members regardless of case and word separators: `emailVerified` matches `email_verified`.
#[derive(Clone, Copy)]
pub(super) struct Fields<'r>(pub(super) &'r Map<String, Value>);

impl<'r> Fields<'r> {
    pub(super) fn get(self, name: &str) -> Option<&'r Value> {
        let exact = self.0.get(name);
        let named = || self.0.iter().find(|(key, _)| is_same(key, name)).map(|(_, value)| value);
        exact.or_else(named).filter(|value| !value.is_null())
    }

    /// Even if it is empty.
    pub(super) fn names(self, name: &str) -> bool {
        self.0.keys().any(|key| is_same(key, name))
    }

    pub(super) fn has(self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(super) fn text(self, name: &str) -> Option<&'r str> {
        self.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    pub(super) fn flag(self, name: &str) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    pub(super) fn list(self, name: &str) -> &'r [Value] {
        self.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub(super) fn object(self, name: &str) -> Option<Fields<'r>> {
        self.get(name)?.as_object().map(Fields)
    }

    pub(super) fn json(self, name: &str) -> Option<Map<String, Value>> {
        match self.get(name)? {
            Value::Object(members) => Some(members.clone()),
            Value::String(text) => serde_json::from_str(text).ok(),
            _ => None,
        }
    }
}

impl Content {
    pub(super) fn read(&self) -> Fields<'_> {
        Fields(&self.fields)
    }

    pub(super) fn set(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.fields.insert(name.to_owned(), value.into());
        }
    }

    pub(super) fn rename(&mut self, names: &[&str], name: &str) {
        let value = names.iter().find_map(|name| self.read().get(name)).cloned();
        self.set(name, value);
    }

    /// Privileges mean something else in the other system.
    pub(super) fn drop_privileges(&mut self) {
        self.fields.retain(|name, _| !["role", "is_staff", "is_superuser"].iter().any(|other| is_same(name, other)));
    }
}

fn is_same(one: &str, other: &str) -> bool {
    fn letters(name: &str) -> impl Iterator<Item = u8> {
        name.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase())
    }
    letters(one).eq(letters(other))
}
