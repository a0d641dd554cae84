//! Auth0's NDJSON of password hashes, and its export of users, which has the rest. In one file, both are joined.

use serde_json::Value;

use super::super::rows::Content;
use super::{Extent, Fields};
use crate::users::Email;

pub(super) fn translate(row: &mut Content) {
    if let Some(user) = row.read().text("user_id").map(str::to_owned) {
        row.key = user;
    } else {
        row.extent = Extent::Half;
        let id = row.read().object("_id").and_then(|id| id.text("$oid"));
        let id = row.read().text("alt_id").or(id).or_else(|| row.read().text("_id")).map(str::to_owned);
        // The same value as the claim `sub` of Auth0's tokens.
        row.key = id.map(|id| format!("auth0|{id}")).unwrap_or_default();
    }
    row.rename(&["passwordHash", "password_hash"], "password");
    from_identifiers(row);
    row.rename(&["created_at"], "date_joined");
    row.rename(&["last_login"], "last_login");
    let own = row.fields.clone();
    // Auth0 uses the address as the name of an account without one.
    let name = Fields(&own).text("name").filter(|name| Email::parse(name).is_none());
    super::tables::names_of(row, Fields(&own), if name.is_some() { &["name"] } else { &[] });
    for identity in Fields(&own).list("identities").iter().filter_map(Value::as_object).map(Fields) {
        let provider = identity.text("provider").filter(|name| *name != "auth0");
        row.left.others.extend(provider.map(|name| format!("sign-in with {name}")));
    }
}

/// Some exports have the address only in `identifiers`.
fn from_identifiers(row: &mut Content) {
    let identifiers = row.read().list("identifiers").iter().filter_map(Value::as_object).map(Fields);
    let Some(address) = identifiers.into_iter().find(|one| one.text("type") == Some("email")) else { return };
    let (email, verified) = (address.text("value").map(str::to_owned), address.flag("verified"));
    if row.read().text("email").is_none() {
        row.set("email", email);
        row.set("email_verified", Some(verified));
    }
}
