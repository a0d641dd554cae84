//! Everything a render needs to know, complete by construction.

use std::fmt;

use clap::ValueEnum;

use crate::failure::{Failure, Kind};
use crate::names::ProjectName;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Database {
    #[default]
    Sqlite,
    #[value(alias = "postgresql")]
    Postgres,
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        })
    }
}

/// What the command line, and after it the person at the terminal, have said so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    pub(crate) name: Option<String>,
    pub(crate) email: Option<bool>,
    pub(crate) database: Option<Database>,
}

#[derive(Debug, Clone)]
pub(crate) struct Answers {
    pub(crate) name: ProjectName,
    pub(crate) email: bool,
    pub(crate) database: Database,
}

impl Answers {
    /// `taken` are the crates of the template, whose names a project cannot have.
    pub(crate) fn complete(given: &Given, taken: &[&str]) -> Result<Self, Failure> {
        let Some(name) = &given.name else {
            return Err(missing(given));
        };
        Ok(Self {
            name: ProjectName::parse(name, taken)?,
            email: given.email.unwrap_or_default(),
            database: given.database.unwrap_or_default(),
        })
    }
}

fn missing(given: &Given) -> Failure {
    let mut failure = Failure::new(Kind::Missing, "answers are missing, and there is nobody to ask")
        .hint("NAME: the project's name, as in `jwt-allauth startproject myproject`");
    if given.email.is_none() {
        failure = failure.hint("--email[=BOOL]: registration by verified e-mail address (default: false)");
    }
    if given.database.is_none() {
        failure = failure.hint("--database sqlite|postgres (default: sqlite)");
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_missing_answers_are_listed_at_once_with_their_flags() {
        let failure = Answers::complete(&Given::default(), &[]).unwrap_err();
        assert_eq!(failure.kind, Kind::Missing);
        let hints = failure.hints.join("\n");
        for flag in ["NAME", "--email", "--database"] {
            assert!(hints.contains(flag), "{hints}");
        }
    }

    #[test]
    fn what_was_given_is_not_listed_as_missing() {
        let given = Given { email: Some(true), database: Some(Database::Postgres), ..Given::default() };
        let failure = Answers::complete(&given, &[]).unwrap_err();
        assert_eq!(failure.hints.len(), 1);
    }

    #[test]
    fn a_name_is_enough() {
        let given = Given { name: Some("myproject".into()), ..Given::default() };
        let answers = Answers::complete(&given, &[]).unwrap();
        assert!(!answers.email);
        assert_eq!(answers.database, Database::Sqlite);
    }
}
