//! Escapes values for the format of their file, so that no answer can break out of its quotes.

use std::fmt::Write;

/// Formats whose values are between double quotes.
const QUOTED: [&str; 5] = [".env", ".json", ".toml", ".yaml", ".yml"];
const RUST: &str = ".rs";
const MARKUP: [&str; 3] = [".html", ".svg", ".xml"];

/// `path` is the path of the rendered file, without `.liquid`.
pub(super) fn value(text: &str, path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    if name.starts_with(".env") || QUOTED.iter().any(|suffix| name.ends_with(suffix)) {
        quoted(text)
    } else if name.ends_with(RUST) {
        rust(text)
    } else if MARKUP.iter().any(|suffix| name.ends_with(suffix)) {
        markup(text)
    } else {
        text.to_owned()
    }
}

fn quoted(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, character| {
        match character {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            control if control.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "\\u{:04x}", u32::from(control));
            }
            other => escaped.push(other),
        }
        escaped
    })
}

/// Correct in a string literal, harmless in a comment.
fn rust(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, character| {
        match character {
            '"' | '\\' => escaped.extend(['\\', character]),
            control if control.is_control() => escaped.extend(control.escape_default()),
            other => escaped.push(other),
        }
        escaped
    })
}

fn markup(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NASTY: &str = "a\"b\\c\nd\u{1}<e>";

    #[test]
    fn toml_json_and_yaml_read_back_what_was_meant() {
        let toml: toml::Table = format!("v = \"{}\"", value(NASTY, "x.toml")).parse().unwrap();
        assert_eq!(toml["v"].as_str(), Some(NASTY));
        let json: serde_json::Value = serde_json::from_str(&format!("\"{}\"", value(NASTY, "x.json"))).unwrap();
        assert_eq!(json.as_str(), Some(NASTY));
        assert_eq!(value(NASTY, "a/b.yml"), value(NASTY, "x.json"));
    }

    #[test]
    fn a_key_of_several_lines_is_one_line_of_an_env_file() {
        assert_eq!(value("one\ntwo", ".env"), "one\\ntwo");
        assert_eq!(value("one\ntwo", ".env.example"), "one\\ntwo");
    }

    #[test]
    fn rust_reads_back_what_was_meant_and_a_comment_stays_one_line() {
        assert_eq!(value(NASTY, "src/main.rs"), r#"a\"b\\c\nd\u{1}<e>"#);
        assert_eq!(value("Zoë's", "lib.rs"), "Zoë's");
    }

    #[test]
    fn markup_cannot_be_injected() {
        assert_eq!(value("<b>&'\"", "page.html"), "&lt;b&gt;&amp;&#39;&quot;");
    }

    #[test]
    fn other_files_take_values_as_they_are() {
        assert_eq!(value(NASTY, "keys/signing.pem"), NASTY);
        assert_eq!(value(NASTY, "README.md"), NASTY);
    }
}
