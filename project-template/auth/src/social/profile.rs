//! A provider's user, as it describes them.

use serde_json::{Map, Value};

use crate::email::Email;
use crate::users;

/// In bytes, of an access token or a code that is passed on.
pub(super) const CREDENTIAL_BYTES: usize = 8 * 1024;

/// Claims that vouch for the address beside them. The second is Microsoft's, where an administrator asks for it: the domain's
/// owner vouches.
pub(super) const VOUCHING: [&str; 2] = ["email_verified", "xms_edov"];

#[derive(Clone, Debug, Default)]
pub(super) struct Profile {
    pub(super) email: Option<Email>,
    /// Whether the provider says that the address is the user's.
    pub(super) is_vouched_for: bool,
    pub(super) first_name: String,
    pub(super) last_name: String,
}

impl Profile {
    /// Of the standard claims (OpenID Connect Core, section 5.1).
    pub(super) fn of(claims: &Map<String, Value>) -> Self {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let (first, last) = names(text("given_name"), text("family_name"), text("name"));
        Self {
            email: text("email").and_then(Email::parse),
            is_vouched_for: VOUCHING.iter().any(|name| is_true(claims.get(*name))),
            first_name: first,
            last_name: last,
        }
    }
}

pub(super) fn names(first: Option<&str>, last: Option<&str>, whole: Option<&str>) -> (String, String) {
    let (first, last) = match (first, last, whole) {
        (None, None, Some(whole)) => whole.trim().split_once(' ').unwrap_or((whole, "")),
        (first, last, _) => (first.unwrap_or_default(), last.unwrap_or_default()),
    };
    (users::cut_name(first), users::cut_name(last))
}

/// Some write it as a text, or as a number.
fn is_true(claim: Option<&Value>) -> bool {
    match claim {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text == "true" || text == "1",
        Some(Value::Number(number)) => number.as_u64() == Some(1),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(claims: Value) -> Profile {
        let Value::Object(claims) = claims else { panic!("{claims} is no object") };
        Profile::of(&claims)
    }

    #[test]
    fn an_address_is_vouched_for_only_if_the_provider_says_so() {
        for (verified, expected) in [
            (json!(true), true),
            (json!("true"), true),
            (json!(1), true),
            (json!(false), false),
            (json!("false"), false),
            (json!("TRUE"), false),
            (json!(null), false),
            (json!([true]), false),
            (json!({ "verified": true }), false),
        ] {
            let profile = of(json!({ "email": "ada@example.com", "email_verified": verified }));
            assert_eq!(profile.is_vouched_for, expected, "{verified}");
        }
        assert!(!of(json!({ "email": "ada@example.com" })).is_vouched_for);
        assert!(of(json!({ "email": "ada" })).email.is_none());
    }

    #[test]
    fn names_are_those_of_the_claims_or_the_parts_of_the_whole_name() {
        let of = |claims| {
            let profile = of(claims);
            (profile.first_name, profile.last_name)
        };
        assert_eq!(
            of(json!({ "given_name": "Ada", "family_name": "Lovelace", "name": "x y" })),
            ("Ada".into(), "Lovelace".into())
        );
        assert_eq!(of(json!({ "name": " Augusta Ada King " })), ("Augusta".into(), "Ada King".into()));
        assert_eq!(of(json!({ "name": "Ada" })), ("Ada".into(), String::new()));
        assert_eq!(of(json!({ "given_name": "A\0da", "name": 7 })), ("Ada".into(), String::new()));
        assert_eq!(of(json!({ "given_name": "x".repeat(200) })).0.len(), 150);
    }
}
