//! Completes the descriptions of the handlers with what all of their kind have in common.

use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

use super::shared::{
    BadAuthorizationHeader, BodyNotParsed, BodyNotRead, BodyTooLarge, Busy, ForeignOrigin, NotAuthenticated, NotJson,
    TimedOut, TokenNotValid, TookTooLong,
};
use crate::sessions;
use crate::settings::Settings;

/// The title, and what a reader needs to know before the first request.
const ABOUT: &str = include_str!("about.md");

/// The tag of what belongs to the server rather than to accounts.
const OPERATIONS: &str = "Operations";

/// The description of an API that is served with these settings, as JSON.
///
/// `credentials` are those beside the tokens, each with its name.
pub(crate) fn describe<const COUNT: usize>(
    api: &OpenApi,
    settings: &Settings,
    credentials: [(&str, Value); COUNT],
) -> Value {
    let mut spec = json!(api);
    spec["openapi"] = json!("3.1.0");
    let (title, about) = ABOUT.split_once("\n\n").unwrap_or(("API", ABOUT));
    spec["info"] = json!({ "title": title, "version": env!("CARGO_PKG_VERSION"), "description": about });
    let server = settings.http.public_url.as_ref().map_or_else(|| "/".to_owned(), ToString::to_string);
    spec["servers"] = json!([{ "url": server }]);
    spec["components"]["securitySchemes"] = security_schemes(settings);
    for (name, credential) in credentials {
        spec["components"]["securitySchemes"][name] = credential;
    }
    for (name, schema) in refusal_schemas() {
        spec["components"]["schemas"][name] = schema;
    }
    let prefix = &settings.http.prefix;
    let schemas = json!({ "components": spec["components"] });
    for (path, item) in members(&mut spec["paths"]) {
        for (method, operation) in members(item) {
            operation["operationId"] = json!(operation_id(method, path.strip_prefix(prefix).unwrap_or(path)));
            if settings.sessions.access_cookie {
                offer_access_cookie(method, operation);
            }
            add_common_refusals(method, operation);
            if operation["requestBody"].is_object() {
                operation["requestBody"]["required"] = json!(needs_body(&schemas, operation));
            }
            operation["responses"] = put_together(operation["responses"].take());
            if has_parameter(operation, "Prefer") {
                add_refresh_cookie(operation, &settings.sessions.cookie.name);
            }
        }
    }
    spec
}

fn members(value: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    value.as_object_mut().into_iter().flatten()
}

/// `post_password_change`: what a generated client calls the function.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    std::iter::once(method).chain(words).collect::<Vec<_>>().join("_")
}

/// Whether there is a member that cannot be left out; without one, no body is an empty object.
fn needs_body(schemas: &Value, operation: &Value) -> bool {
    let schema = operation.pointer("/requestBody/content/application~1json/schema/$ref").and_then(Value::as_str);
    let schema = schema.and_then(|reference| schemas.pointer(reference.strip_prefix('#')?));
    schema.is_some_and(|schema| schema["required"].as_array().is_some_and(|required| !required.is_empty()))
}

/// Says where the cookie will do for the access token, and where a cookie needs the token against forged requests beside it.
fn offer_access_cookie(method: &str, operation: &mut Value) {
    let Some(any) = operation["security"].as_array_mut() else { return };
    let is_safe = method == "get";
    if any.iter().any(|requirement| requirement.get("bearer").is_some()) {
        any.push(json!({ "access_cookie": [] }));
    }
    let has_cookie = |requirement: &Value| {
        ["access_cookie", "refresh_cookie"].iter().any(|scheme| requirement.get(scheme).is_some())
    };
    for requirement in any.iter_mut().filter(|requirement| !is_safe && has_cookie(requirement)) {
        requirement["csrf_token"] = json!([]);
    }
}

/// What the layers and the extractors answer before, or instead of, the handler.
fn add_common_refusals(method: &str, operation: &mut Value) {
    let mut refusals = Vec::new();
    if operation["tags"] != json!([OPERATIONS]) {
        refusals.extend([Busy::REFUSAL, TookTooLong::REFUSAL]);
    }
    if method != "get" {
        refusals.extend([ForeignOrigin::REFUSAL, BodyTooLarge::REFUSAL]);
    }
    if operation["requestBody"].is_object() {
        refusals.extend([BodyNotParsed::REFUSAL, BodyNotRead::REFUSAL, NotJson::REFUSAL, TimedOut::REFUSAL]);
        operation["responses"]["400"] = json!({ "description": "What is wrong with each field." });
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

/// Makes one response of all the refusals of a status, each an example under its code.
fn put_together(mut responses: Value) -> Value {
    let mut whole = Map::new();
    for (key, response) in members(&mut responses) {
        let Some((status, code)) = key.split_once(' ') else {
            let is_fields = key == "400";
            whole.insert(key.clone(), if is_fields { field_errors(response) } else { response.take() });
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
            json!({ "description": description, "schema": { "type": "string" }, "example": example });
    }
    response
}

fn field_errors(response: &Value) -> Value {
    json!({
        "description": format!("{}\n\n", response["description"].as_str().unwrap_or_default()),
        "content": { "application/json": {
            "schema": { "anyOf": [
                { "$ref": "#/components/schemas/FieldErrors" },
                { "$ref": "#/components/schemas/Refusal" },
            ] },
            "examples": { "fields": { "value": { "email": ["This field is required."] } } },
        } },
    })
}

fn has_parameter(operation: &Value, name: &str) -> bool {
    operation["parameters"].as_array().is_some_and(|all| all.iter().any(|parameter| parameter["name"] == name))
}

fn add_refresh_cookie(operation: &mut Value, cookie: &str) {
    let header = json!({
        "description": "The refresh token, unless it is in the body.",
        "schema": { "type": "string" },
        "example": format!("{cookie}=eyJ0eXAi…; HttpOnly; SameSite=Lax; Path=/; Max-Age=1209600"),
    });
    for (status, response) in members(&mut operation["responses"]) {
        if status.starts_with('2') {
            response["headers"]["Set-Cookie"] = header.clone();
        }
    }
}

fn security_schemes(settings: &Settings) -> Value {
    let mut schemes = json!({
        "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "The access token." },
        "refresh_cookie": {
            "type": "apiKey", "in": "cookie", "name": settings.sessions.cookie.name,
            "description": "The refresh token. Where it travels in the body, the member `refresh` takes its place.",
        },
    });
    if settings.sessions.access_cookie {
        schemes["access_cookie"] = json!({
            "type": "apiKey", "in": "cookie", "name": sessions::access_cookie_name(&settings.sessions.cookie),
            "description": "The access token. `Authorization`, if it is sent, counts instead.",
        });
        schemes["csrf_token"] = json!({
            "type": "apiKey", "in": "header", "name": "X-CSRFToken",
            "description": "What the cookie `csrf_access_token` holds.",
        });
    }
    schemes
}

fn refusal_schemas() -> [(&'static str, Value); 2] {
    let texts = json!({ "type": "array", "items": { "type": "string" }, "minItems": 1 });
    [
        (
            "FieldErrors",
            json!({
                "description": "What is wrong with each field; what concerns no single one is under `non_field_errors`.",
                "type": "object", "additionalProperties": texts, "minProperties": 1,
                "example": { "email": ["This field is required."] },
            }),
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
                        "items": {
                            "type": "object", "required": ["token_class", "token_type", "message"],
                            "properties": {
                                "token_class": { "type": "string" },
                                "token_type": { "type": "string" },
                                "message": { "type": "string", "example": "Token is expired" },
                            },
                        },
                    },
                },
                "example": NotAuthenticated::REFUSAL.body(),
            }),
        ),
    ]
}
