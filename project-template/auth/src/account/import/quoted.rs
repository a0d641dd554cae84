/// In characters.
const SHOWN: usize = 80;

pub(super) fn shown(text: &str) -> String {
    let mut letters = text.chars();
    let shown: String = letters.by_ref().take(SHOWN).flat_map(char::escape_debug).collect();
    if letters.next().is_some() { shown + "…" } else { shown }
}

pub(super) fn quoted(text: &str) -> String {
    format!("`{}`", shown(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_escaped_and_cut_at_a_length_that_fits_a_message() {
        assert_eq!(quoted("a\u{1b}[2J"), "`a\\u{1b}[2J`");
        assert_eq!(quoted(&"\u{e9}".repeat(SHOWN)), format!("`{}`", "\u{e9}".repeat(SHOWN)));
        assert_eq!(quoted(&"\u{e9}".repeat(SHOWN + 1)), format!("`{}…`", "\u{e9}".repeat(SHOWN)));
    }
}
