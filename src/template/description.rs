//! Describes a template for a user who considers using it.

use super::complete::Hook;
use super::source::{Form, Source};
use super::{Fetched, Placeholder, Template, embedded};
use crate::tree::Origin;

pub(crate) struct Description {
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) kind: Kind,
    pub(crate) summary: Option<String>,
    pub(crate) fetched: Option<Fetched>,
    pub(crate) questions: Vec<Question>,
    pub(crate) hooks: Vec<Hook>,
    pub(crate) files: Vec<Described>,
    /// Patterns of the kept built-in files; None keeps all.
    pub(crate) keep: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    BuiltIn,
    Overlay,
    Complete,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::BuiltIn => "built-in",
            Self::Overlay => "overlay",
            Self::Complete => "complete",
        }
    }

    pub(crate) fn with_article(self) -> &'static str {
        match self {
            Self::BuiltIn => "the built-in project",
            Self::Overlay => "an overlay",
            Self::Complete => "a complete template",
        }
    }
}

pub(crate) struct Question {
    pub(crate) placeholder: Placeholder,
    /// The sub-template that asks it.
    pub(crate) sub_template: Option<String>,
    /// The condition under which it is asked.
    pub(crate) condition: Option<String>,
}

pub(crate) struct Described {
    /// In the template; the suffix is removed when it is rendered.
    pub(crate) path: String,
    pub(crate) form: &'static str,
    /// Whether it replaces a file of the built-in project.
    pub(crate) replaces: bool,
}

const SUMMARY: &str = "a complete authentication server: accounts, sessions, tokens, mail, on SQLite and PostgreSQL";

impl Template {
    pub(crate) fn describe(&self) -> Description {
        let (questions, hooks) = self.questions_and_hooks();
        Description {
            name: self.name().to_owned(),
            version: self.described_version(),
            kind: self.kind(),
            summary: match (&self.overlay, &self.complete) {
                (Some(overlay), _) => overlay.description.clone(),
                (None, Some(_)) => None,
                (None, None) => Some(SUMMARY.into()),
            },
            fetched: self.fetched_from().cloned(),
            questions,
            hooks,
            files: self.described_files(),
            keep: self.overlay.as_ref().and_then(|overlay| overlay.keep.clone()),
        }
    }

    fn kind(&self) -> Kind {
        match (&self.overlay, &self.complete) {
            (Some(_), _) => Kind::Overlay,
            (None, Some(_)) => Kind::Complete,
            (None, None) => Kind::BuiltIn,
        }
    }

    fn described_version(&self) -> Option<String> {
        match self.kind() {
            Kind::BuiltIn => Some(self.version.clone()),
            Kind::Overlay => self.overlay.as_ref().and_then(|overlay| overlay.version.clone()),
            Kind::Complete => None,
        }
    }

    fn fetched_from(&self) -> Option<&Fetched> {
        let overlay = self.overlay.as_ref().and_then(|overlay| overlay.fetched.as_ref());
        overlay.or_else(|| self.complete.as_ref()?.fetched.as_ref())
    }

    fn questions_and_hooks(&self) -> (Vec<Question>, Vec<Hook>) {
        let always = |placeholder: &Placeholder| Question {
            placeholder: placeholder.clone(),
            sub_template: None,
            condition: None,
        };
        let Some(complete) = &self.complete else {
            let asked = self.overlay.iter().flat_map(|overlay| &overlay.placeholders);
            return (asked.map(always).collect(), Vec::new());
        };
        let (mut questions, mut hooks) = (Vec::new(), Vec::new());
        for (folder, config) in complete.parts() {
            let of = |placeholder: &Placeholder, condition: Option<&String>| Question {
                placeholder: placeholder.clone(),
                sub_template: Some(folder.to_owned()).filter(|folder| !folder.is_empty()),
                condition: condition.cloned(),
            };
            questions.extend(config.part.placeholders.iter().map(|placeholder| of(placeholder, None)));
            for (condition, part) in &config.conditionals {
                questions.extend(part.placeholders.iter().map(|placeholder| of(placeholder, Some(condition))));
            }
            hooks.extend(complete.all_hooks(folder, config));
        }
        (questions, hooks)
    }

    /// Lists only an overlay's own files; `templates show built-in` lists the others.
    fn described_files(&self) -> Vec<Described> {
        let sources = self.complete.as_ref().map_or(&self.sources, |complete| &complete.sources);
        let is_shown = |source: &&Source| self.overlay.is_none() || source.origin != Origin::BuiltIn;
        sources.iter().filter(is_shown).map(|source| described(source, self.kind())).collect()
    }
}

fn described(source: &Source, kind: Kind) -> Described {
    let form = match source.form {
        Form::Link => "link",
        _ if source.is_rendered() => "rendered",
        // Which of them cargo-generate renders depends on the answers.
        _ if kind == Kind::Complete => "file",
        _ => "copied",
    };
    Described { path: source.path.clone(), form, replaces: source.origin == Origin::Replaced }
}

/// The templates that come with the program.
pub(crate) fn embedded() -> impl Iterator<Item = Description> {
    embedded::names().filter_map(|name| embedded::template(name)?.ok()).map(|template| template.describe())
}
