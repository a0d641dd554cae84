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

#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    pub(crate) message: String,
    pub(crate) hints: Vec<String>,
}

impl Failure {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hints: Vec::new() }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
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
