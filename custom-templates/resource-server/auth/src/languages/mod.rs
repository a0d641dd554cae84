//! The texts of refusals. Differs from the built-in project: they are in English, and there are no others.

mod text;

pub(crate) use text::text;
pub use text::{Argument, Text};

use crate::words;

/// English.
#[derive(Clone, Copy, Debug)]
pub struct Language;

impl Language {
    /// Words a text.
    #[must_use]
    pub fn word(self, text: &Text) -> String {
        text.fill(text.english(), words::duration)
    }
}

pub(crate) fn speaking() -> Language {
    Language
}

pub(crate) fn say(text: impl Into<Text>) -> String {
    speaking().word(&text.into())
}
