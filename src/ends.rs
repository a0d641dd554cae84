//! Line endings. Git may convert them in a working copy, so texts that differ only in them count as the same.

use std::borrow::Cow;

use crate::tree::sha256;

pub(crate) fn unix(text: &str) -> Cow<'_, str> {
    if text.contains("\r\n") { text.replace("\r\n", "\n").into() } else { text.into() }
}

fn windows(text: &str) -> String {
    unix(text).replace('\n', "\r\n")
}

/// Converts `text` to the line endings that most lines of `model` have.
pub(crate) fn as_in(model: &str, text: &str) -> String {
    let [all, windows_] = ["\n", "\r\n"].map(|end| model.matches(end).count());
    if windows_ * 2 > all { windows(text) } else { unix(text).into_owned() }
}

pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
    one == other || text(one).zip(text(other)).is_some_and(|(one, other)| unix(one) == unix(other))
}

/// Whether the contents have this hash with any line endings.
pub(crate) fn has_hash(contents: &[u8], hash: &str) -> bool {
    let otherwise = |text: &str| sha256(unix(text).as_bytes()) == hash || sha256(windows(text).as_bytes()) == hash;
    sha256(contents) == hash || text(contents).is_some_and(|text| text.contains('\n') && otherwise(text))
}

/// Contents without a NUL byte, which is how git recognizes text.
fn text(contents: &[u8]) -> Option<&str> {
    std::str::from_utf8(contents).ok().filter(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_the_same_with_other_line_ends_and_what_is_no_text_is_not() {
        assert!(is_same(b"a\nb\n", b"a\r\nb\r\n") && is_same(b"a\r\nb\n", b"a\nb\r\n"));
        assert!(!is_same(b"a\nb\n", b"a\nb") && !is_same(b"\0\n", b"\0\r\n") && !is_same(b"\xff\n", b"\xff\r\n"));
    }

    #[test]
    fn a_hash_is_that_of_the_text_with_one_or_the_other_line_end() {
        for hash in [sha256(b"a\nb\n"), sha256(b"a\r\nb\r\n")] {
            assert!(has_hash(b"a\nb\n", &hash) && has_hash(b"a\r\nb\r\n", &hash));
            assert!(!has_hash(b"a\nc\n", &hash) && !has_hash(b"\0a\nb\n", &hash));
        }
    }

    #[test]
    fn the_line_ends_of_most_lines_are_taken_over() {
        assert_eq!(as_in("1\r\n2\r\n3\n", "a\nb\n"), "a\r\nb\r\n");
        assert_eq!(as_in("1\n2\n3\r\n", "a\r\nb\n"), "a\nb\n");
        assert_eq!(as_in("", "a\r\nb\n"), "a\nb\n");
    }
}
