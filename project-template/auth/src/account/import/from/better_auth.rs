//! better-auth: rows of `user`, with the passwords in rows of `account`, or both joined.

use super::super::quoted::quoted;
use super::super::rows::Content;
use super::Extent;

pub(super) fn translate(row: &mut Content) {
    let fields = row.read();
    if fields.has("provider_id") && fields.has("account_id") {
        return account(row);
    }
    if fields.has("backup_codes") {
        row.model = "twoFactor".into();
        return;
    }
    if !fields.has("email") {
        row.model = "rows of other tables".into();
        return;
    }
    if let Some(role) = row.read().text("role").filter(|role| *role != "user") {
        let note = format!("its role {} is one of better-auth's; it has role 0", quoted(role));
        row.left.notes.push(note);
    }
    key(row, &["id", "_id"]);
    row.rename(&["email_verified"], "email_verified");
    row.rename(&["created_at"], "date_joined");
    super::tables::full_name(row, &["name"]);
    // A ban with an end counts as `banned_until`, since an expired ban is void.
    if let (true, Some(until)) = (is_banned(row), row.read().get("ban_expires").cloned()) {
        row.fields.remove("banned");
        row.set("banned_until", Some(until));
    }
}

fn is_banned(row: &Content) -> bool {
    let banned = row.read().get("banned");
    banned.is_some_and(|value| {
        value.as_bool().unwrap_or(false)
            || value.as_i64() == Some(1)
            || matches!(value.as_str(), Some("t" | "true" | "1"))
    })
}

fn account(row: &mut Content) {
    let provider = row.read().text("provider_id").unwrap_or_default().to_owned();
    if provider != "credential" {
        row.model = format!("sign-in with {provider}");
        return;
    }
    key(row, &["user_id"]);
    row.extent = Extent::Part;
    let password = row.read().get("password").cloned();
    row.fields.clear();
    row.set("password", password);
}

/// A key is a text, a number, or a `MongoDB` object id.
fn key(row: &mut Content, names: &[&str]) {
    let fields = row.read();
    let value = names.iter().find_map(|name| fields.get(name));
    let id = value.and_then(|value| value.as_object()).and_then(|id| super::Fields(id).text("$oid"));
    let text = id.or_else(|| value.and_then(|value| value.as_str())).map(str::to_owned);
    row.key = text.or_else(|| value.map(ToString::to_string)).unwrap_or_default();
}
