//! The languages of answers, mails and pages: which are offered, and their texts.
//!
//! A text is keyed by its English wording, so a missing translation falls back to English: the owner's, or else what is
//! built in. To add a language, add `auth/languages/TAG/texts.toml` and its tag in `catalog.rs`; an owner adds one
//! without a build in `languages.directory`.

mod catalog;
mod current;
mod negotiate;
mod own;
mod plural;
mod settings;
mod text;
mod wording;

use axum::http::HeaderMap;

pub(crate) use current::{current, declare, in_same_language, say, speaking};
pub(crate) use own::{Replaced, problem};
pub use settings::Settings;
pub(crate) use text::text;
pub use text::{Argument, Text};
pub use wording::Language;

use crate::settings::Problem;
use own::{Folder, Own};

/// The languages that are offered.
pub struct Languages {
    default: Language,
    english: Language,
    offered: Vec<Language>,
    /// The owner's.
    folders: Vec<(Language, Folder)>,
}

impl Languages {
    /// Reads the texts of every language that is offered, and the owner's English ones.
    ///
    /// The problems are every text that cannot be used, and every language that exists nowhere. The languages are without
    /// those, so that the templates can be tried nevertheless.
    #[must_use]
    pub fn load(settings: &Settings) -> (Self, Vec<Problem>) {
        let (mut problems, mut folders) = (Vec::new(), Vec::new());
        let mut own = Own::read(settings, &mut problems);
        let mut read = |tag: &str, otherwise: Language| {
            let folder = own.take(tag);
            let language = Language::load(tag, folder.as_ref(), otherwise, &mut problems)?;
            folders.extend(folder.map(|folder| (language, folder)));
            Some(language)
        };
        let english = read("en", Language::english()).unwrap_or_default();
        let mut offered = Vec::new();
        for tag in &settings.offered {
            let is_english = tag.eq_ignore_ascii_case("en");
            offered.extend(if is_english { Some(english) } else { read(tag, english) });
        }
        let default = offered.iter().copied().find(|language| language.tag().eq_ignore_ascii_case(&settings.default));
        (Self { default: default.unwrap_or(english), english, offered, folders }, problems)
    }

    /// English with the owner's texts, offered or not.
    #[must_use]
    pub fn english(&self) -> Language {
        self.english
    }

    /// For requests that ask for no language that is offered.
    #[must_use]
    pub fn default_language(&self) -> Language {
        self.default
    }

    /// In the order of the settings.
    #[must_use]
    pub fn offered(&self) -> &[Language] {
        &self.offered
    }

    /// Whether answers depend on the request's `Accept-Language`.
    #[must_use]
    pub fn are_several(&self) -> bool {
        self.offered.len() > 1
    }

    /// An offered language by its tag, whatever the case.
    #[must_use]
    pub fn find(&self, tag: &str) -> Option<Language> {
        self.offered.iter().copied().find(|language| language.tag().eq_ignore_ascii_case(tag))
    }

    /// Whether a text has the form of a language tag (RFC 5646).
    #[must_use]
    pub fn is_tag(text: &str) -> bool {
        settings::is_tag(text)
    }

    /// The offered language that is nearest to a tag: `de` for `de-AT`.
    #[must_use]
    pub fn nearest(&self, tag: &str) -> Option<Language> {
        negotiate::nearest(&self.offered, tag)
    }

    /// The language for a request.
    #[must_use]
    pub fn of_request(&self, headers: &HeaderMap) -> Language {
        if self.are_several() { negotiate::chosen(self, headers) } else { self.default }
    }

    /// The templates of the owner that take the place of others in one language: path below `auth/templates/`, and file.
    pub(crate) fn templates(&self, language: Language) -> impl Iterator<Item = &Replaced> {
        let folder = self.folders.iter().find(move |(of, _)| *of == language);
        folder.into_iter().flat_map(|(_, folder)| &folder.templates)
    }
}

/// English alone.
impl Default for Languages {
    fn default() -> Self {
        let english = Language::english();
        Self { default: english, english, offered: vec![english], folders: Vec::new() }
    }
}

#[cfg(test)]
mod tests;
