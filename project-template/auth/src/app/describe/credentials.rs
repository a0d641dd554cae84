use serde_json::{Value, json};

use crate::Settings;
use crate::sessions;

/// Documents where the cookie may replace the access token, and where it also requires the CSRF token.
pub(super) fn offer_access_cookie(method: &str, operation: &mut Value) {
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

pub(super) fn schemes(settings: &Settings) -> Value {
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
            "description": format!("What the cookie `{}` holds.", sessions::csrf_cookie_name(&settings.sessions.cookie)),
        });
    }
    schemes
}
