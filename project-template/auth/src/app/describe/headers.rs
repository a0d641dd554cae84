//! Response headers that are not described by the handlers themselves.

use serde_json::{Value, json};

use super::members;
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

fn described(about: &str) -> Value {
    json!({ "description": about, "schema": { "type": "string" } })
}
