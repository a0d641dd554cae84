//! The page to read and try the API, rendered at the start: it can be read without a script.

use minijinja::{AutoEscape, Environment};
use serde_json::{Value, json};

pub(super) const STYLE: &str = include_str!("page.css");
pub(super) const SCRIPT: &str = include_str!("page.js");

pub(super) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

pub(super) fn render(spec: &Value) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_filter("rich", |text: &str| minijinja::Value::from_safe_string(rich(text)));
    let view = json!({
        "title": spec["info"]["title"],
        "about": spec["info"]["description"],
        "chapters": chapters(spec),
    });
    environment.render_str(include_str!("page.html"), minijinja::value::Serde(&view))
}

fn chapters(spec: &Value) -> Vec<Value> {
    let tags = spec["tags"].as_array().into_iter().flatten().filter_map(|tag| tag["name"].as_str());
    let mut chapters: Vec<(&str, Vec<Value>)> = tags.map(|tag| (tag, Vec::new())).collect();
    for (path, item) in spec["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let tag = operation["tags"][0].as_str().unwrap_or("Others");
            let view = operation_view(spec, path, method, operation);
            match chapters.iter_mut().find(|(name, _)| *name == tag) {
                Some((_, operations)) => operations.push(view),
                None => chapters.push((tag, vec![view])),
            }
        }
    }
    chapters.retain(|(_, operations)| !operations.is_empty());
    chapters.into_iter().map(|(tag, operations)| json!({ "tag": tag, "operations": operations })).collect()
}

fn operation_view(spec: &Value, path: &str, method: &str, operation: &Value) -> Value {
    let needs = |scheme: &str| {
        let any = operation["security"].as_array();
        any.is_some_and(|any| any.iter().any(|requirement| requirement.get(scheme).is_some()))
    };
    let content = &operation["requestBody"]["content"]["application/json"];
    let schema = resolved(spec, &content["schema"]);
    let answers = operation["responses"].as_object().into_iter().flatten();
    let body = operation["requestBody"].is_object().then(|| pretty(example(spec, content)));
    json!({
        "id": operation["operationId"],
        "method": method.to_uppercase(),
        "path": path,
        "summary": operation["summary"],
        "about": operation["description"],
        "bearer": needs("bearer"),
        "cookie": needs("refresh_cookie"),
        "parameters": operation["parameters"],
        "members": members(schema),
        "rows": body.as_ref().map(|body| body.lines().count()),
        "body": body,
        "answers": answers.map(|(status, answer)| answer_view(spec, status, answer)).collect::<Vec<_>>(),
    })
}

fn members(schema: &Value) -> Vec<Value> {
    let required = schema["required"].as_array();
    let view = |(name, member): (&String, &Value)| {
        json!({
            "name": name,
            "required": required.is_some_and(|required| required.iter().any(|one| one == name)),
            "limit": member["maxLength"],
            "about": member["description"],
        })
    };
    schema["properties"].as_object().into_iter().flatten().map(view).collect()
}

fn answer_view(spec: &Value, status: &str, answer: &Value) -> Value {
    let lines = answer["description"].as_str().unwrap_or_default().lines().filter(|line| !line.is_empty());
    let (listed, about): (Vec<&str>, Vec<&str>) = lines.partition(|line| line.starts_with("- "));
    let content = &answer["content"]["application/json"];
    let bodies = match content["examples"].as_object() {
        Some(examples) => examples.values().map(|example| pretty(&example["value"])).collect(),
        None if content.is_object() => vec![pretty(example(spec, content))],
        None => Vec::new(),
    };
    let listed: Vec<Value> = listed.iter().filter_map(|line| case(line)).collect();
    let headers = answer["headers"].as_object().into_iter().flatten().map(|(name, _)| name).collect::<Vec<_>>();
    json!({ "status": status, "about": about.join(" "), "listed": listed, "bodies": bodies, "headers": headers })
}

fn case(line: &str) -> Option<Value> {
    let (code, about) = line.strip_prefix("- `")?.split_once("`: ")?;
    Some(json!({ "code": code, "about": about }))
}

/// The example beside a body's schema, or else the schema's own.
pub(super) fn example<'s>(spec: &'s Value, content: &'s Value) -> &'s Value {
    let schema = &content["schema"];
    let item = if schema["type"] == "array" { &schema["items"] } else { schema };
    content.get("example").unwrap_or_else(|| &resolved(spec, item)["example"])
}

fn resolved<'s>(spec: &'s Value, schema: &'s Value) -> &'s Value {
    let pointer = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| spec.pointer(pointer)).unwrap_or(schema)
}

fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

fn rich(text: &str) -> String {
    let mut html = minijinja::HtmlEscape(text).to_string();
    for (mark, tag) in [("**", "strong"), ("`", "code")] {
        let mut marked = String::new();
        for (index, piece) in html.split(mark).enumerate() {
            if index > 0 {
                marked.extend([if index % 2 == 1 { "<" } else { "</" }, tag, ">"]);
            }
            marked.push_str(piece);
        }
        html = marked;
    }
    html.replace("\n\n", "<p>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_elements_and_everything_else_is_text() {
        assert_eq!(rich("**a** `b` <c>\n\nd"), "<strong>a</strong> <code>b</code> &lt;c&gt;<p>d");
    }
}
