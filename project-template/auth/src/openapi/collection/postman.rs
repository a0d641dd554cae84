//! The collection in Postman's format, version 2.1, which other programs read as well.

use serde_json::{Value, json};

use super::{BY_HAND, Chapter, KEPT, Request, VARIABLES, base, chapters, quoted};

const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

pub(crate) fn postman(spec: &Value) -> String {
    let start = json!({ "key": "base_url", "value": base(spec) });
    let empty = BY_HAND.into_iter().chain(KEPT).map(|name| (name, ""));
    let others = VARIABLES.into_iter().chain(empty).map(|(key, value)| json!({ "key": key, "value": value }));
    let collection = json!({
        "info": { "name": spec["info"]["title"], "description": spec["info"]["description"], "schema": SCHEMA },
        "item": chapters(spec).iter().map(folder).collect::<Vec<_>>(),
        "event": [event("test", &keep())],
        "variable": std::iter::once(start).chain(others).collect::<Vec<_>>(),
    });
    format!("{collection:#}\n")
}

fn folder(chapter: &Chapter<'_>) -> Value {
    json!({ "name": chapter.name, "item": chapter.requests.iter().map(item).collect::<Vec<_>>() })
}

fn item(request: &Request<'_>) -> Value {
    let Request { id, title, about, method, path, headers, body, .. } = request;
    let mut headers: Vec<Value> = headers.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
    let mut item = json!({
        "name": title,
        "id": id,
        "request": { "method": method, "url": format!("{{{{base_url}}}}{path}"), "description": about },
        "event": events(request),
    });
    if let Some(body) = body {
        headers.push(json!({ "key": "Content-Type", "value": "application/json" }));
        let options = json!({ "raw": { "language": "json" } });
        item["request"]["body"] = json!({ "mode": "raw", "raw": format!("{body:#}"), "options": options });
    }
    item["request"]["header"] = Value::from(headers);
    item
}

fn events(request: &Request<'_>) -> Vec<Value> {
    let skip = request.needs.map(|name| {
        let line = format!("if (!pm.collectionVariables.get(\"{name}\")) pm.execution.skipRequest();");
        event("prerequest", &[line])
    });
    let fine = format!(
        "pm.test(\"{} succeeds\", () => pm.expect(pm.response.code).to.be.oneOf({:?}));",
        request.id, request.fine
    );
    let swap = request.changes_password.then_some([
        "const [old, next] = [\"password\", \"new_password\"].map((name) => pm.collectionVariables.get(name));",
        "if (pm.response.code < 300) pm.collectionVariables.set(\"password\", next);",
        "if (pm.response.code < 300) pm.collectionVariables.set(\"new_password\", old);",
    ]);
    let lines: Vec<String> = std::iter::once(fine).chain(swap.into_iter().flatten().map(str::to_owned)).collect();
    skip.into_iter().chain([event("test", &lines)]).collect()
}

fn event(listen: &str, lines: &[String]) -> Value {
    json!({ "listen": listen, "script": { "type": "text/javascript", "exec": lines } })
}

fn keep() -> [String; 3] {
    [
        "const type = pm.response.headers.get(\"Content-Type\") || \"\";".into(),
        "const body = type.startsWith(\"application/json\") ? pm.response.json() : {};".into(),
        format!(
            "for (const name of [{}]) if (body[name]) pm.collectionVariables.set(name, body[name]);",
            quoted(&KEPT)
        ),
    ]
}
