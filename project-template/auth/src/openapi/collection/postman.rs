//! Postman's format, version 2.1, which other programs read as well.

use serde_json::{Value, json};

use super::{Chapter, KEPT, Request, VARIABLES, base, chapters};

const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

/// The collection of a description.
pub(crate) fn postman(spec: &Value) -> String {
    let start = json!({ "key": "base_url", "value": base(spec) });
    let kept = KEPT.map(|kept| (kept.name, ""));
    let others = VARIABLES.into_iter().chain(kept).map(|(key, value)| json!({ "key": key, "value": value }));
    let collection = json!({
        "info": { "name": spec["info"]["title"], "description": spec["info"]["description"], "schema": SCHEMA },
        "item": chapters(spec).iter().map(folder).collect::<Vec<_>>(),
        "event": [{ "listen": "test", "script": { "type": "text/javascript", "exec": script() } }],
        "variable": std::iter::once(start).chain(others).collect::<Vec<_>>(),
    });
    format!("{collection:#}\n")
}

fn folder(chapter: &Chapter<'_>) -> Value {
    json!({ "name": chapter.name, "item": chapter.requests.iter().map(item).collect::<Vec<_>>() })
}

fn item(request: &Request<'_>) -> Value {
    let Request { id, title, about, method, path, headers, body } = request;
    let mut headers: Vec<Value> = headers.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
    let mut item = json!({
        "name": title,
        "id": id,
        "request": { "method": method, "url": format!("{{{{base_url}}}}{path}"), "description": about },
    });
    if let Some(body) = body {
        headers.push(json!({ "key": "Content-Type", "value": "application/json" }));
        let options = json!({ "raw": { "language": "json" } });
        item["request"]["body"] = json!({ "mode": "raw", "raw": format!("{body:#}"), "options": options });
    }
    item["request"]["header"] = Value::from(headers);
    item
}

/// Runs after every answer.
fn script() -> Vec<String> {
    let kept = KEPT.map(|kept| format!("\"{}\"", kept.name)).join(", ");
    vec![
        "pm.test(\"no fault of the server\", () => pm.expect(pm.response.code).to.be.below(500));".into(),
        "const type = pm.response.headers.get(\"Content-Type\") || \"\";".into(),
        "const body = type.startsWith(\"application/json\") ? pm.response.json() : {};".into(),
        format!("for (const name of [{kept}]) if (body[name]) pm.collectionVariables.set(name, body[name]);"),
    ]
}
