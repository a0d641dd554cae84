//! Firebase: the output of `firebase auth:export`, as JSON or as CSV, which has no header.

use serde_json::Value;

use super::super::rows::Content;
use super::Fields;
use crate::passwords::FirebaseHashConfig;

/// The CSV columns that are read, by index from 0. Columns of other sites hold the user's key there.
pub(in super::super) const COLUMNS: [(usize, &str); 20] = [
    (0, "localId"),
    (1, "email"),
    (2, "emailVerified"),
    (3, "passwordHash"),
    (4, "salt"),
    (5, "displayName"),
    (7, "google.com"),
    (11, "facebook.com"),
    (15, "twitter.com"),
    (19, "github.com"),
    (23, "createdAt"),
    (24, "lastSignedInAt"),
    (26, "disabled"),
    (27, "customAttributes"),
    (28, "apple.com"),
    (32, "microsoft.com"),
    (36, "gc.apple.com"),
    (40, "playgames.google.com"),
    (44, "linkedin.com"),
    (48, "yahoo.com"),
];

pub(super) fn translate(row: &mut Content, config: Option<&FirebaseHashConfig>) {
    row.key = row.read().text("localId").unwrap_or_default().to_owned();
    row.rename(&["emailVerified"], "email_verified");
    row.rename(&["displayName"], "first_name");
    let times = [("createdAt", "date_joined"), ("lastSignedInAt", "last_login")];
    for (name, ours) in times {
        let time = super::tables::milliseconds(&row.fields, name);
        row.set(ours, time);
    }
    let fields = row.read();
    let hash = fields.text("passwordHash");
    let noted = config.zip(hash).zip(fields.text("salt")).map(|((config, hash), salt)| config.noted(hash, salt));
    let listed = fields.list("providerUserInfo").iter().filter_map(Value::as_object).map(Fields);
    let listed =
        listed.filter_map(|info| info.text("providerId")).filter(|name| !matches!(*name, "password" | "phone"));
    let in_columns = COLUMNS.into_iter().map(|(_, name)| name).filter(|name| name.contains('.') && fields.has(name));
    let mut others: Vec<_> = listed.chain(in_columns).map(|name| format!("sign-in with {name}")).collect();
    if fields.text("customAttributes").is_some_and(|claims| claims != "{}") {
        others.push("custom claims".into());
    }
    let has_hash = hash.is_some();
    row.left.others.extend(others);
    row.fields.remove("password");
    match noted.flatten() {
        Some(noted) => row.set("password", Some(noted)),
        None if has_hash && config.is_some() => {
            row.left.notes.push("its `passwordHash` and `salt` are no hash of Firebase's scrypt; the account has no password until its owner resets it".into());
        }
        None => {}
    }
}
