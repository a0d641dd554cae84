//! Errors in the fields of a body: one schema per body, named after it.

use serde_json::{Map, Value, json};

use super::{members, names};
use crate::http::{NOT_A_FLAG, NOT_TEXT, REQUIRED};

const SCHEMAS: &str = "#/components/schemas/";
pub(super) const SUFFIX: &str = "Errors";

pub(super) fn body<'s>(operation: &Value, schemas: &'s Value) -> Option<&'s Value> {
    schemas.get(body_name(operation)?)
}

fn body_name(operation: &Value) -> Option<&str> {
    let schema = operation.pointer("/requestBody/content/application~1json/schema/$ref")?;
    schema.as_str()?.strip_prefix(SCHEMAS)
}

pub(super) fn errors(operation: &Value, schemas: &Value) -> Option<Value> {
    let errors = format!("{SCHEMAS}{}{SUFFIX}", body_name(operation)?);
    Some(json!({
        "description": "What is wrong with each field.\n\n",
        "content": { "application/json": {
            "schema": { "anyOf": [{ "$ref": errors }, { "$ref": format!("{SCHEMAS}Refusal") }] },
            "examples": { "fields": { "value": example(body(operation, schemas)?) } },
        } },
    }))
}

/// The error of the first required member, or else of the first member.
fn example(body: &Value) -> Value {
    let first = names(&body["required"]).next().map(|name| (name, REQUIRED));
    let others = body["properties"].as_object().into_iter().flatten();
    let wrong = |schema: &Value| if schema["type"] == "boolean" { NOT_A_FLAG } else { NOT_TEXT };
    let first = first.or_else(|| others.map(|(name, schema)| (name.as_str(), wrong(schema))).next());
    let (name, message) = first.unwrap_or(("non_field_errors", "Invalid data. Expected a dictionary, but got list."));
    json!({ name: [message] })
}

pub(super) fn add_schemas(spec: &mut Value) {
    let schemas = spec["components"]["schemas"].clone();
    let mut added = Map::new();
    for (_, item) in members(&mut spec["paths"]) {
        for (_, operation) in members(item) {
            if let (Some(name), Some(body)) = (body_name(operation), body(operation, &schemas)) {
                added.insert(format!("{name}{SUFFIX}"), errors_of(body));
            }
        }
    }
    for (name, schema) in added {
        spec["components"]["schemas"][name] = schema;
    }
}

fn errors_of(body: &Value) -> Value {
    let fields = body["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    let messages = json!({ "$ref": format!("{SCHEMAS}Messages") });
    let properties = fields.chain(["non_field_errors"]).map(|name| (name.to_owned(), messages.clone()));
    json!({
        "description": "What is wrong with each field; what concerns no single one is under `non_field_errors`.",
        "type": "object",
        "properties": properties.collect::<Map<_, _>>(),
        "minProperties": 1,
        "example": example(body),
    })
}
