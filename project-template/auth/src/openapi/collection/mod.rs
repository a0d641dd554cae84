//! The API as a collection of requests, for programs that send them: Postman and its kin, and editors that run `.http` files.
//!
//! Whoever runs one from top to bottom signs up first and signs out last. What an answer gives, such as a token, is kept in
//! a variable for the requests after it; what a mail brings is for a person to fill in.

mod http_file;
mod postman;

use serde_json::{Map, Value};

pub(crate) use http_file::http_file;
pub(crate) use postman::postman;

/// Where a development server listens, unless the settings say where clients reach it.
const LOCAL: &str = "http://127.0.0.1:8000";

/// The chapter of what ends the sessions that the other requests need.
const LEAVING: &str = "Leaving";
/// The chapters that come first, in this order; then the others.
const FIRST: [&str; 4] = ["Accounts", "Sessions", "Passwords", "Tokens"];

/// Variables, and what they begin with.
const VARIABLES: [(&str, &str); 9] = [
    ("email", "ada@example.com"),
    ("password", "correct horse battery staple"),
    ("new_password", "a new horse and a new battery"),
    ("new_email", "ada.lovelace@example.com"),
    ("link_key", ""),
    ("code", ""),
    ("csrf_token", ""),
    ("reset_cookie", ""),
    ("scheduler_secret", ""),
];

/// A member of answers that is kept in the variable of its name.
struct Kept {
    name: &'static str,
    /// The request whose answer has it, where only one can be named.
    from: &'static str,
}

const KEPT: [Kept; 3] = [
    Kept { name: "access", from: "post_login" },
    Kept { name: "refresh", from: "post_login" },
    Kept { name: "session", from: "get_token_claims" },
];

/// One request, with variables as `{{name}}`.
struct Request<'s> {
    /// What a reference calls it.
    id: &'s str,
    title: &'s str,
    about: &'s str,
    method: String,
    /// From the first slash on.
    path: String,
    /// Names and values, without `Content-Type`.
    headers: Vec<(&'static str, &'static str)>,
    body: Option<Value>,
}

struct Chapter<'s> {
    name: &'s str,
    requests: Vec<Request<'s>>,
}

fn base(spec: &Value) -> &str {
    spec["servers"][0]["url"].as_str().filter(|url| url.contains("://")).unwrap_or(LOCAL)
}

fn chapters(spec: &Value) -> Vec<Chapter<'_>> {
    let mut chapters: Vec<Chapter<'_>> = FIRST.map(|name| Chapter { name, requests: Vec::new() }).into_iter().collect();
    let mut leaving = Chapter { name: LEAVING, requests: Vec::new() };
    for (path, item) in spec["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let request = request(spec, path, method, operation);
            let tag = operation["tags"][0].as_str().unwrap_or_default();
            if method == "delete" || path.contains("/logout") || path.ends_with("/user/delete/") {
                leaving.requests.push(request);
            } else if let Some(chapter) = chapters.iter_mut().find(|chapter| chapter.name == tag) {
                chapter.requests.push(request);
            } else {
                chapters.push(Chapter { name: tag, requests: vec![request] });
            }
        }
    }
    chapters.push(leaving);
    chapters.retain(|chapter| !chapter.requests.is_empty());
    // Whoever has no account can do nothing else.
    for chapter in &mut chapters {
        chapter.requests.sort_by_key(|request| !request.path.ends_with("/registration/"));
    }
    chapters
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
    let takes =
        |name: &str| operation["parameters"].as_array().is_some_and(|all| all.iter().any(|one| one["name"] == name));
    let parameters = [
        // Tokens come in the body, where they can be kept.
        ("Prefer", "token"),
        ("X-CSRFToken", "{{csrf_token}}"),
        ("X-Cron-Secret", "{{scheduler_secret}}"),
    ];
    headers.extend(parameters.into_iter().filter(|(name, _)| takes(name)));
    let content = &operation["requestBody"]["content"]["application/json"];
    Request {
        id: text("operationId"),
        title: text("summary").trim_end_matches('.'),
        about: text("description"),
        method: method.to_uppercase(),
        path: path.replace("{id}", "{{session}}").replace("{key}", "{{link_key}}"),
        headers,
        body: content.is_object().then(|| body(super::page::example(spec, content), path)),
    }
}

/// The example, with variables for what differs.
fn body(example: &Value, path: &str) -> Value {
    let members = example.as_object().cloned().unwrap_or_default();
    let variable = |name: &str| match name {
        "email" if path.ends_with("/user/email/") => Some("{{new_email}}"),
        "email" => Some("{{email}}"),
        "password" | "password1" | "password2" | "old_password" => Some("{{password}}"),
        "new_password1" | "new_password2" => Some("{{new_password}}"),
        "otp" | "code" => Some("{{code}}"),
        "refresh" => Some("{{refresh}}"),
        "token" => Some("{{access}}"),
        _ => None,
    };
    let with_variable = |(name, value): (String, Value)| {
        let value = variable(&name).map_or(value, Value::from);
        (name, value)
    };
    Value::Object(members.into_iter().map(with_variable).collect::<Map<_, _>>())
}
