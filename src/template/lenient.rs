//! Copied files belong to other tools, which may accept more than strict JSON or YAML.

/// Whether a file that does not parse is acceptable to such a tool.
pub(super) fn is_readable(path: &str, text: &str) -> bool {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("json") => serde_json::from_str::<serde_json::Value>(&without_comments(text)).is_ok(),
        Some("yaml" | "yml") => is_foreign_template(text),
        _ => false,
    }
}

/// Removes comments and trailing commas, which editors accept in JSON.
fn without_comments(json: &str) -> String {
    let mut plain = String::with_capacity(json.len());
    let mut rest = json.chars().peekable();
    let mut quoted = false;
    while let Some(character) = rest.next() {
        match (character, rest.peek()) {
            ('\\', Some(_)) if quoted => plain.extend([Some(character), rest.next()].into_iter().flatten()),
            ('"', _) => {
                quoted = !quoted;
                plain.push('"');
            }
            ('/', Some('/')) if !quoted => while rest.next_if(|next| *next != '\n').is_some() {},
            ('/', Some('*')) if !quoted => {
                let mut last = ' ';
                rest.by_ref().skip(1).find(|next| std::mem::replace(&mut last, *next) == '*' && *next == '/');
            }
            (']' | '}', _) if !quoted => {
                let end = plain.trim_end().trim_end_matches(',').len();
                plain.truncate(end);
                plain.push(character);
            }
            _ => plain.push(character),
        }
    }
    plain
}

/// Templates of another tool, such as Helm charts, are YAML only after that tool has rendered them.
fn is_foreign_template(yaml: &str) -> bool {
    yaml.contains("{{") || yaml.contains("{%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_last_commas_go_and_strings_stay() {
        let json = "{ // one\n \"a\": \"// \\\" /* , }\", /* two * / */ \"b\": [1, 2,\n], }";
        let value: serde_json::Value = serde_json::from_str(&without_comments(json)).unwrap();
        assert_eq!(value, serde_json::json!({ "a": "// \" /* , }", "b": [1, 2] }));
    }

    #[test]
    fn what_is_not_json_stays_what_it_is() {
        for text in ["{\"a\": }", "[1,,2]", "\"", "/*", "{\"a\": 1"] {
            assert!(!is_readable("a.json", text), "{text}");
        }
        assert!(!is_readable("a.toml", "// a"));
    }
}
