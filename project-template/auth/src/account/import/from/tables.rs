use serde_json::{Map, Value};

use super::super::rows::Content;
use super::Fields;

/// Columns that hold the user's key at another site.
const KEYS_ELSEWHERE: [&str; 7] =
    ["apple_id", "facebook_id", "github_id", "gitlab_id", "google_id", "linkedin_id", "twitter_id"];

pub(super) fn devise(row: &mut Content) {
    row.rename(&["encrypted_password"], "password");
    verified_since(row, &["confirmed_at"]);
    row.rename(&["created_at"], "date_joined");
    row.rename(&["current_sign_in_at", "last_sign_in_at"], "last_login");
    full_name(row, &["name", "full_name"]);
    ways(row);
}

pub(super) fn laravel(row: &mut Content) {
    verified_since(row, &["email_verified_at"]);
    row.rename(&["created_at"], "date_joined");
    full_name(row, &["name"]);
    ways(row);
}

pub(super) fn supabase(row: &mut Content) {
    row.rename(&["encrypted_password"], "password");
    verified_since(row, &["email_confirmed_at", "confirmed_at"]);
    row.rename(&["created_at"], "date_joined");
    row.rename(&["last_sign_in_at"], "last_login");
    let about = row.read().json("raw_user_meta_data").or_else(|| row.read().json("user_metadata")).unwrap_or_default();
    names_of(row, Fields(&about), &["full_name", "name"]);
    row.set("locale", Fields(&about).get("locale").cloned());
    let by = row.read().json("raw_app_meta_data").or_else(|| row.read().json("app_metadata")).unwrap_or_default();
    let providers = Fields(&by).list("providers").iter().filter_map(Value::as_str);
    let providers: Vec<_> = providers.filter(|name| !matches!(*name, "email" | "phone")).map(str::to_owned).collect();
    row.left.others.extend(providers.iter().map(|name| format!("sign-in with {name}")));
    if !row.read().list("factors").is_empty() {
        row.left.second_factors.push("factors".into());
    }
}

/// Each application has its own columns; these names are those of guides and of Flask-Security.
pub(super) fn werkzeug(row: &mut Content) {
    row.rename(&["password_hash", "pw_hash", "hashed_password", "password"], "password");
    verified_since(row, &["confirmed_at", "email_confirmed_at", "email_verified_at"]);
    row.rename(&["created_at", "date_joined", "confirmed_at"], "date_joined");
    row.rename(&["current_login_at", "last_login_at", "last_login"], "last_login");
    full_name(row, &["name", "full_name"]);
    ways(row);
}

fn verified_since(row: &mut Content, names: &[&str]) {
    if names.iter().any(|name| row.read().text(name).is_some()) {
        row.set("email_verified", Some(true));
    }
}

/// Keeps a full name whole, as the first name, since it cannot be split reliably.
pub(super) fn full_name(row: &mut Content, names: &[&str]) {
    let fields = row.fields.clone();
    names_of(row, Fields(&fields), names);
}

pub(super) fn names_of(row: &mut Content, about: Fields<'_>, whole: &[&str]) {
    let text = |names: &[&str]| names.iter().find_map(|name| about.text(name)).map(str::to_owned);
    let (first, last) = (text(&["first_name", "given_name", "first"]), text(&["last_name", "family_name", "last"]));
    let first = if first.is_none() && last.is_none() { text(whole) } else { first };
    row.set("first_name", first);
    row.set("last_name", last);
}

fn ways(row: &mut Content) {
    let fields = row.read();
    let provider = fields.text("provider").filter(|name| !matches!(*name, "email" | "local"));
    let keys = KEYS_ELSEWHERE.into_iter().filter(|name| fields.has(name)).filter_map(|name| name.strip_suffix("_id"));
    let ways: Vec<_> = provider.into_iter().chain(keys).map(|name| format!("sign-in with {name}")).collect();
    row.left.others.extend(ways);
}

pub(super) fn milliseconds(fields: &Map<String, Value>, name: &str) -> Option<Value> {
    let value = Fields(fields).get(name)?;
    let written = value.as_str().and_then(|text| text.trim().parse::<i64>().ok());
    written.map(Value::from).or_else(|| value.as_i64().map(Value::from))
}
