//! Keycloak: the users of a realm's export, with their credentials.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::Value;

use super::super::rows::Content;
use super::Fields;

const MUST_CHANGE: &str = "its password is to be changed at the next sign-in (`UPDATE_PASSWORD`, or a temporary one); the \
    account has no password until its owner resets it";

pub(super) fn translate(row: &mut Content) {
    let own = row.fields.clone();
    let own = Fields(&own);
    if own.has("serviceAccountClientId") || own.has("serviceAccountClientLink") {
        row.model = "service accounts".into();
        return;
    }
    row.rename(&["emailVerified"], "email_verified");
    row.rename(&["firstName"], "first_name");
    row.rename(&["lastName"], "last_name");
    row.rename(&["createdTimestamp"], "date_joined");
    // An attribute has a list of values.
    let locales = own.object("attributes").map_or(&[][..], |attributes| attributes.list("locale"));
    row.set("locale", locales.first().cloned());
    row.fields.remove("password");
    let must_change = own.list("requiredActions").iter().any(|action| action == "UPDATE_PASSWORD");
    for credential in own.list("credentials").iter().filter_map(Value::as_object).map(Fields) {
        match credential.text("type").unwrap_or_default() {
            "password" => {
                if must_change || credential.flag("temporary") {
                    row.left.notes.push(MUST_CHANGE.into());
                } else {
                    row.set("password", Some(password(credential)));
                }
            }
            way @ "webauthn-passwordless" => row.left.others.push(format!("sign-in with {way}")),
            "password-history" => {}
            factor => row.left.second_factors.push(factor.to_owned()),
        }
    }
    if !row.left.second_factors.is_empty() {
        row.fields.remove("totp");
    }
    for identity in own.list("federatedIdentities").iter().filter_map(Value::as_object).map(Fields) {
        let provider = identity.text("identityProvider").unwrap_or("another provider");
        row.left.others.push(format!("sign-in with {provider}"));
    }
    if own.text("federationLink").is_some() {
        row.left.others.push("sign-in with a user federation".into());
    }
}

/// The hash in this crate's notation, or else its algorithm, for a message.
fn password(credential: Fields<'_>) -> String {
    let (data, secret) = (credential.json("credentialData"), credential.json("secretData"));
    // A hand-written file may hold a plaintext password, which is not imported.
    let (Some(data), Some(secret)) = (&data, &secret) else { return "$plain$".into() };
    let data = Fields(data);
    hash(data, Fields(secret)).unwrap_or_else(|| format!("${}$", data.text("algorithm").unwrap_or("plain")))
}

fn hash(data: Fields<'_>, secret: Fields<'_>) -> Option<String> {
    let decoded = |name| STANDARD.decode(secret.text(name)?).ok();
    let (salt, value) = (decoded("salt")?, decoded("value")?);
    let (salt, value) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(value));
    let rounds = data.get("hashIterations")?.as_u64()?;
    match data.text("algorithm")? {
        "argon2" => {
            let more = data.object("additionalParameters")?;
            let more = |name| more.list(name).first().and_then(Value::as_str);
            let (kind, memory, lanes) = (more("type")?, more("memory")?, more("parallelism")?);
            let version = if more("version") == Some("1.0") { 16 } else { 19 };
            Some(format!("argon2$argon2{kind}$v={version}$m={memory},t={rounds},p={lanes}${salt}${value}"))
        }
        digest @ ("pbkdf2" | "pbkdf2-sha256" | "pbkdf2-sha512") => {
            Some(format!("${digest}${rounds}${}${}", salt.replace('+', "."), value.replace('+', ".")))
        }
        _ => None,
    }
}
