//! Everything a render needs to know, complete by construction.

use std::collections::BTreeMap;
use std::fmt;

use clap::ValueEnum;

use crate::failure::{Failure, Kind};
use crate::names::ProjectName;
use crate::template::Placeholder;
use crate::values::Values;

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

/// An answer to a question of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Bool(bool),
    Text(String),
}

/// What the command line, and after it the person at the terminal, have said so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    pub(crate) name: Option<String>,
    pub(crate) email: Option<bool>,
    pub(crate) database: Option<Database>,
    pub(crate) template: Option<String>,
    /// To the questions of the template, each valid.
    pub(crate) placeholders: BTreeMap<String, Value>,
}

#[derive(Debug, Clone)]
pub(crate) struct Answers {
    pub(crate) name: ProjectName,
    pub(crate) email: bool,
    pub(crate) database: Database,
    pub(crate) placeholders: BTreeMap<String, Value>,
}

impl Given {
    /// With what was said to the template's questions before anybody is asked.
    pub(crate) fn with(mut self, values: &Values, placeholders: &[Placeholder]) -> Result<Self, Failure> {
        values.check(placeholders)?;
        for placeholder in placeholders {
            let Some(given) = values.get(&placeholder.name) else { continue };
            let (name, origin) = (&placeholder.name, &given.origin);
            let value = placeholder.parse(&given.text).map_err(|why| {
                Failure::new(
                    Kind::Answer,
                    format!("the answer `{}` to `{name}` ({origin}) is not valid: {why}", given.text),
                )
                .hint(placeholder.usage())
            })?;
            self.placeholders.insert(name.clone(), value);
        }
        Ok(self)
    }
}

impl Answers {
    /// `taken` are the crates of the template, whose names a project cannot have; `placeholders` what it asks.
    pub(crate) fn complete(given: &Given, taken: &[&str], placeholders: &[Placeholder]) -> Result<Self, Failure> {
        let answered = placeholders.iter().filter_map(|placeholder| {
            let value = given.placeholders.get(&placeholder.name).or(placeholder.default.as_ref())?;
            Some((placeholder.name.clone(), value.clone()))
        });
        let answered: BTreeMap<String, Value> = answered.collect();
        let Some(name) = given.name.as_ref().filter(|_| answered.len() == placeholders.len()) else {
            let open = placeholders.iter().filter(|placeholder| !answered.contains_key(&placeholder.name));
            return Err(missing(given, open));
        };
        Ok(Self {
            name: ProjectName::parse(name, taken)?,
            email: given.email.unwrap_or_default(),
            database: given.database.unwrap_or_default(),
            placeholders: answered,
        })
    }
}

fn missing<'p>(given: &Given, open: impl Iterator<Item = &'p Placeholder>) -> Failure {
    let mut hints = Vec::new();
    if given.name.is_none() {
        hints.push("NAME: the project's name, as in `jwt-allauth startproject myproject`".to_owned());
        if given.email.is_none() {
            hints.push("--email[=BOOL]: registration by verified e-mail address (default: false)".to_owned());
        }
        if given.database.is_none() {
            hints.push("--database sqlite|postgres (default: sqlite)".to_owned());
        }
    }
    hints.extend(open.map(Placeholder::usage));
    let failure = Failure::new(Kind::Missing, "answers are missing, and there is nobody to ask");
    hints.into_iter().fold(failure, Failure::hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_missing_answers_are_listed_at_once_with_their_flags() {
        let failure = Answers::complete(&Given::default(), &[], &[]).unwrap_err();
        assert_eq!(failure.kind, Kind::Missing);
        let hints = failure.hints.join("\n");
        for flag in ["NAME", "--email", "--database"] {
            assert!(hints.contains(flag), "{hints}");
        }
    }

    #[test]
    fn what_was_given_is_not_listed_as_missing() {
        let given = Given { email: Some(true), database: Some(Database::Postgres), ..Given::default() };
        let failure = Answers::complete(&given, &[], &[]).unwrap_err();
        assert_eq!(failure.hints.len(), 1);
    }

    #[test]
    fn a_name_is_enough() {
        let given = Given { name: Some("myproject".into()), ..Given::default() };
        let answers = Answers::complete(&given, &[], &[]).unwrap();
        assert!(!answers.email);
        assert_eq!(answers.database, Database::Sqlite);
    }
}
