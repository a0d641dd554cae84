//! Findings: the place, the rule and the remedy.

use std::ops::Range;

use crate::failure::Failure;
use crate::template::page::Page;
use crate::template::tags;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) rule: Rule,
    pub(crate) message: String,
    pub(crate) fix: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    BinaryRendered,
    DoesNotRender,
    GlobInIgnore,
    HookNotRhai,
    InvalidCondition,
    InvalidPlaceholder,
    InvalidToml,
    LiquidSyntax,
    MatchesNothing,
    NotPortable,
    NotRendered,
    ReservedName,
    UnanchoredRegex,
    UndefinedVariable,
    UnknownKey,
    UnsafeFile,
    UnusedPlaceholder,
    WithoutEffect,
    WrongTable,
}

impl Rule {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::BinaryRendered => "binary-rendered",
            Self::DoesNotRender => "does-not-render",
            Self::GlobInIgnore => "glob-in-ignore",
            Self::HookNotRhai => "hook-not-rhai",
            Self::InvalidCondition => "invalid-condition",
            Self::InvalidPlaceholder => "invalid-placeholder",
            Self::InvalidToml => "invalid-toml",
            Self::LiquidSyntax => "liquid-syntax",
            Self::MatchesNothing => "matches-nothing",
            Self::NotPortable => "not-portable",
            Self::NotRendered => "not-rendered",
            Self::ReservedName => "reserved-name",
            Self::UnanchoredRegex => "unanchored-regex",
            Self::UndefinedVariable => "undefined-variable",
            Self::UnknownKey => "unknown-key",
            Self::UnsafeFile => "unsafe-file",
            Self::UnusedPlaceholder => "unused-placeholder",
            Self::WithoutEffect => "without-effect",
            Self::WrongTable => "wrong-table",
        }
    }
}

#[derive(Default)]
pub(super) struct Findings {
    found: Vec<Finding>,
}

impl Findings {
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.found.len()
    }

    /// A finding in a settings file.
    pub(super) fn at(&mut self, page: &Page, at: &Range<usize>, rule: Rule, message: &str, fix: &str) {
        self.in_text(page.name, page.text, at.start, rule, message, fix);
    }

    pub(super) fn in_text(&mut self, file: &str, text: &str, offset: usize, rule: Rule, message: &str, fix: &str) {
        let place = tags::position(text, offset.min(text.len()));
        self.push(file, place, rule, message, fix);
    }

    /// A finding about a whole file.
    pub(super) fn of_file(&mut self, file: &str, rule: Rule, message: &str, fix: &str) {
        self.push(file, (1, 1), rule, message, fix);
    }

    /// Converts the problems of reading and rendering.
    pub(super) fn of_failure(&mut self, failure: &Failure, rule: Rule, fix: &str) {
        for problem in failure.problems() {
            self.of_problem(problem, rule, problem.hints.first().map_or(fix, String::as_str));
        }
    }

    pub(super) fn of_problem(&mut self, problem: &Failure, rule: Rule, fix: &str) {
        match &problem.place {
            Some(place) => {
                let message = problem.message.split_once(": ").map_or(&problem.message[..], |(_, message)| message);
                let message = problem.message.strip_prefix(&format!("{}: ", place.file)).unwrap_or(message);
                self.push(&place.file, place.position.unwrap_or((1, 1)), rule, message, fix);
            }
            None => self.push(".", (1, 1), rule, &problem.message, fix),
        }
    }

    /// Adds the findings of a template in a folder, with the folder in their paths.
    pub(super) fn add(&mut self, inner: Self, folder: &str) {
        let prefix = format!("{folder}/");
        let outer = |file: String| if file.starts_with(&prefix) { file } else { format!("{prefix}{file}") };
        let found = inner.found.into_iter();
        self.found.extend(found.map(|finding| Finding { file: outer(finding.file), ..finding }));
    }

    pub(super) fn in_order(mut self) -> Vec<Finding> {
        self.found.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        self.found
    }

    fn push(&mut self, file: &str, (line, column): (usize, usize), rule: Rule, message: &str, fix: &str) {
        let finding = Finding { file: file.into(), line, column, rule, message: message.into(), fix: fix.into() };
        if !self.found.contains(&finding) {
            self.found.push(finding);
        }
    }
}
