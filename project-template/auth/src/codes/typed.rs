use secrecy::{ExposeSecret, SecretString};

use super::Codes;

/// The digit zero of each script besides ASCII (Unicode 16, general category Nd); the digits one to nine follow it.
#[rustfmt::skip]
const ZEROS: &[u32] = &[
    0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0de6, 0x0e50,
    0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50,
    0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x10d40, 0x11066, 0x110f0,
    0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x116d0, 0x116da, 0x11730, 0x118e0, 0x11950,
    0x11bf0, 0x11c50, 0x11d50, 0x11da0, 0x11f50, 0x16a60, 0x16ac0, 0x16b50, 0x1ccf0, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec,
    0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e5f1, 0x1e950, 0x1fbf0,
];

impl Codes<'_> {
    /// Converts digits of any script to ASCII. None if the text cannot be a code, which does not count as a guess.
    pub(crate) fn typed(self, text: &SecretString) -> Option<SecretString> {
        typed_digits(self.0.settings().codes.length, text)
    }
}

/// As [`Codes::typed`], for codes of this length.
pub(crate) fn typed_digits(length: u32, text: &SecretString) -> Option<SecretString> {
    let mut code = String::with_capacity(length as usize);
    for character in text.expose_secret().chars().filter(|character| !is_between(*character)) {
        code.push(char::from_digit(digit(character)?, 10)?);
    }
    (code.len() == length as usize).then(|| code.into())
}

fn digit(character: char) -> Option<u32> {
    let point = u32::from(character);
    let of_script = || ZEROS.iter().find_map(|zero| point.checked_sub(*zero).filter(|value| *value < 10));
    character.to_digit(10).or_else(of_script)
}

/// Characters that group digits, or are copied along with them.
fn is_between(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '-' | '.' | '_' | '\u{ad}' | '\u{58a}' | '\u{5be}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2010}'..='\u{2015}'
                | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{2212}' | '\u{30fb}'
                | '\u{fe00}'..='\u{fe0f}' | '\u{fe58}' | '\u{fe63}' | '\u{feff}' | '\u{ff0d}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        typed_digits(6, &text.into()).map(|code| code.expose_secret().to_owned())
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        for text in [
            "012345",
            " 012345\n",
            "012 345",
            "012-345",
            "012\u{2013}345",
            "0 1 2 3 4 5",
            "012\u{a0}345",
            "\u{200b}012345\u{feff}",
            "\u{2068}012345\u{2069}",
            "\u{ff10}\u{ff11}\u{ff12}\u{ff13}\u{ff14}\u{ff15}",
            "\u{660}\u{661}\u{662}\u{663}\u{664}\u{665}",
            "\u{966}\u{967}\u{968}\u{969}\u{96a}\u{96b}",
        ] {
            assert_eq!(read(text).as_deref(), Some("012345"), "{text:?}");
        }
    }

    #[test]
    fn what_has_letters_or_another_number_of_digits_is_no_code() {
        for text in ["", "12345", "0123456", "01234a", "O12345", "+012345", "012,345", "\u{b2}12345", "\u{2460}12345"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
