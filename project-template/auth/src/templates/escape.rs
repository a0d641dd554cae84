use minijinja::{AutoEscape, Error, Output, State, Value, escape_formatter};

use super::values::worded;
use crate::languages::Language;

/// As the engine escapes, but without an entity for `/`: mail filters distrust an address full of entities.
pub(super) fn format(
    language: Language,
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    let words = worded(language, value);
    let value = words.as_ref().unwrap_or(value);
    match value.as_str() {
        Some(text) if matches!(state.auto_escape(), AutoEscape::Html) && !value.is_safe() => {
            out.write_str(&html(text)).map_err(Error::from)
        }
        _ => escape_formatter(out, state, value),
    }
}

pub(super) fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#x27;"),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_end_a_text_or_an_attribute_is_escaped_and_an_address_stays_readable() {
        assert_eq!(html("<a b=\"c\" d='e'>&amp;"), "&lt;a b=&quot;c&quot; d=&#x27;e&#x27;&gt;&amp;amp;");
        assert_eq!(html("https://example.com/x"), "https://example.com/x");
    }
}
