//! Ory Kratos: identities, as its admin API lists them with `include_credential=password`.

use serde_json::Value;

use super::super::rows::Content;
use super::Fields;
use crate::users::Email;

pub(super) fn translate(row: &mut Content) {
    let own = row.fields.clone();
    let own = Fields(&own);
    let traits = own.object("traits");
    let credentials = own.object("credentials");
    let password = credentials.and_then(|all| all.object("password"));
    let addresses = || own.list("verifiable_addresses").iter().filter_map(Value::as_object).map(Fields);
    let by_mail = || addresses().filter(|address| address.text("via") == Some("email"));
    let written = traits.and_then(|traits| traits.text("email"));
    let written = written.or_else(|| by_mail().find_map(|address| address.text("value")));
    let identifiers = password.map_or(&[][..], |password| password.list("identifiers"));
    let email =
        written.or_else(|| identifiers.iter().filter_map(Value::as_str).find(|one| Email::parse(one).is_some()));
    let is_this = |address: &Fields<'_>| {
        email.zip(address.text("value")).is_some_and(|(one, other)| one.to_lowercase() == other.to_lowercase())
    };
    let is_verified = by_mail().filter(is_this).any(|address| address.flag("verified"));

    row.fields.clear();
    row.set("email", Some(email.unwrap_or_default()));
    row.set("email_verified", Some(is_verified));
    row.set("date_joined", own.get("created_at").cloned());
    row.set("disabled", Some(own.text("state") == Some("inactive")));
    let hash =
        password.and_then(|password| password.object("config")).and_then(|config| config.text("hashed_password"));
    row.set("password", hash);
    if let Some(traits) = traits {
        for name in ["language", "preferred_language", "locale"] {
            row.set(name, traits.get(name).cloned());
        }
        // The schema has either two names or a full name.
        super::tables::names_of(row, traits.object("name").unwrap_or(traits), &["name", "full_name"]);
    }
    for (kind, credential) in credentials.map(|all| all.0).into_iter().flatten() {
        let identifiers = credential.get("identifiers").and_then(Value::as_array).into_iter().flatten();
        let is_empty = identifiers.clone().next().is_none();
        match kind.as_str() {
            "password" => {}
            "oidc" | "saml" => {
                let providers = identifiers.filter_map(Value::as_str).filter_map(|one| one.split_once(':'));
                row.left.others.extend(providers.map(|(provider, _)| format!("sign-in with {provider}")));
            }
            "code" | "passkey" | "profile" => {
                row.left.others.extend((!is_empty).then(|| format!("sign-in with {kind}")));
            }
            factor => row.left.second_factors.push(factor.to_owned()),
        }
    }
}
