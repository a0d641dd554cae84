//! Detects the system that wrote an export, to suggest how to read it.

use serde_json::Value;

use super::super::rows::Content;
use super::{Fields, System};

/// The system that seems to have written this row.
pub(in super::super) fn looks_like(row: &Content) -> Option<System> {
    let fields = row.read();
    let has = |names: &[&str]| names.iter().all(|name| fields.names(name));
    let any = |names: &[&str]| names.iter().any(|name| fields.names(name));
    let begins = |name: &str, with: &[&str]| {
        fields.text(name).is_some_and(|text| with.iter().any(|start| text.starts_with(start)))
    };
    // These names must match exactly: with other underscores they are common elsewhere.
    let exactly = |names: &[&str]| names.iter().all(|name| fields.0.contains_key(*name));
    let is_of_auth0 = exactly(&["passwordHash", "_id", "tenant"]);
    let is_of_better_auth = exactly(&["email", "emailVerified", "createdAt", "updatedAt"]);
    let signs = [
        (has(&["localId"]) && any(&["passwordHash", "providerUserInfo", "createdAt"]), System::Firebase),
        (has(&["traits", "schema_id"]), System::Kratos),
        (is_of_keycloak(fields), System::Keycloak),
        (is_of_auth0 || begins("user_id", &["auth0|"]), System::Auth0),
        (has(&["encrypted_password"]) && any(&["raw_app_meta_data", "instance_id", "aud"]), System::Supabase),
        (has(&["encrypted_password"]), System::Devise),
        (has(&["provider_id", "account_id", "user_id"]), System::BetterAuth),
        (is_of_better_auth, System::BetterAuth),
        (has(&["password", "email_verified_at"]), System::Laravel),
        (begins("password_hash", &["scrypt:", "pbkdf2:"]), System::Werkzeug),
    ];
    signs.into_iter().find(|(is_seen, _)| *is_seen && row.model.is_empty()).map(|(_, system)| system)
}

fn is_of_keycloak(fields: Fields<'_>) -> bool {
    let credentials = fields.list("credentials").iter().filter_map(Value::as_object).map(Fields);
    credentials.into_iter().any(|one| one.has("credentialData"))
        || ["username", "createdTimestamp", "enabled"].iter().all(|name| fields.names(name))
}

/// The system that seems to have written a table without a header, judged by its first line.
pub(in super::super) fn looks_like_table(names: &[String]) -> Option<System> {
    // Firebase's third column is a flag; most others are empty for accounts that only use a password.
    let has_columns = names.len() >= 26 && names.get(2).is_some_and(|flag| matches!(flag.as_str(), "true" | "false"));
    has_columns.then_some(System::Firebase)
}
