use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};
use zeroize::Zeroizing;

/// How many times its length in UTF-8 a text can reach in normal form C; U+1D160 does.
const MAX_GROWTH: usize = 3;

/// Unicode normal form C (NIST SP 800-63B-4, section 3.1.1.2): keyboards compose accented letters in different ways.
pub(crate) fn nfc(password: &str) -> Zeroizing<String> {
    if is_nfc_quick(password.chars()) == IsNormalized::Yes {
        return Zeroizing::new(password.to_owned());
    }
    // A string that grows leaves copies behind that are never wiped.
    let mut composed = Zeroizing::new(String::with_capacity(MAX_GROWTH * password.len()));
    composed.extend(password.nfc());
    composed
}

#[cfg(test)]
mod tests {
    use super::{MAX_GROWTH, nfc};

    #[test]
    fn composed_and_decomposed_letters_are_the_same() {
        assert_eq!(*nfc("Gru\u{308}\u{df}e"), "Gr\u{fc}\u{df}e");
        assert_eq!(*nfc("\u{212b}ngstr\u{f6}m"), *nfc("A\u{30a}ngstro\u{308}m"));
    }

    #[test]
    fn nothing_else_is_changed() {
        for text in ["", "  Pass word\t ", "\u{ff21}", "\u{fb01}x", "STRASSE", "stra\u{df}e"] {
            assert_eq!(*nfc(text), text);
        }
    }

    #[test]
    fn the_longest_growth_fits_the_room_that_is_made() {
        let text = "\u{1d160}".repeat(100);
        assert_eq!(nfc(&text).len(), MAX_GROWTH * text.len());
    }
}
