use serde_json::{Map, Value, json};

use super::{OPERATIONS, fields, members};
use crate::error::shared::{
    BadAuthorizationHeader, BodyNotParsed, BodyNotRead, BodyTooLarge, Busy, ForeignOrigin, NotAuthenticated, NotJson,
    TimedOut, TokenNotValid, TookTooLong,
};

/// Adds the refusals of middleware and extractors, which come before or instead of the handler's.
pub(super) fn add_common(method: &str, operation: &mut Value, schemas: &Value) {
    let mut refusals = Vec::new();
    if operation["tags"] != json!([OPERATIONS]) {
        refusals.extend([Busy::REFUSAL, TookTooLong::REFUSAL]);
    }
    if method != "get" {
        refusals.extend([ForeignOrigin::REFUSAL, BodyTooLarge::REFUSAL]);
    }
    if operation["requestBody"].is_object() {
        refusals.extend([BodyNotParsed::REFUSAL, BodyNotRead::REFUSAL, NotJson::REFUSAL, TimedOut::REFUSAL]);
        if let Some(errors) = fields::errors(operation, schemas) {
            operation["responses"]["400"] = errors;
        }
    }
    let is_bearer = |requirement: &Value| requirement.get("bearer").is_some();
    if operation["security"].as_array().is_some_and(|any| any.iter().any(is_bearer)) {
        refusals.extend([NotAuthenticated::REFUSAL, BadAuthorizationHeader::REFUSAL, TokenNotValid::REFUSAL]);
    }
    for refusal in refusals {
        for (key, response) in refusal.responses() {
            operation["responses"][key] = json!(response);
        }
    }
}

/// One response per status, with an example for each code.
pub(super) fn put_together(mut responses: Value) -> Value {
    let mut whole = Map::new();
    for (key, response) in members(&mut responses) {
        let Some((status, code)) = key.split_once(' ') else {
            whole.insert(key.clone(), response.take());
            continue;
        };
        let about = response["description"].as_str().unwrap_or_default();
        let one = whole.entry(status).or_insert_with(|| refusal_response(status));
        let described = format!("{}- `{code}`: {about}\n", one["description"].as_str().unwrap_or_default());
        one["description"] = json!(described);
        let example = response["content"]["application/json"]["example"].clone();
        one["content"]["application/json"]["examples"][code] = json!({ "value": example });
    }
    Value::Object(whole)
}

fn refusal_response(status: &str) -> Value {
    let schema = json!({ "$ref": "#/components/schemas/Refusal" });
    let mut response = json!({ "description": "", "content": { "application/json": { "schema": schema } } });
    let header = match status {
        "401" => Some(("WWW-Authenticate", "The scheme that would be accepted.", json!("Bearer realm=\"api\""))),
        "429" | "503" => Some(("Retry-After", "Seconds to wait.", json!("1"))),
        _ => None,
    };
    if let Some((name, description, example)) = header {
        response["headers"][name] =
            json!({ "description": description, "required": true, "schema": { "type": "string" }, "example": example });
    }
    response
}

pub(super) fn schemas() -> [(&'static str, Value); 3] {
    [
        (
            "Messages",
            json!({ "description": "For people.", "type": "array", "items": { "type": "string" }, "minItems": 1 }),
        ),
        (
            "Refusal",
            json!({
                "description": "Why a request was refused.",
                "type": "object", "required": ["detail", "code"],
                "properties": {
                    "detail": { "type": "string", "description": "For people." },
                    "code": { "type": "string", "description": "For programs; never changes." },
                    "messages": {
                        "description": "What is wrong with the access token.",
                        "type": "array",
                        "items": { "$ref": "#/components/schemas/TokenMessage" },
                    },
                },
                "example": NotAuthenticated::REFUSAL.body(),
            }),
        ),
        (
            "TokenMessage",
            json!({
                "description": "What is wrong with an access token.",
                "type": "object", "required": ["token_class", "token_type", "message"],
                "properties": {
                    "token_class": { "type": "string", "enum": ["AccessToken"] },
                    "token_type": { "type": "string", "enum": ["access"] },
                    "message": { "type": "string", "description": "For people.", "example": "Token is expired" },
                },
            }),
        ),
    ]
}
