//! Escapes foreign text for a terminal, so that it cannot move the cursor, ring the bell or change the writing
//! direction.

use std::fmt::Write;

/// Replaces control and direction characters by `\u{…}`; keeps line breaks and tabs.
pub(crate) fn plain(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut plain, character| {
        if is_harmless(character) {
            plain.push(character);
        } else {
            plain.extend(character.escape_unicode());
        }
        plain
    })
}

/// The same for a text that is one line, whatever the names in it contain.
pub(crate) fn line(text: &str) -> String {
    plain(text).replace('\n', "\\u{a}")
}

/// Escapes a JSON document without changing its meaning.
pub(super) fn json(document: &str) -> String {
    document.chars().fold(String::with_capacity(document.len()), |mut plain, character| {
        if is_harmless(character) {
            plain.push(character);
        } else {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                // Writing to a string cannot fail.
                let _ = write!(plain, "\\u{unit:04x}");
            }
        }
        plain
    })
}

fn is_harmless(character: char) -> bool {
    match character {
        '\n' | '\t' => true,
        // Marks, embeddings, overrides and isolates of writing directions; separators; invisible characters.
        '\u{061c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => false,
        other => !other.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_shown_instead() {
        assert_eq!(plain("a\u{1b}[31m\u{7}b"), "a\\u{1b}[31m\\u{7}b");
        assert_eq!(plain("\u{202e}exe\u{9b}1m\r\u{200f}\u{7f}"), "\\u{202e}exe\\u{9b}1m\\u{d}\\u{200f}\\u{7f}");
        assert_eq!(plain("Zoë\n\t日本 🦀"), "Zoë\n\t日本 🦀");
        assert_eq!(line("a\nb\u{1b}"), "a\\u{a}b\\u{1b}");
    }

    #[test]
    fn a_json_document_means_the_same() {
        let value = serde_json::json!({ "a\u{202e}": "\u{1b}\u{9b}\u{e0041}é" });
        let document = json(&value.to_string());
        assert!(document.chars().all(is_harmless), "{document}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&document).unwrap(), value);
    }
}
