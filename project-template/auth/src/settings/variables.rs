//! Values of environment variables: a text, in the type of the key that it sets.

use toml::{Table, Value};

/// The value that a variable sets, for a key whose default is `default`. The error does not repeat the text, which may
/// be a secret.
pub(super) fn value(text: &str, default: &Value) -> Result<Value, &'static str> {
    match default {
        Value::Boolean(_) => text.to_lowercase().parse().map(Value::Boolean).map_err(|_| "must be true or false"),
        Value::Integer(_) => text.parse().map(Value::Integer).map_err(|_| "must be a whole number"),
        Value::Array(_) => list(text),
        Value::Table(_) => table(text),
        _ => Ok(Value::String(text.to_owned())),
    }
}

/// JSON if the text begins with `[`, else separated by commas.
fn list(text: &str) -> Result<Value, &'static str> {
    if text.trim_start().starts_with('[') {
        return json(text).ok_or("begins with `[`, but is not a list in JSON such as [\"one\",\"another\"]");
    }
    let items: Vec<&str> = text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect();
    if items.iter().any(|item| item.starts_with(['"', '\'']) || item.ends_with(['"', '\''])) {
        return Err("has quotes, which would be a part of the value; write one,another or [\"one\",\"another\"]");
    }
    Ok(Value::Array(items.into_iter().map(|item| Value::String(item.to_owned())).collect()))
}

/// JSON, or written as in the file: `{ plan = "free" }`.
fn table(text: &str) -> Result<Value, &'static str> {
    let in_toml = || format!("table = {text}").parse::<Table>().ok()?.remove("table");
    let table = json(text).or_else(in_toml).filter(Value::is_table);
    table.ok_or("must be a table, in JSON such as {\"name\":\"value\"} or as in the file, { name = \"value\" }")
}

/// None for what TOML does not have, such as `null`.
fn json(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, default: &str) -> Result<Value, &'static str> {
        let mut table: Table = format!("default = {default}").parse().unwrap();
        value(text, &table.remove("default").unwrap())
    }

    #[test]
    fn a_list_is_json_or_separated_by_commas() {
        for (text, expected) in [
            ("", "[]"),
            ("a", "[\"a\"]"),
            (" a, b ,,", "[\"a\", \"b\"]"),
            (" [\"a,b\", \"c\"] ", "[\"a,b\", \"c\"]"),
            ("[5]", "[5]"),
            ("[]", "[]"),
        ] {
            let expected: Table = format!("list = {expected}").parse().unwrap();
            assert_eq!(read(text, "[]").unwrap(), expected["list"], "{text}");
        }
    }

    #[test]
    fn a_list_in_quotes_or_in_broken_json_is_refused_without_being_repeated() {
        for text in ["\"breaker\"", "'breaker'", "a,\"breaker\"", "\"breaker\",a", "\"breaker", "breaker'"] {
            let problem = read(text, "[]").unwrap_err();
            assert!(problem.starts_with("has quotes") && !problem.contains("breaker"), "{text}: {problem}");
        }
        for text in ["[breaker]", "[\"breaker\"", "['breaker']", "[\"breaker\", null]", "[\"breaker\"] x"] {
            let problem = read(text, "[]").unwrap_err();
            assert!(problem.starts_with("begins with `[`") && !problem.contains("breaker"), "{text}: {problem}");
        }
    }

    #[test]
    fn a_table_is_json_or_as_in_the_file() {
        let expected = read("{ plan = \"free\", seats = 5, trial = true }", "{}").unwrap();
        assert_eq!(read("{\"plan\": \"free\", \"seats\": 5, \"trial\": true}", "{}").unwrap(), expected);
        assert_eq!(read("{}", "{}").unwrap(), read(" { } ", "{}").unwrap());
        for text in ["", "plan", "[\"plan\"]", "{plan", "{\"plan\": null}", "{\"plan\": \"free\"} x"] {
            assert!(read(text, "{}").unwrap_err().starts_with("must be a table"), "{text}");
        }
    }
}
