//! Completes the handlers' descriptions with everything that all of a kind have in common.

mod credentials;
mod fields;
mod headers;
mod pages;
mod refusals;

use serde_json::{Value, json};
use utoipa::openapi::OpenApi;

use crate::Settings;

const ABOUT: &str = include_str!("about.md");

/// Of operations that concern the server, not accounts.
const OPERATIONS: &str = "Operations";

/// In the order in which a newcomer needs them.
const TAGS: [(&str, &str); 10] = [
    ("Accounts", "Signing up, and the account of whoever is signed in."),
    ("E-mail verification", "Proving that an address is one's own."),
    ("Sessions", "Signing in, staying signed in, signing out."),
    ("Second factor", "An authenticator app beside the password, and recovery codes."),
    ("Passkeys", "Signing in with the key of a device, and a user's keys."),
    ("Social", "Signing in with an account at another service, and a user's connections."),
    ("Passwords", "Changing a password, and setting another one where it was forgotten."),
    ("Invitations", "Inviting people, and the password they set."),
    ("Tokens", "Looking at tokens."),
    (OPERATIONS, "For whoever runs the server."),
];

/// If the manifest has no licence: some generators reject a description without one.
const NO_LICENCE: [&str; 2] = ["All rights reserved", "LicenseRef-All-rights-reserved"];

/// `credentials` are the schemes other than tokens, by name.
pub(crate) fn describe<const COUNT: usize>(
    api: &OpenApi,
    settings: &Settings,
    credentials: [(&str, Value); COUNT],
) -> Value {
    let mut spec = json!(api);
    spec["openapi"] = json!("3.1.0");
    let (title, about) = ABOUT.split_once("\n\n").unwrap_or(("API", ABOUT));
    spec["info"] = json!({
        "title": title, "version": env!("CARGO_PKG_VERSION"), "description": about, "license": licence(),
    });
    spec["servers"] = json!([{ "url": server(settings) }]);
    spec["components"]["securitySchemes"] = credentials::schemes(settings);
    for (name, credential) in credentials {
        spec["components"]["securitySchemes"][name] = credential;
    }
    for (name, schema) in refusals::schemas() {
        spec["components"]["schemas"][name] = schema;
    }
    let schemas = spec["components"]["schemas"].clone();
    for (_, item) in members(&mut spec["paths"]) {
        for (method, operation) in members(item) {
            complete(method, operation, &schemas, settings);
        }
    }
    fields::add_schemas(&mut spec);
    spec["tags"] = tags(&spec["paths"]);
    spec
}

fn complete(method: &str, operation: &mut Value, schemas: &Value, settings: &Settings) {
    if operation["security"].is_null() {
        // No credential (OpenAPI 3.1, Operation Object).
        operation["security"] = json!([]);
    }
    if let Some(summary) = operation["summary"].as_str() {
        // A summary is a title, so it is one line.
        operation["summary"] = json!(summary.replace('\n', " "));
    }
    if settings.sessions.access_cookie {
        credentials::offer_access_cookie(method, operation);
    }
    refusals::add_common(method, operation, schemas);
    if let Some(body) = fields::body(operation, schemas) {
        // If no member is required, a missing body counts as an empty object.
        let is_needed = body["required"].as_array().is_some_and(|required| !required.is_empty());
        operation["requestBody"]["required"] = json!(is_needed);
    }
    operation["responses"] = refusals::put_together(operation["responses"].take());
    headers::complete(operation, &settings.sessions);
    pages::complete(operation);
    if settings.languages.offered.len() > 1 {
        headers::declare_language(operation, schemas);
    }
}

/// In development, the address it listens on, unless its port is chosen at the start.
fn server(settings: &Settings) -> String {
    match (&settings.http.public_url, settings.http.bind) {
        (Some(url), _) => url.to_string(),
        (None, bind) if bind.port() == 0 => "/".to_owned(),
        (None, bind) if bind.ip().is_unspecified() && !settings.http.prefer_localhost => {
            format!("http://127.0.0.1:{}", bind.port())
        }
        (None, bind) => settings.http.base(bind),
    }
}

fn licence() -> Value {
    let [name, identifier] = match env!("CARGO_PKG_LICENSE") {
        "" => NO_LICENCE,
        licence => [licence, licence],
    };
    json!({ "name": name, "identifier": identifier })
}

fn tags(paths: &Value) -> Value {
    let operations =
        paths.as_object().into_iter().flatten().flat_map(|(_, item)| item.as_object().into_iter().flatten());
    let used: Vec<&Value> = operations.map(|(_, operation)| &operation["tags"][0]).collect();
    let used = TAGS.iter().filter(|(name, _)| used.iter().any(|tag| *tag == name));
    used.map(|(name, about)| json!({ "name": name, "description": about })).collect()
}

fn names(array: &Value) -> impl Iterator<Item = &str> {
    array.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn members(value: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    value.as_object_mut().into_iter().flatten()
}
