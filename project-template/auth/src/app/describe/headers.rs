//! Response headers that are not described by the handlers themselves.

use serde_json::{Value, json};

use super::{fields, members};
use crate::sessions::Settings;

pub(super) fn complete(operation: &mut Value, settings: &Settings) {
    let cookie = &settings.cookie.name;
    let sets_access_cookie = settings.access_cookie && operation["operationId"] == "reauthenticate";
    let hands_out_tokens = prefers_a_place_for_tokens(operation);
    let signs_out = operation.pointer("/responses/200/headers/Clear-Site-Data").is_some();
    for (status, response) in members(&mut operation["responses"]) {
        if hands_out_tokens && (status.starts_with('2') || response.pointer("/headers/Location").is_some()) {
            let described = response["headers"]["Set-Cookie"].take();
            response["headers"]["Set-Cookie"] = if described.is_null() { tokens(cookie) } else { described };
        }
        if sets_access_cookie && status == "200" {
            response["headers"]["Set-Cookie"] = described("The access token.");
        }
        if signs_out && status == "401" {
            response["headers"]["Set-Cookie"] = described("Deletes a cookie that is no longer good for anything.");
        }
        if let Some(location) = response.pointer_mut("/headers/Location") {
            location["required"] = json!(true);
        }
    }
}

fn prefers_a_place_for_tokens(operation: &Value) -> bool {
    let mut parameters = operation["parameters"].as_array().into_iter().flatten();
    parameters.any(|parameter| parameter["name"] == "Prefer" && parameter["schema"]["enum"].is_array())
}

fn tokens(cookie: &str) -> Value {
    let mut header = described("The refresh token, unless it is in the body.");
    header["example"] = json!(format!("{cookie}=eyJ0eXAi…; HttpOnly; SameSite=Lax; Path=/; Max-Age=1209600"));
    header
}

/// Describes the language of answers with words, which readers of several languages get.
pub(super) fn declare_language(operation: &mut Value, schemas: &Value) {
    // A passkey without a name is named after its device.
    let words_a_name = operation["operationId"] == "addPasskey";
    for (status, response) in members(&mut operation["responses"]) {
        let has_words = response["content"].get("text/html").is_some()
            || words_a_name && status.starts_with('2')
            || has_words(&response["content"]["application/json"]["schema"], schemas);
        if has_words {
            response["headers"]["Content-Language"] = described(
                "The language of the words for people, chosen by `Accept-Language`; missing if there are none.",
            );
        }
    }
}

/// Whether one of these members, which are for people, can be in a body.
fn has_words(schema: &Value, schemas: &Value) -> bool {
    let name = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
    if let Some(name) = name {
        return name.ends_with(fields::SUFFIX) || schemas.get(name).is_some_and(|schema| has_words(schema, schemas));
    }
    let parts = ["anyOf", "allOf", "oneOf"].iter().flat_map(|of| schema[of].as_array().into_iter().flatten());
    let is_said = ["detail", "message"].iter().any(|member| schema["properties"].get(member).is_some());
    is_said || parts.into_iter().any(|schema| has_words(schema, schemas))
}

fn described(about: &str) -> Value {
    json!({ "description": about, "schema": { "type": "string" } })
}
