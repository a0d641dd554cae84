//! What went wrong, said to the person who can put it right, and the exit code a script can rely on.

use std::fmt;

/// The exit code and the name of an error that is no [`Failure`].
pub(crate) const UNEXPECTED: (i32, &str) = (1, "unexpected");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Answer,
    Template,
    Destination,
    Missing,
    Hook,
    Git,
    /// What the system has not: nobody's fault that was said.
    Machine,
    Signal(usize),
}

impl Kind {
    pub(crate) fn exit_code(self) -> i32 {
        match self {
            Self::Answer => 3,
            Self::Template => 4,
            Self::Destination => 5,
            Self::Missing => 6,
            Self::Hook => 7,
            Self::Git => 12,
            Self::Machine => UNEXPECTED.0,
            // As a shell reports a program that a signal has ended.
            Self::Signal(number) => 128 + i32::try_from(number).unwrap_or_default(),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer_not_valid",
            Self::Template => "template_not_valid",
            Self::Destination => "destination_in_the_way",
            Self::Missing => "answers_missing",
            Self::Hook => "hook_refused_or_failed",
            Self::Git => "git_failed",
            Self::Machine => UNEXPECTED.1,
            Self::Signal(_) => "interrupted",
        }
    }
}

/// Where in a template a mistake is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: String,
    /// Line and column, both from 1.
    pub(crate) position: Option<(usize, usize)>,
}

#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    /// The template that it is about.
    pub(crate) template: Option<Box<str>>,
    pub(crate) place: Option<Box<Place>>,
    /// Begins with the place, if there is one.
    pub(crate) message: String,
    pub(crate) hints: Vec<String>,
    /// What else is wrong: each has to be put right as well.
    pub(crate) others: Vec<Self>,
}

impl Failure {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        let (message, hints, others) = (message.into(), Vec::new(), Vec::new());
        Self { kind, template: None, place: None, message, hints, others }
    }

    /// A mistake in a file of a template.
    pub(crate) fn at(file: &str, position: Option<(usize, usize)>, message: &str) -> Self {
        let place = position.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
        let failure = Self::new(Kind::Template, format!("{file}{place}: {message}"));
        Self { place: Some(Box::new(Place { file: file.to_owned(), position })), ..failure }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// With what else is wrong; the first problem decides the exit code.
    pub(crate) fn and(mut self, mut other: Self) -> Self {
        let more = std::mem::take(&mut other.others);
        self.others.push(other);
        self.others.extend(more);
        self
    }

    /// One failure of them all, if there are any.
    pub(crate) fn gathered(failures: impl IntoIterator<Item = Self>) -> Result<(), Self> {
        failures.into_iter().reduce(Self::and).map_or(Ok(()), Err)
    }

    /// Names the template in every mistake in it that does not name it already.
    pub(crate) fn of_template(mut self, name: &str) -> Self {
        if self.kind == Kind::Template && self.template.is_none() {
            self.template = Some(name.into());
        }
        self.others = self.others.into_iter().map(|other| other.of_template(name)).collect();
        self
    }

    /// All that is wrong, each problem by itself.
    pub(crate) fn problems(&self) -> impl Iterator<Item = &Self> {
        [self].into_iter().chain(&self.others)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.template {
            Some(template) => write!(f, "the template `{template}`: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_codes_are_those_scripts_were_promised() {
        let kinds = [
            Kind::Answer,
            Kind::Template,
            Kind::Destination,
            Kind::Missing,
            Kind::Hook,
            Kind::Git,
            Kind::Machine,
            Kind::Signal(2),
            Kind::Signal(15),
        ];
        assert_eq!(kinds.map(Kind::exit_code), [3, 4, 5, 6, 7, 12, 1, 130, 143]);
    }
}
