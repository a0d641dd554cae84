//! The API as a collection of requests: for Postman and its kin, and httpYac. One run from top to bottom signs up,
//! sends every request that the responses make possible, and deletes the account, so that it can be repeated. Requests
//! that need a value of a mail are skipped until it is filled in by hand.

mod http_file;
mod postman;

use serde_json::{Map, Value};

pub(crate) use http_file::http_file;
pub(crate) use postman::postman;

/// Used unless the settings have a public address.
const LOCAL: &str = "http://localhost:8000";

/// For the requests that end sessions, which the others need.
const LEAVING: &str = "Leaving";
/// In order. Each but the first needs a new session.
const LEAVERS: [&str; 4] = ["endSession", "logoutAll", "logout", "deleteUser"];
/// `deleteUser` for clients that cannot send DELETE. Skipped: a run has one account to delete.
const TWIN: &str = "deleteUserByPost";
const LOGIN: &str = "login";

const VARIABLES: [(&str, &str); 4] = [
    ("email", "ada@example.com"),
    ("password", "correct horse battery staple"),
    ("new_password", "a new horse and a new battery"),
    ("new_email", "ada.lovelace@example.com"),
];

const BY_HAND: [&str; 16] = [
    "link_key",
    "code",
    "csrf_token",
    "reset_cookie",
    "invitation_cookie",
    "scheduler_secret",
    "passkey",
    "passkey_challenge",
    APP_CODE,
    "recovery_code",
    "challenge_id",
    "provider",
    "client_id",
    "id_token",
    "social_code",
    "social_account",
];
/// A code of an authenticator app.
const APP_CODE: &str = "app_code";
/// Requests on a second factor in the order in which they make sense; and those that need one, though they show no code.
const OF_FACTOR: [&str; 5] =
    ["setUpSecondFactor", "activateSecondFactor", "listAuthenticators", "renewRecoveryCodes", "deactivateSecondFactor"];
const NEED_FACTOR: [&str; 2] = ["renewRecoveryCodes", "deactivateSecondFactor"];

const KEPT: [&str; 3] = ["access", "refresh", "session"];

struct Request<'s> {
    id: String,
    title: &'s str,
    about: &'s str,
    method: String,
    path: String,
    headers: Vec<(&'static str, &'static str)>,
    body: Option<Value>,
    needs: Option<&'static str>,
    changes_password: bool,
    /// The statuses expected in a run: success, or 404 if the settings leave the operation out.
    fine: Vec<u16>,
}

struct Chapter<'s> {
    name: &'s str,
    requests: Vec<Request<'s>>,
}

fn base(spec: &Value) -> &str {
    spec["servers"][0]["url"].as_str().filter(|url| url.contains("://")).unwrap_or(LOCAL)
}

fn chapters(spec: &Value) -> Vec<Chapter<'_>> {
    let tags = spec["tags"].as_array().into_iter().flatten().filter_map(|tag| tag["name"].as_str());
    let mut chapters: Vec<Chapter<'_>> = tags.map(|name| Chapter { name, requests: Vec::new() }).collect();
    let (mut leaving, mut login) = (Vec::new(), None);
    for (path, item) in spec["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let request = request(spec, path, method, operation);
            if request.id == TWIN {
                continue;
            }
            if request.id == LOGIN {
                login = Some((path, method, operation));
            }
            if LEAVERS.contains(&request.id.as_str()) {
                leaving.push(request);
            } else if let Some(chapter) = chapters.iter_mut().find(|chapter| operation["tags"][0] == chapter.name) {
                chapter.requests.push(request);
            }
        }
    }
    leaving.sort_by_key(|request| LEAVERS.iter().position(|id| *id == request.id));
    let mut requests = Vec::new();
    for (index, leaver) in leaving.into_iter().enumerate() {
        if let (Some((path, method, operation)), 1..) = (login, index) {
            let again = request(spec, path, method, operation);
            requests.push(Request { id: format!("{LOGIN}{}", index + 1), ..again });
        }
        requests.push(leaver);
    }
    chapters.push(Chapter { name: LEAVING, requests });
    chapters.retain(|chapter| !chapter.requests.is_empty());
    // The other requests need an account, and codes need a secret.
    for chapter in &mut chapters {
        let place = |request: &Request<'_>| OF_FACTOR.iter().position(|id| *id == request.id);
        chapter.requests.sort_by_key(|request| (request.id != "register", place(request).is_none(), place(request)));
    }
    chapters
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

fn request<'s>(spec: &'s Value, path: &str, method: &str, operation: &'s Value) -> Request<'s> {
    let text = |member: &str| operation[member].as_str().unwrap_or_default();
    let needs = |scheme: &str| {
        let any = operation["security"].as_array();
        any.is_some_and(|any| any.iter().any(|requirement| requirement.get(scheme).is_some()))
    };
    let mut headers = Vec::new();
    if needs("bearer") {
        headers.push(("Authorization", "Bearer {{access}}"));
    }
    if needs("password_reset") {
        headers.push(("Cookie", "password_reset_access_token={{reset_cookie}}"));
    }
    if needs("invitation") {
        headers.push(("Cookie", "set_password_access_token={{invitation_cookie}}"));
    }
    let takes =
        |name: &str| operation["parameters"].as_array().is_some_and(|all| all.iter().any(|one| one["name"] == name));
    let parameters = [
        // Requests tokens in the body, where a script can read them.
        ("Prefer", "token"),
        ("X-CSRFToken", "{{csrf_token}}"),
        ("X-Cron-Secret", "{{scheduler_secret}}"),
    ];
    headers.extend(parameters.into_iter().filter(|(name, _)| takes(name)));
    let content = &operation["requestBody"]["content"]["application/json"];
    let id = match path {
        path if path.contains("/passkeys/") => "{{passkey}}",
        path if path.contains("/social/") => "{{social_account}}",
        _ => "{{session}}",
    };
    let path = path.replace("{id}", id).replace("{key}", "{{link_key}}").replace("{provider}", "{{provider}}");
    let body = content.is_object().then(|| body(super::page::example(spec, content), &path));
    let uses = |name: &&str| {
        let mark = format!("{{{{{name}}}}}");
        let texts = headers.iter().map(|(_, value)| (*value).to_owned()).chain(body.as_ref().map(Value::to_string));
        path.contains(&mark) || texts.into_iter().any(|text| text.contains(&mark))
    };
    let needs = BY_HAND.into_iter().find(uses);
    let needs = needs.or_else(|| NEED_FACTOR.contains(&text("operationId")).then_some(APP_CODE));
    let changes_password = uses(&"new_password");
    Request {
        id: text("operationId").to_owned(),
        title: text("summary").trim_end_matches('.'),
        about: text("description"),
        method: method.to_uppercase(),
        fine: fine(operation, &path),
        path,
        headers,
        body,
        needs,
        changes_password,
    }
}

fn fine(operation: &Value, path: &str) -> Vec<u16> {
    let statuses =
        operation["responses"].as_object().into_iter().flatten().filter_map(|(status, _)| status.parse().ok());
    statuses.filter(|status| *status < 300 || (*status == 404 && !path.contains("{{"))).collect()
}

fn body(example: &Value, path: &str) -> Value {
    let members = example.as_object().cloned().unwrap_or_default();
    let variable = |name: &str| match name {
        "email" if path.ends_with("/user/email/") => Some("{{new_email}}"),
        "email" if path.ends_with("/user-register/") => None,
        "email" => Some("{{email}}"),
        "password" | "password1" | "password2" | "old_password" => Some("{{password}}"),
        // That of a guest: the account of the run keeps its own.
        "new_password1" | "new_password2" if path.ends_with("/set-password/") => Some("{{password}}"),
        "new_password1" | "new_password2" => Some("{{new_password}}"),
        "code" if path.contains("/mfa/") => Some("{{app_code}}"),
        "code" if path.contains("/social/") => Some("{{social_code}}"),
        "id_token" => Some("{{id_token}}"),
        "client_id" => Some("{{client_id}}"),
        "recovery_code" => Some("{{recovery_code}}"),
        "challenge_id" if path.contains("/mfa/") => Some("{{challenge_id}}"),
        "otp" | "code" => Some("{{code}}"),
        "refresh" => Some("{{refresh}}"),
        "token" => Some("{{access}}"),
        "challenge_id" | "passkey_challenge_id" => Some("{{passkey_challenge}}"),
        _ => None,
    };
    let with_variable = |(name, value): (String, Value)| {
        let value = variable(&name).map_or(value, Value::from);
        (name, value)
    };
    Value::Object(members.into_iter().map(with_variable).collect::<Map<_, _>>())
}
