//! Recognizes fields that close an account or ask for more than a password, by the names that Django projects and
//! others use. None may be lost silently: an import must not open an account that was closed.

use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::account::moment;

/// Parts of names, without word separators, that indicate a second factor.
const SECOND_FACTOR: [&str; 13] = [
    "totp",
    "hotp",
    "twofactor",
    "multifactor",
    "2fa",
    "mfa",
    "webauthn",
    "passkey",
    "u2f",
    "fido",
    "yubikey",
    "recoverycode",
    "backupcode",
];
/// Matched as a whole word, because it is also a part of other words.
const SECOND_FACTOR_WORD: &str = "otp";

/// As in `is_banned`, `banned`, `banned_at`, `banned_until`, `account_banned`, and as the value of a [`STATE`].
const CLOSED: [&str; 14] = [
    "archived",
    "banned",
    "blocked",
    "closed",
    "deactivated",
    "deleted",
    "deprovisioned",
    "disabled",
    "discarded",
    "frozen",
    "inactive",
    "locked",
    "suspended",
    "terminated",
];
/// A usable account has them true, if they exist, alone or after `is_`, `account_` and the like.
const OPEN: [&str; 6] = ["active", "approved", "enabled", "non_expired", "non_locked", "can_login"];
const STATE: [&str; 3] = ["status", "state", "user_status"];
const VOID_PASSWORD: [&str; 6] = [
    "must_change_password",
    "force_password_change",
    "force_password_reset",
    "password_expired",
    "require_password_change",
    "password_reset_required",
];

pub(super) fn is_second_factor(model: &str) -> bool {
    let words = snake(model);
    let joined: String = words.split('_').collect();
    SECOND_FACTOR.iter().any(|part| joined.contains(part)) || words.split('_').any(|word| word == SECOND_FACTOR_WORD)
}

pub(super) fn second_factors_of(fields: &Map<String, Value>) -> impl Iterator<Item = &str> {
    fields.iter().filter(|(name, value)| is_set(value) && is_second_factor(name)).map(|(name, _)| name.as_str())
}

pub(super) fn closed_by(fields: &Map<String, Value>, now: OffsetDateTime) -> Option<&str> {
    let is_closed = |name: &str, value: &Value| {
        let name = snake(name);
        let state = name.strip_prefix("is_").unwrap_or(&name);
        let state = state.strip_prefix("account_").unwrap_or(state);
        let is_closed_state = |value: &str| CLOSED.contains(&snake(value.trim()).as_str());
        if STATE.contains(&state) {
            return value.as_str().is_some_and(is_closed_state);
        }
        if OPEN.contains(&state) {
            return !is_set(value) && !value.is_null();
        }
        let is_over = state.ends_with("_until") && value.as_str().and_then(moment).is_some_and(|end| end <= now);
        let state = ["_at", "_on", "_until"].iter().find_map(|suffix| state.strip_suffix(suffix)).unwrap_or(state);
        CLOSED.contains(&state) && is_set(value) && !is_over
    };
    fields.iter().find(|(name, value)| is_closed(name, value)).map(|(name, _)| name.as_str())
}

pub(super) fn password_voided_by(fields: &Map<String, Value>) -> Option<&str> {
    let is_void = |name: &str| VOID_PASSWORD.contains(&snake(name).as_str());
    fields.iter().find(|(name, value)| is_void(name) && is_set(value)).map(|(name, _)| name.as_str())
}

fn is_set(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => {
            let text = text.trim().to_ascii_lowercase();
            !matches!(
                text.as_str(),
                "" | "0"
                    | "0.0"
                    | "f"
                    | "false"
                    | "n"
                    | "no"
                    | "off"
                    | "none"
                    | "null"
                    | "\\n"
                    | "disabled"
                    | "[]"
                    | "{}"
            )
        }
        Value::Array(values) => !values.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// `isBanned` and `is-banned` become `is_banned`.
pub(super) fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut after_lower = false;
    for character in name.chars() {
        if after_lower && character.is_uppercase() {
            snake.push('_');
        }
        after_lower = character.is_lowercase() || character.is_ascii_digit();
        snake.push(if character.is_alphanumeric() { character.to_ascii_lowercase() } else { '_' });
    }
    snake
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn models_of_second_factors_are_known_by_their_names() {
        for model in [
            "mfa.authenticator",
            "otp_totp.totpdevice",
            "otp_static.staticdevice",
            "otp_email.emaildevice",
            "two_factor.phonedevice",
            "trench.mfamethod",
            "passkeys.userpasskey",
            "accounts.RecoveryCode",
            "security.fido2key",
        ] {
            assert!(is_second_factor(model), "{model}");
        }
        for model in ["auth.user", "account.emailaddress", "photos.photo", "shop.option", "socialaccount.socialaccount"]
        {
            assert!(!is_second_factor(model), "{model}");
        }
    }

    #[test]
    fn a_field_counts_as_a_second_factor_where_it_is_set() {
        let named =
            |fields: Value| second_factors_of(fields.as_object().unwrap()).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(named(json!({ "otp_required_for_login": true })), ["otp_required_for_login"]);
        assert_eq!(named(json!({ "twoFactorEnabled": "t", "email": "a" })), ["twoFactorEnabled"]);
        assert_eq!(named(json!({ "mfa_methods": ["totp"] })), ["mfa_methods"]);
        for unset in [json!(null), json!(false), json!(0), json!(""), json!("f"), json!("none"), json!([]), json!({})] {
            assert!(named(json!({ "two_factor": unset })).is_empty(), "{unset}");
        }
    }

    #[test]
    fn an_account_is_closed_by_a_field_that_says_so_now() {
        let now = datetime!(2027-01-01 00:00 UTC);
        let closed = |name: &str, value: Value| closed_by(json!({ name: value }).as_object().unwrap(), now).is_some();
        assert!(closed("is_banned", json!(true)));
        assert!(closed("lockedAt", json!("2020-01-01T00:00:00Z")));
        assert!(closed("banned_until", json!("2027-01-02T00:00:00Z")));
        assert!(closed("banned_until", json!("infinity")), "what is no time has not passed");
        assert!(closed("is_approved", json!(false)));
        for name in ["active", "isActive", "enabled", "account_enabled", "accountNonLocked", "is_account_non_expired"] {
            for no in [json!(false), json!(0), json!("f"), json!("no")] {
                assert!(closed(name, no), "{name}");
            }
            assert!(!closed(name, json!(true)) && !closed(name, json!("t")) && !closed(name, json!(null)), "{name}");
        }
        for name in ["inactive", "is_archived", "archivedAt", "account_closed", "accountLocked"] {
            assert!(closed(name, json!("2020-01-01T00:00:00Z")) && !closed(name, json!(null)), "{name}");
        }
        for (state, is_closed) in [("Inactive", true), ("SUSPENDED", true), ("active", false), ("pending", false)] {
            assert_eq!(closed("status", json!(state)), is_closed, "{state}");
            assert_eq!(closed("accountStatus", json!(state)), is_closed, "{state}");
        }
        for (name, value) in [
            ("is_banned", json!(false)),
            ("banned_until", json!("2026-12-31T00:00:00Z")),
            ("deleted_at", json!(null)),
            ("is_approved", json!(true)),
            ("is_approved", json!(null)),
            ("notifications_disabled", json!(true)),
        ] {
            assert!(!closed(name, value.clone()), "{name} {value}");
        }
    }
}
