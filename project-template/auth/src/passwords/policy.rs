//! Rules for new passwords. None about kinds of characters, and no expiry (NIST SP 800-63B-4, section 3.1.1.2). The
//! messages are Django's.

use std::collections::HashMap;

use super::{common::is_common, nfc::nfc};
use crate::languages::{Text, text};

/// In bytes of UTF-8, whatever is configured, since hashing reads all of them.
const MAX_BYTES: usize = 1024;

/// The share of common letters from which on a password is similar to a value.
const MAX_SIMILARITY: f64 = 0.7;

/// In characters: shorter parts say nothing about the user.
const MIN_PART: usize = 3;

/// The rules for a new password. Existing passwords are not checked.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Fewest characters: Unicode code points in normal form C.
    pub min_length: usize,
    /// Most characters.
    pub max_length: usize,
    /// Whether to refuse common passwords.
    pub refuse_common: bool,
    /// Whether passwords similar to the user's data are refused.
    pub refuse_similar: bool,
}

impl Policy {
    /// The messages for the user; empty if it may be set. `about` lists labels, such as "email address", and values.
    #[must_use]
    pub fn check(&self, password: &str, about: &[(&str, &str)]) -> Vec<Text> {
        let password = nfc(password);
        let mut problems = self.check_length(&password);
        if password.chars().any(char::is_control) {
            problems.push("This password contains characters that cannot be typed.".into());
        }
        if self.refuse_common && is_common(&password) {
            problems.push("This password is too common.".into());
        }
        // The length bounds the work of the comparison.
        if self.refuse_similar && password.len() <= MAX_BYTES {
            let folded = password.to_lowercase();
            let similar = about.iter().filter(|(_, value)| is_similar(&folded, value));
            problems
                .extend(similar.map(|(label, _)| Text::from(format!("The password is too similar to the {label}."))));
        }
        problems
    }

    fn check_length(&self, password: &str) -> Vec<Text> {
        let length = password.chars().count();
        let problem = if length < self.min_length {
            text!("This password is too short. It must contain at least {count} characters.", count = self.min_length)
        } else if length > self.max_length {
            text!("This password is too long. It must contain at most {count} characters.", count = self.max_length)
        } else if password.len() > MAX_BYTES {
            text!("This password is too long. It must take at most {count} bytes.", count = MAX_BYTES)
        } else {
            return Vec::new();
        };
        vec![problem]
    }
}

/// Compares with the value, each word of it, and the part before its `@`.
fn is_similar(password: &str, value: &str) -> bool {
    let value = nfc(value).to_lowercase();
    let words = value.split(|c: char| !c.is_alphanumeric());
    let words = words.filter(|word| word.chars().count() >= MIN_PART);
    let local_part = value.split_once('@').map(|(local, _)| local);
    words.chain(local_part).chain([value.as_str()]).any(|part| similarity(password, part) >= MAX_SIMILARITY)
}

fn similarity(a: &str, b: &str) -> f64 {
    let mut left: HashMap<char, u32> = HashMap::new();
    for character in a.chars() {
        *left.entry(character).or_default() += 1;
    }
    let mut shared = 0_u32;
    for character in b.chars() {
        if let Some(count) = left.get_mut(&character).filter(|count| **count > 0) {
            *count -= 1;
            shared += 1;
        }
    }
    let total = u32::try_from(a.chars().count() + b.chars().count()).unwrap_or(u32::MAX);
    if total == 0 {
        return 0.0;
    }
    f64::from(2 * shared) / f64::from(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::languages::Language;

    const POLICY: Policy = Policy { min_length: 8, max_length: 256, refuse_common: true, refuse_similar: true };
    const JANE: &[(&str, &str)] =
        &[("email address", "jane.appleseed@example.com"), ("first name", "Jane"), ("last name", "Appleseed")];

    fn check(password: &str) -> Vec<String> {
        worded(&POLICY, password, JANE)
    }

    fn worded(policy: &Policy, password: &str, about: &[(&str, &str)]) -> Vec<String> {
        policy.check(password, about).iter().map(|problem| Language::english().word(problem)).collect()
    }

    #[test]
    fn a_good_password_has_no_problem() {
        for password in [
            "correct horse battery",
            "  spaces  count ",
            "\u{1f40e}\u{1f50b}\u{1f4ce}\u{1f511}\u{1f6aa}\u{1f30d}\u{2602}\u{2693}",
        ] {
            assert_eq!(check(password), Vec::<String>::new(), "{password}");
        }
    }

    #[test]
    fn length_is_counted_in_characters_after_composition() {
        let short = "This password is too short. It must contain at least 8 characters.";
        let long = "This password is too long. It must contain at most 256 characters.";
        assert_eq!(check("xkqvzj7"), [short]);
        assert_eq!(check(""), [short]);
        assert_eq!(check("\u{fc}bxkqvz"), [short]);
        assert_eq!(check("u\u{308}bxkqvz"), [short]);
        assert!(check("\u{fc}bxkqvzj").is_empty());
        assert!(check(&"xy z".repeat(64)).is_empty());
        assert_eq!(check(&"xy z".repeat(65)), [long]);
        let one = Policy { min_length: 1, ..POLICY };
        assert_eq!(worded(&one, "", &[]), ["This password is too short. It must contain at least 1 character."]);
    }

    #[test]
    fn bytes_are_limited_however_many_characters_are_allowed() {
        let generous = Policy { max_length: 100_000, ..POLICY };
        assert!(generous.check(&"\u{1f40e}".repeat(256), JANE).is_empty());
        let problems = worded(&generous, &"\u{1f40e}".repeat(257), JANE);
        assert_eq!(problems, ["This password is too long. It must take at most 1024 bytes."]);
    }

    #[test]
    fn control_characters_are_refused() {
        for character in ['\0', '\n', '\t', '\u{1b}', '\u{7f}', '\u{85}'] {
            let problems = check(&format!("correct{character}horse"));
            assert_eq!(problems, ["This password contains characters that cannot be typed."]);
        }
    }

    #[test]
    fn a_common_password_is_refused_in_any_case() {
        assert_eq!(check("Password1"), ["This password is too common."]);
        let tolerant = Policy { refuse_common: false, ..POLICY };
        assert!(tolerant.check("Password1", &[]).is_empty());
    }

    #[test]
    fn a_password_like_the_person_is_refused() {
        let email = "The password is too similar to the email address.";
        let last = "The password is too similar to the last name.";
        assert_eq!(check("JANE.Appleseed@example.com"), [email]);
        assert_eq!(check("jane.appleseed1"), [email, last]);
        assert_eq!(check("Appleseed!"), [email, last]);
        assert_eq!(check("deeselppA"), [email, last]);
        assert_eq!(check("example1"), [email]);
        assert!(check("jane likes pears").is_empty());
        let tolerant = Policy { refuse_similar: false, ..POLICY };
        assert!(tolerant.check("Appleseed!", JANE).is_empty());
    }

    #[test]
    fn short_parts_and_empty_values_say_nothing() {
        assert!(POLICY.check("xkqvzjxkqvzj", &[("first name", ""), ("email address", "a@b.c")]).is_empty());
        assert!(POLICY.check("co co co co", &[("email address", "z@co")]).is_empty());
    }

    #[test]
    fn similarity_counts_each_character_as_often_as_both_have_it() {
        for (a, b, expected) in
            [("abcd", "abcd", 1.0), ("abcd", "dcba", 1.0), ("aaaa", "a", 0.4), ("ab", "cd", 0.0), ("", "", 0.0)]
        {
            assert!((similarity(a, b) - expected).abs() < 1e-9, "{a} {b}");
        }
    }
}
