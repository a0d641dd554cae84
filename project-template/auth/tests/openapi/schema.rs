//! Holds values against schemas: the part of JSON Schema 2020-12 that the description uses, and a complaint about any other.

use serde_json::{Map, Value};

/// Keywords that say nothing about what is valid.
const ANNOTATIONS: &[&str] = &["description", "title", "example", "examples", "default"];

/// A description, in which references are looked up.
pub(crate) struct Schemas<'s>(pub(crate) &'s Value);

impl Schemas<'_> {
    /// What is wrong with a value, each with the place in it. Members that no schema names are wrong too.
    pub(crate) fn problems(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        self.check(schema, value, "", &mut problems);
        self.check_members(schema, value, "", &mut problems);
        problems
    }

    fn check(&self, schema: &Value, value: &Value, at: &str, problems: &mut Vec<String>) {
        for (keyword, rule) in schema.as_object().expect("a schema is an object") {
            let holds = match keyword.as_str() {
                "$ref" => {
                    self.check(self.resolve(rule), value, at, problems);
                    true
                }
                "allOf" => {
                    items(rule).for_each(|schema| self.check(schema, value, at, problems));
                    true
                }
                "anyOf" | "oneOf" => items(rule).any(|schema| self.problems(schema, value).is_empty()),
                "type" => items(rule).any(|name| has_type(value, name)),
                "enum" => items(rule).any(|one| one == value),
                "format" => value.as_str().is_none_or(|text| has_format(text, rule.as_str().unwrap_or_default())),
                "minLength" => length(value).is_none_or(|length| length >= number(rule)),
                "maxLength" => length(value).is_none_or(|length| length <= number(rule)),
                "minimum" => value.as_f64().is_none_or(|number| Some(number) >= rule.as_f64()),
                "maximum" => value.as_f64().is_none_or(|number| Some(number) <= rule.as_f64()),
                "minItems" => value.as_array().is_none_or(|items| items.len() >= number(rule)),
                "minProperties" => value.as_object().is_none_or(|members| members.len() >= number(rule)),
                "required" => value.as_object().is_none_or(|members| {
                    items(rule).all(|name| members.contains_key(name.as_str().unwrap_or_default()))
                }),
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        let at = format!("{at}/{index}");
                        self.check(rule, item, &at, problems);
                        self.check_members(rule, item, &at, problems);
                    }
                    true
                }
                "properties" | "additionalProperties" => {
                    let named = schema["properties"].as_object();
                    for (name, member) in value.as_object().into_iter().flatten() {
                        let one = match keyword.as_str() {
                            "properties" => rule.get(name),
                            _ => Some(rule).filter(|_| !named.is_some_and(|named| named.contains_key(name))),
                        };
                        if let Some(one) = one.filter(|one| one.is_object()) {
                            let at = format!("{at}/{name}");
                            self.check(one, member, &at, problems);
                            self.check_members(one, member, &at, problems);
                        }
                    }
                    true
                }
                "propertyNames" => rule == &serde_json::json!({ "type": "string" }),
                known if ANNOTATIONS.contains(&known) => true,
                unknown => panic!("the test does not know the keyword `{unknown}`; teach it"),
            };
            if !holds {
                problems.push(format!("{at}: {value} breaks {keyword}: {rule}"));
            }
        }
    }

    /// Complains about members that nothing in the schema names.
    fn check_members(&self, schema: &Value, value: &Value, at: &str, problems: &mut Vec<String>) {
        let Some(members) = value.as_object() else { return };
        let mut named = Map::new();
        if self.names_all(schema, value, &mut named) {
            let unnamed = members.keys().filter(|name| !named.contains_key(*name));
            problems.extend(unnamed.map(|name| format!("{at}: the member `{name}` is not described")));
        }
    }

    /// Collects the members a schema names; false where it allows others.
    fn names_all(&self, schema: &Value, value: &Value, named: &mut Map<String, Value>) -> bool {
        if let Some(properties) = schema["properties"].as_object() {
            named.extend(properties.clone());
        }
        let parts = items(&schema["allOf"]).chain(schema.get("$ref").map(|reference| self.resolve(reference)));
        let others = items(&schema["anyOf"]).chain(items(&schema["oneOf"]));
        let others = others.filter(|schema| self.problems(schema, value).is_empty());
        let parts: Vec<&Value> = parts.chain(others).collect();
        let is_bare = parts.is_empty() && schema.get("properties").is_none();
        let closed = parts.iter().filter(|part| self.names_all(part, value, named)).count();
        closed == parts.len()
            && !is_bare
            && schema.get("additionalProperties").is_none_or(|more| more == &Value::Bool(false))
    }

    pub(crate) fn resolve(&self, reference: &Value) -> &Value {
        let pointer = reference.as_str().and_then(|reference| reference.strip_prefix('#')).expect("a local reference");
        self.0.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is missing"))
    }
}

/// One rule, or each of several.
fn items(rule: &Value) -> impl Iterator<Item = &Value> {
    let several = rule.as_array();
    let one = Some(rule).filter(|rule| several.is_none() && !rule.is_null());
    several.into_iter().flatten().chain(one)
}

fn number(rule: &Value) -> usize {
    usize::try_from(rule.as_u64().expect("a number")).expect("a small number")
}

fn length(value: &Value) -> Option<usize> {
    value.as_str().map(|text| text.chars().count())
}

fn has_type(value: &Value, name: &Value) -> bool {
    match name.as_str().expect("a type's name") {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("there is no type `{other}`"),
    }
}

fn has_format(text: &str, format: &str) -> bool {
    match format {
        "date-time" => time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).is_ok(),
        "uuid" => uuid::Uuid::parse_str(text).is_ok(),
        "email" => text.contains('@'),
        "password" | "int64" => true,
        other => panic!("the test does not know the format `{other}`; teach it"),
    }
}

#[test]
fn a_value_that_breaks_its_schema_is_found_wherever_it_is() {
    use serde_json::json;
    let spec = json!({ "components": { "schemas": {
        "Named": { "type": "object", "required": ["name"], "properties": { "name": { "type": "string", "maxLength": 3 } } },
        "Both": { "allOf": [{ "$ref": "#/components/schemas/Named" }, { "type": "object", "properties": { "n": { "type": ["integer", "null"] } } }] },
    } } });
    let schemas = Schemas(&spec);
    let both = json!({ "$ref": "#/components/schemas/Both" });
    let either = json!({ "anyOf": [both, { "type": "array", "items": both }] });
    for fine in
        [json!({ "name": "abc", "n": 1 }), json!({ "name": "", "n": null }), json!([]), json!([{ "name": "a" }])]
    {
        assert_eq!(schemas.problems(&either, &fine), Vec::<String>::new(), "{fine}");
    }
    for wrong in [
        json!({}),
        json!({ "name": 1 }),
        json!({ "name": "abcd" }),
        json!({ "name": "a", "n": 1.5 }),
        json!({ "name": "a", "other": 1 }),
        json!([{ "name": "a" }, {}]),
        json!([{ "name": "a", "other": 1 }]),
        json!("a"),
    ] {
        assert!(!schemas.problems(&either, &wrong).is_empty(), "{wrong}");
    }
}
