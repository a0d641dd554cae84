use serde_json::Value;

use super::super::rows::Content;
use super::{Fields, System};

/// Both have `encrypted_password`.
const OF_DEVISE: [&str; 4] = ["current_sign_in_at", "remember_created_at", "reset_password_token", "sign_in_count"];
const OF_SUPABASE: [&str; 5] = ["raw_app_meta_data", "raw_user_meta_data", "instance_id", "aud", "email_confirmed_at"];

/// The most likely one first.
pub(in super::super) fn signs_of(row: &Content) -> impl Iterator<Item = System> {
    let fields = row.read();
    let has = |names: &[&str]| names.iter().all(|name| fields.names(name));
    let any = |names: &[&str]| names.iter().any(|name| fields.names(name));
    let begins = |name: &str, with: &[&str]| {
        fields.text(name).is_some_and(|text| with.iter().any(|start| text.starts_with(start)))
    };
    // These names must match with their underscores: without them, or with others, they are common elsewhere.
    let is_named = |name: &str| fields.0.keys().any(|key| key.eq_ignore_ascii_case(name));
    let exactly = |names: &[&str]| names.iter().all(|name| is_named(name));
    let is_encrypted = has(&["encrypted_password"]);
    let is_of_devise = is_encrypted && any(&OF_DEVISE);
    let is_of_supabase = is_encrypted && any(&OF_SUPABASE) && !is_of_devise;
    let is_of_werkzeug = ["password_hash", "password"].iter().any(|name| begins(name, &["scrypt:", "pbkdf2:"]));
    // A dump of Django names the model of each row.
    let is_of_django = !row.model.is_empty();
    let signs = [
        (has(&["localId"]) && any(&["passwordHash", "providerUserInfo", "createdAt"]), System::Firebase),
        (has(&["traits", "schema_id"]), System::Kratos),
        (is_of_keycloak(fields), System::Keycloak),
        (exactly(&["passwordHash", "_id", "tenant"]) || begins("user_id", &["auth0|"]), System::Auth0),
        (is_of_supabase, System::Supabase),
        (is_of_devise || (is_encrypted && !is_of_supabase), System::Devise),
        (has(&["provider_id", "account_id", "user_id"]), System::BetterAuth),
        (exactly(&["email", "emailVerified", "createdAt", "updatedAt"]), System::BetterAuth),
        (is_of_werkzeug, System::Werkzeug),
        (has(&["password", "email_verified_at"]), System::Laravel),
    ];
    let others = signs.into_iter().filter(move |(is_seen, _)| *is_seen && !is_of_django).map(|(_, system)| system);
    is_of_django.then_some(System::Django).into_iter().chain(others)
}

fn is_of_keycloak(fields: Fields<'_>) -> bool {
    let credentials = fields.list("credentials").iter().filter_map(Value::as_object).map(Fields);
    credentials.into_iter().any(|one| one.has("credentialData"))
        || ["username", "createdTimestamp", "enabled"].iter().all(|name| fields.names(name))
}

pub(in super::super) fn looks_like_table(names: &[String]) -> Option<System> {
    // Most columns are empty for accounts that only use a password.
    (names.len() >= 26 && is_row_of_firebase(names.get(2).map(String::as_str))).then_some(System::Firebase)
}

pub(in super::super) fn is_row_of_firebase(third: Option<&str>) -> bool {
    matches!(third, Some("true" | "false"))
}
