//! `[users]`.

use std::collections::BTreeMap;

use ring::hmac;

use super::{Email, role};
use crate::settings::{Deployed, Section};

/// Bytes of the shortest key that nobody can find by trying.
const KEY_BYTES: usize = 32;
/// What ids follow from where nothing is set, which production refuses.
const NO_KEY: &str = "development";
/// What to set.
const FIX: &str = "must be a secret of at least 32 characters, such as `openssl rand -base64 32` prints, and then stay: another \
                   one gives everybody another id (or set USER_ID_KEY)";

/// `[users]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What ids follow from, beside the address.
    pub id_key: hmac::Key,
    has_id_key: bool,
    /// Who may sign in; nobody named is everybody.
    pub allowed: Vec<Allowed>,
    /// Roles, by the address as it is compared.
    pub roles: BTreeMap<String, i64>,
}

/// One of those who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// An address as it is compared.
    Address(String),
    /// Every address of a domain, in its ASCII form.
    Domain(String),
}

impl Allowed {
    /// Parses `ada@example.com` or `@example.com`.
    fn parse(text: &str) -> Option<Self> {
        let parse = |address: &str| Email::parse(address);
        if text.trim().starts_with('@') {
            let address = parse(&format!("x{}", text.trim()))?;
            return Some(Self::Domain(address.domain().to_owned()));
        }
        Some(Self::Address(parse(text)?.key().to_owned()))
    }
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let key = section.text("id_key");
        let has_id_key = !key.is_empty();
        if has_id_key && key.len() < KEY_BYTES {
            section.problem("id_key", FIX);
        }
        let key = if has_id_key { key.as_str() } else { NO_KEY };
        let mut roles = BTreeMap::new();
        for (address, role) in section.table("roles") {
            match (Email::parse(&address), role.as_integer()) {
                (Some(email), Some(role)) => _ = roles.insert(email.key().to_owned(), role),
                _ => section.problem("roles", format_args!("has `{address}`, which is not an address with a number")),
            }
        }
        Self {
            id_key: hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()),
            has_id_key,
            allowed: section.parsed_list("allowed", Allowed::parse, "an address, or a domain such as \"@example.com\""),
            roles,
        }
    }

    /// Whether somebody with this address may sign in.
    #[must_use]
    pub fn allows(&self, address: &Email) -> bool {
        self.allowed.is_empty()
            || self.allowed.iter().any(|allowed| match allowed {
                Allowed::Address(key) => key == address.key(),
                Allowed::Domain(domain) => domain == address.domain(),
            })
    }

    /// Their role.
    #[must_use]
    pub fn role(&self, address: &Email) -> i64 {
        self.roles.get(address.key()).copied().unwrap_or(role::USER)
    }
}

impl Deployed for Settings {
    fn refuse_unsafe(&self, section: &mut Section<'_>) {
        if !self.has_id_key {
            section.problem("id_key", FIX);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_or_a_domain_is_allowed_in_any_spelling_and_nothing_below_it() {
        assert_eq!(Allowed::parse(" @BÜCHER.example"), Some(Allowed::Domain("xn--bcher-kva.example".into())));
        assert_eq!(Allowed::parse("Ada@Example.com"), Some(Allowed::Address("ada@example.com".into())));
        for text in ["", "@", "example.com", "@a", "ada@", "@a@b.com", "@example.com, @example.org"] {
            assert_eq!(Allowed::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_key_for_ids_that_can_be_found_by_trying_is_none() {
        let load = |key: &str| {
            let text = format!("[users]\nid_key = \"{key}\"");
            crate::Settings::load(std::path::Path::new("settings.toml"), &text, &BTreeMap::new())
        };
        let problem = load("0123456789abcdef0123456789abcde").unwrap_err().to_string();
        assert!(problem.contains("`users.id_key` must be a secret of at least 32 characters"), "{problem}");
        load("0123456789abcdef0123456789abcdef").unwrap();
    }
}
