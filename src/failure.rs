//! Errors for the user who can correct them, with an exit code for scripts.

use std::fmt;

/// Exit code and name of an error that is not a [`Failure`].
pub(crate) const UNEXPECTED: (i32, &str) = (1, "unexpected");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The command line, or no project where it names one.
    Usage,
    Answer,
    Template,
    Destination,
    Missing,
    Hook,
    Git,
    /// A problem of the system, not of the input.
    Machine,
    Signal(usize),
}

impl Kind {
    pub(crate) fn exit_code(self) -> i32 {
        match self {
            Self::Usage => 2,
            Self::Answer => 3,
            Self::Template => 4,
            Self::Destination => 5,
            Self::Missing => 6,
            Self::Hook => 7,
            Self::Git => 12,
            Self::Machine => UNEXPECTED.0,
            // Shells report a program killed by a signal with this code.
            Self::Signal(number) => 128 + i32::try_from(number).unwrap_or_default(),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Usage => "usage",
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

/// The place of a mistake in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: String,
    /// Line and column, counted from 1.
    pub(crate) position: Option<(usize, usize)>,
}

#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    /// The template that contains the mistake.
    pub(crate) template: Option<Box<str>>,
    /// Whether the message says its name in its own words.
    pub(crate) names_template: bool,
    pub(crate) place: Option<Box<Place>>,
    /// Says the place too, if there is one.
    pub(crate) message: String,
    pub(crate) hints: Vec<String>,
    /// Further problems found at the same time.
    pub(crate) others: Vec<Self>,
}

impl Failure {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        let (message, hints, others) = (message.into(), Vec::new(), Vec::new());
        Self { kind, template: None, names_template: false, place: None, message, hints, others }
    }

    /// A mistake in a file of a template.
    pub(crate) fn at(file: &str, position: Option<(usize, usize)>, message: &str) -> Self {
        let place = position.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
        Self::new(Kind::Template, format!("{file}{place}: {message}")).placed(file, position)
    }

    /// Adds the place, which the message says already.
    pub(crate) fn placed(mut self, file: &str, position: Option<(usize, usize)>) -> Self {
        self.place = Some(Box::new(Place { file: file.to_owned(), position }));
        self
    }

    /// Of a template, which the message names already.
    pub(crate) fn naming_template(mut self) -> Self {
        self.names_template = true;
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds another problem. The first one decides the exit code.
    pub(crate) fn and(mut self, mut other: Self) -> Self {
        let more = std::mem::take(&mut other.others);
        self.others.push(other);
        self.others.extend(more);
        self
    }

    /// Joins all failures into one, or returns `Ok` if there are none.
    pub(crate) fn gathered(failures: impl IntoIterator<Item = Self>) -> Result<(), Self> {
        failures.into_iter().reduce(Self::and).map_or(Ok(()), Err)
    }

    /// All values, or all failures joined into one.
    pub(crate) fn collected<T>(results: impl IntoIterator<Item = Result<T, Self>>) -> Result<Vec<T>, Self> {
        let mut failures = Failures::default();
        let values = results.into_iter().filter_map(|result| failures.of(result)).collect();
        failures.unless_any(Some(values))
    }

    /// Names the template in each mistake that does not name one yet.
    pub(crate) fn of_template(mut self, name: &str) -> Self {
        if self.template.is_none() && (self.kind == Kind::Template || self.names_template) {
            self.template = Some(name.into());
        }
        self.others = self.others.into_iter().map(|other| other.of_template(name)).collect();
        self
    }

    /// The file that the mistake is in.
    pub(crate) fn file(&self) -> Option<&str> {
        self.place.as_ref().map(|place| place.file.as_str())
    }

    /// All problems, each on its own.
    pub(crate) fn problems(&self) -> impl Iterator<Item = &Self> {
        [self].into_iter().chain(&self.others)
    }

    /// The same, taken apart.
    pub(crate) fn apart(mut self) -> impl Iterator<Item = Self> {
        let others = std::mem::take(&mut self.others);
        [self].into_iter().chain(others)
    }
}

/// Failures of steps that do not depend on each other, which are reported together.
#[derive(Debug, Default)]
pub(crate) struct Failures(Vec<Failure>);

impl Failures {
    /// The value of a step, or None if it has failed.
    pub(crate) fn of<T>(&mut self, step: Result<T, Failure>) -> Option<T> {
        step.map_err(|failure| self.0.push(failure)).ok()
    }

    pub(crate) fn add(&mut self, failures: impl IntoIterator<Item = Failure>) {
        self.0.extend(failures);
    }

    pub(crate) fn are_none(&self) -> bool {
        self.0.is_empty()
    }

    /// The value, which is missing only if a step has failed.
    pub(crate) fn unless_any<T>(self, value: Option<T>) -> Result<T, Failure> {
        Failure::gathered(self.0)?;
        value.ok_or_else(|| Failure::new(Kind::Machine, "a step has failed without a word"))
    }
}

impl IntoIterator for Failures {
    type Item = Failure;
    type IntoIter = std::vec::IntoIter<Failure>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.template {
            Some(template) if !self.names_template => write!(f, "the template `{template}`: {}", self.message),
            _ => f.write_str(&self.message),
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
            Kind::Usage,
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
        assert_eq!(kinds.map(Kind::exit_code), [2, 3, 4, 5, 6, 7, 12, 1, 130, 143]);
    }
}
