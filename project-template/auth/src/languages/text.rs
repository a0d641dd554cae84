//! A text before it is worded in a language.

use std::borrow::Cow;
use std::time::Duration;

/// A text in English with its arguments, to be worded in the language of whoever reads it.
///
/// A text without arguments is translated if it is a key of the language's texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    english: Cow<'static, str>,
    arguments: Vec<(&'static str, Argument)>,
}

/// What takes the place of a name in braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// A number. That of `{count}` chooses the plural form.
    Number(i64),
    /// Written as it is.
    Name(String),
    /// Worded in the same language.
    Duration(Duration),
}

impl Text {
    /// A text with names in braces, and their values.
    #[must_use]
    pub const fn new(english: &'static str, arguments: Vec<(&'static str, Argument)>) -> Self {
        Self { english: Cow::Borrowed(english), arguments }
    }

    /// The key of its translations.
    #[must_use]
    pub fn english(&self) -> &str {
        &self.english
    }

    /// The number that chooses the plural form.
    #[must_use]
    pub fn count(&self) -> Option<u64> {
        self.arguments.iter().find_map(|(name, argument)| match argument {
            Argument::Number(number) if *name == "count" => Some(number.unsigned_abs()),
            _ => None,
        })
    }

    /// Fills in a translation of this text.
    pub(super) fn fill(&self, translation: &str, worded: impl Fn(Duration) -> String) -> String {
        fill(translation, |name| {
            let (_, argument) = self.arguments.iter().find(|(given, _)| *given == name)?;
            Some(match argument {
                Argument::Number(number) => number.to_string().into(),
                Argument::Name(name) => name.as_str().into(),
                Argument::Duration(duration) => worded(*duration).into(),
            })
        })
    }
}

/// Replaces the names in braces that have a value; other braces are text.
pub(super) fn fill<'v>(text: &str, value: impl Fn(&str) -> Option<Cow<'v, str>>) -> String {
    let (mut filled, mut rest) = (String::with_capacity(text.len() + 16), text);
    while let Some((before, name, after)) = next_name(rest) {
        filled.push_str(before);
        match value(name) {
            Some(value) => filled.push_str(&value),
            None => filled.extend(["{", name, "}"]),
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// The text before the next name in braces, the name, and the text after it.
pub(super) fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let mut searched = 0;
    while let Some(at) = text[searched..].find('{').map(|at| searched + at) {
        let name = &text[at + 1..];
        let end = name.find(|letter: char| !letter.is_ascii_lowercase() && letter != '_').unwrap_or(name.len());
        if end > 0 && name[end..].starts_with('}') {
            return Some((&text[..at], &name[..end], &name[end + 1..]));
        }
        searched = at + 1;
    }
    None
}

impl From<&'static str> for Text {
    fn from(english: &'static str) -> Self {
        Self::new(english, Vec::new())
    }
}

impl From<String> for Text {
    fn from(english: String) -> Self {
        Self { english: english.into(), arguments: Vec::new() }
    }
}

impl From<Cow<'static, str>> for Text {
    fn from(english: Cow<'static, str>) -> Self {
        Self { english, arguments: Vec::new() }
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.english == *other
    }
}

macro_rules! numbers {
    ($($type:ty),+) => {$(
        impl From<$type> for Argument {
            fn from(number: $type) -> Self {
                Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
            }
        }
    )+};
}
numbers!(i64, u32, u64, usize);

impl From<&str> for Argument {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<String> for Argument {
    fn from(name: String) -> Self {
        Self::Name(name)
    }
}

impl From<Duration> for Argument {
    fn from(duration: Duration) -> Self {
        Self::Duration(duration)
    }
}

/// A text with arguments: `text!("Try again in {wait}.", wait = wait)`.
macro_rules! text {
    ($english:literal, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::languages::Text::new(
            $english,
            vec![$((stringify!($name), $crate::languages::Argument::from($value))),+],
        )
    };
}
pub(crate) use text;

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> String {
        fill(text, |name| (name == "name").then(|| "{x} \\ {name}".into()))
    }

    #[test]
    fn a_value_is_filled_in_once_and_other_braces_stay() {
        assert_eq!(filled("Hello {name}!"), "Hello {x} \\ {name}!");
        for text in ["", "{", "}", "{}", "{Name}", "{ name }", "{nam", "{{other}}", "ä{ö}"] {
            assert_eq!(filled(text), text);
        }
        assert_eq!(filled("{{name}}"), "{{x} \\ {name}}");
    }
}
