//! Email addresses, parsed.

use unicode_normalization::UnicodeNormalization;

/// Octets (RFC 5321, section 4.5.3.1, without the angle brackets).
const ADDRESS_LIMIT: usize = 254;
const LOCAL_LIMIT: usize = 64;

/// A valid address, as its owner wrote it and as it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    written: String,
    key: String,
}

impl Email {
    /// Parses one address: no quoting, a domain with a dot. Ignores white space and invisible characters around it.
    ///
    /// Addresses with equal keys are the same account: lower case, Unicode NFC, the domain in its ASCII form (UTS 46).
    /// Dots and `+tags` are kept: only the mail server knows their meaning.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text: String = text.trim_matches(is_unseen).nfc().collect();
        let (local, domain) = text.split_once('@')?;
        let domain = domain.to_lowercase();
        let ascii = idna::domain_to_ascii_strict(&domain).ok()?;
        let written = format!("{local}@{domain}");
        // Again in NFC: some letters have a composed form in lower case only.
        let key = format!("{}@{ascii}", local.to_lowercase().nfc());
        let fits = written.len() <= ADDRESS_LIMIT && key.len() <= ADDRESS_LIMIT;
        let is_seen = !domain.contains(is_unseen);
        (fits && is_seen && is_local(local) && is_domain(&ascii)).then_some(Self { written, key })
    }

    /// An address from the database, which was valid when it was stored: rules may have changed since.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self::parse(&text).unwrap_or_else(|| Self { key: text.to_lowercase(), written: text })
    }

    /// The address as its owner wrote it, for display and for sending.
    #[must_use]
    pub fn as_written(&self) -> &str {
        &self.written
    }

    /// The address as it is compared.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The domain in its ASCII form, in lower case.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.key.split_once('@').map_or("", |(_, domain)| domain)
    }

    /// The part before the `@`, in lower case.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.key.split_once('@').map_or("", |(local, _)| local)
    }
}

impl std::fmt::Display for Email {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.written)
    }
}

/// A dot-atom (RFC 5322, section 3.2.3), with the letters of any script (RFC 6531).
fn is_local(local: &str) -> bool {
    let is_atom = |atom: &str| {
        !atom.is_empty()
            && atom.chars().all(|character| {
                character.is_ascii_alphanumeric()
                    || "!#$%&'*+-/=?^_`{|}~".contains(character)
                    || (!character.is_ascii() && !character.is_control() && !is_unseen(character))
            })
    };
    local.len() <= LOCAL_LIMIT && local.split('.').all(is_atom)
}

/// White space, and characters that are invisible or change the direction of text (Unicode,
/// `Default_Ignorable_Code_Point` and `Bidi_Control`): two addresses that look the same would be two accounts.
fn is_unseen(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

fn is_domain(ascii: &str) -> bool {
    let labels: Vec<&str> = ascii.split('.').collect();
    let is_label = |label: &&str| !label.is_empty() && label.len() <= 63;
    let is_numeric = |label: &&str| label.bytes().all(|byte| byte.is_ascii_digit());
    labels.len() >= 2 && labels.iter().all(is_label) && labels.last().is_some_and(|top| !is_numeric(top))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_in_lower_case_with_the_ascii_domain() {
        let email = Email::parse("  Zoë.Müller+x@BÜCHER.example ").unwrap();
        assert_eq!(email.as_written(), "Zoë.Müller+x@bücher.example");
        assert_eq!(email.key(), "zoë.müller+x@xn--bcher-kva.example");
        assert_eq!(email.local_part(), "zoë.müller+x");
        assert_eq!(Email::parse("A@EXAMPLE.com").unwrap().key(), Email::parse("a@example.COM").unwrap().key());
    }

    #[test]
    fn a_stored_address_stays_one_whatever_the_rules_say_now() {
        let old = Email::stored("Ada@once allowed".to_owned());
        assert_eq!(
            (old.as_written(), old.key(), old.to_string().as_str()),
            ("Ada@once allowed", "ada@once allowed", "Ada@once allowed")
        );
        assert_eq!(Some(Email::stored("Ada@example.com".to_owned())), Email::parse("Ada@example.com"));
    }

    #[test]
    fn composed_and_decomposed_letters_are_the_same_address() {
        assert_eq!(Email::parse("zoe\u{308}@example.com"), Email::parse("zo\u{eb}@example.com"));
    }

    #[test]
    fn what_nobody_sees_is_dropped_around_an_address_and_refused_within() {
        for unseen in ['\u{200b}', '\u{feff}', '\u{202e}', '\u{ad}', '\u{2060}', '\u{3164}', '\u{e0061}'] {
            let pasted = format!("{unseen} Ada@example.com{unseen}\n");
            assert_eq!(Email::parse(&pasted).unwrap().as_written(), "Ada@example.com", "{unseen:?}");
            for address in [format!("a{unseen}da@example.com"), format!("ada@exa{unseen}mple.com")] {
                assert_eq!(Email::parse(&address), None, "{unseen:?}");
            }
        }
    }

    #[test]
    fn what_is_no_single_address_is_refused() {
        for text in [
            "",
            "@",
            "a@",
            "@example.com",
            "a",
            "a@b",
            "a b@example.com",
            "a@exa mple.com",
            "a@@example.com",
            "a@b@example.com",
            "a@example.com,b@example.com",
            "a@example.com\r\nBcc: b@example.com",
            "\"a\"@example.com",
            ".a@example.com",
            "a.@example.com",
            "a..b@example.com",
            "a@-example.com",
            "a@example..com",
            "a@127.0.0.1",
            "a@[127.0.0.1]",
            "a<b@example.com",
            "a@example.com>",
            "a\u{0}@example.com",
            "a@example.com.",
        ] {
            assert_eq!(Email::parse(text), None, "{text:?}");
        }
        assert_eq!(Email::parse(&format!("{}@example.com", "a".repeat(65))), None);
        assert_eq!(Email::parse(&format!("a@{}.com", "b.".repeat(130))), None);
    }
}
