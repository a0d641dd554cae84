//! The languages of answers, mails and pages: which are offered, and their texts.
//!
//! A text is keyed by its English wording, so a missing translation falls back to English. To add a language, add
//! `auth/languages/TAG/texts.toml` and its tag in `catalog.rs`; an owner adds one without a build in
//! `languages.directory`.

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
use own::Folder;

/// The languages that are offered.
pub struct Languages {
    default: Language,
    offered: Vec<Language>,
    /// The owner's, of those that are offered.
    folders: Vec<(Language, Folder)>,
}

impl Languages {
    /// Reads the texts of every language that is offered.
    ///
    /// # Errors
    /// Every text that cannot be used, and every language that exists nowhere.
    pub fn load(settings: &Settings) -> Result<Self, Vec<Problem>> {
        let (mut problems, mut offered, mut folders) = (Vec::new(), Vec::new(), Vec::new());
        let mut own = settings.directory.as_deref().map_or_else(Vec::new, |path| own::folders(path, &mut problems));
        for tag in &settings.offered {
            let folder = own.iter().position(|folder| folder.tag.eq_ignore_ascii_case(tag)).map(|at| own.remove(at));
            let Some(language) = Language::load(tag, folder.as_ref(), &mut problems) else { continue };
            offered.push(language);
            folders.extend(folder.map(|folder| (language, folder)));
        }
        let default = offered.iter().copied().find(|language| language.tag().eq_ignore_ascii_case(&settings.default));
        match default {
            Some(default) if problems.is_empty() => Ok(Self { default, offered, folders }),
            _ => Err(problems),
        }
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
        Self { default: english, offered: vec![english], folders: Vec::new() }
    }
}

#[cfg(test)]
mod tests;
