//! The answers that a render needs. A value of [`Answers`] is always complete.

use std::collections::BTreeMap;
use std::fmt;

use clap::ValueEnum;

use crate::failure::{Failure, Kind};
use crate::features::Feature;
use crate::names::ProjectName;
use crate::template::{Placeholder, Template, variables};
use crate::values::{Said, Values};

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

/// Algorithm of the first signing key, and `tokens.algorithm` in the settings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Algorithm {
    #[default]
    #[value(name = "EdDSA")]
    EdDsa,
    #[value(name = "ES256")]
    Es256,
    #[value(name = "RS256")]
    Rs256,
    #[value(name = "HS256")]
    Hs256,
}

impl Algorithm {
    pub(crate) const ALL: [Self; 4] = [Self::EdDsa, Self::Es256, Self::Rs256, Self::Hs256];
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::Hs256 => "HS256",
        })
    }
}

/// An answer to a question of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Bool(bool),
    Text(String),
    List(Vec<String>),
}

impl Value {
    /// Separates the items of a list, on the command line and in cargo-generate.
    pub(crate) const SEPARATOR: char = ',';
}

/// In the form used on the command line.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::List(texts) => f.write_str(&texts.join(&Self::SEPARATOR.to_string())),
        }
    }
}

/// Answers so far, from the command line and then from prompts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    pub(crate) name: Option<String>,
    pub(crate) email: Option<bool>,
    pub(crate) database: Option<Database>,
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) features: Vec<Feature>,
    /// Valid answers to the template's questions.
    pub(crate) placeholders: BTreeMap<String, Value>,
}

#[derive(Debug, Clone)]
pub(crate) struct Answers {
    pub(crate) name: ProjectName,
    /// None if the template does not use it.
    pub(crate) email: Option<bool>,
    /// See `email`.
    pub(crate) database: Option<Database>,
    /// See `email`.
    pub(crate) algorithm: Option<Algorithm>,
    /// Those that the project does not have are without effect.
    pub(crate) features: Vec<Feature>,
    pub(crate) placeholders: BTreeMap<String, Value>,
}

impl Given {
    /// Takes the answers given by flags, file and environment, before any prompt.
    pub(crate) fn take(&mut self, values: &Values, template: &Template) -> Result<(), Failure> {
        let mut refused: BTreeMap<String, Failure> = BTreeMap::new();
        while let Some((placeholder, said)) = self.said(values, template, &refused) {
            match placeholder.parse(&said.text) {
                Ok(value) => drop(self.placeholders.insert(placeholder.name, value)),
                Err(why) => {
                    let (name, text, origin) = (&placeholder.name, &said.text, &said.origin);
                    let message = format!("the answer `{text}` to `{name}` ({origin}) is not valid: {why}");
                    let failure = Failure::new(Kind::Answer, message).hint(placeholder.usage());
                    refused.insert(placeholder.name, failure);
                }
            }
        }
        let unasked = values.check(template, &template.placeholders(&self.placeholders));
        if template.is_complete() {
            for (name, value) in values.unasked().filter(|(name, _)| !refused.contains_key(name)) {
                self.placeholders.entry(name).or_insert(value);
            }
        }
        Failure::gathered(refused.into_values().chain(unasked.err()))
    }

    /// Passes the flags on to a complete template, which may or may not ask the same questions.
    pub(crate) fn leave_to(&mut self, values: &mut Values) {
        let email = self.email.take().map(|email| ("email", email.to_string()));
        let database = self.database.take().map(|database| ("database", database.to_string()));
        let algorithm = self.algorithm.take().map(|algorithm| ("algorithm", algorithm.to_string()));
        email.into_iter().chain(database).chain(algorithm).for_each(|(name, text)| values.define(name, &text));
    }

    /// Refuses a flag that has no effect in this template: it was probably meant for another one.
    pub(crate) fn check(&self, template: &Template) -> Result<(), Failure> {
        let said = [
            ("email", self.email.is_some()),
            ("database", self.database.is_some()),
            ("algorithm", self.algorithm.is_some()),
            ("with", !self.features.is_empty()),
        ];
        let has_effect = |name: &str| match name {
            // Whether it has this one is known when it is rendered.
            "with" => !template.is_complete(),
            name => template.asks(name) || template.mentions(name),
        };
        Failure::gathered(said.into_iter().filter(|(name, said)| *said && !has_effect(name)).map(|(name, _)| {
            Failure::new(Kind::Answer, format!("`--{name}` changes nothing in a project of this template"))
                .hint(format!("leave it out: no file of it depends on `{name}`"))
        }))
    }

    /// What is missing although nothing else was said of it, for the user who has other mistakes to correct.
    pub(crate) fn missing(&self, values: &Values, template: &Template) -> Option<Failure> {
        let placeholders = self.with_defaults(template);
        let asked = template.placeholders(&placeholders);
        let is_open = |open: &&Placeholder| !placeholders.contains_key(&open.name) && values.get(&open.name).is_none();
        let open: Vec<&Placeholder> = asked.iter().filter(is_open).collect();
        (self.name.is_none() || !open.is_empty()).then(|| missing(self, template, &open))
    }

    /// The first unanswered question.
    pub(crate) fn next(&self, template: &Template) -> Option<Placeholder> {
        self.open(template).next()
    }

    fn said(
        &self,
        values: &Values,
        template: &Template,
        refused: &BTreeMap<String, Failure>,
    ) -> Option<(Placeholder, Said)> {
        // The default of one question may enable another that has been answered.
        let with_defaults = self.with_defaults(template);
        let mut open = template
            .placeholders(&with_defaults)
            .into_iter()
            .filter(|open| !self.placeholders.contains_key(&open.name) && !refused.contains_key(&open.name));
        open.find_map(|open| values.get(&open.name).map(|said| (open, said)))
    }

    fn open(&self, template: &Template) -> impl Iterator<Item = Placeholder> {
        template.placeholders(&self.placeholders).into_iter().filter(|open| !self.placeholders.contains_key(&open.name))
    }

    fn with_defaults(&self, template: &Template) -> BTreeMap<String, Value> {
        let mut given = self.clone();
        loop {
            let next = given.open(template).find_map(|open| Some((open.name, open.default?)));
            let Some((name, value)) = next else { return given.placeholders };
            given.placeholders.insert(name, value);
        }
    }
}

impl Answers {
    /// Completes the given answers with the template's defaults.
    pub(crate) fn complete(given: &Given, template: &Template) -> Result<Self, Failure> {
        let placeholders = given.with_defaults(template);
        let asked = template.placeholders(&placeholders);
        let open: Vec<&Placeholder> = asked.iter().filter(|asked| !placeholders.contains_key(&asked.name)).collect();
        let Some(name) = given.name.as_ref().filter(|_| open.is_empty()) else {
            return Err(missing(given, template, &open));
        };
        Ok(Self {
            name: ProjectName::parse(name, &template.crates())?,
            email: template.asks(variables::EMAIL).then(|| given.email.unwrap_or_default()),
            database: template.asks(variables::DATABASE).then(|| given.database.unwrap_or_default()),
            algorithm: template.asks(variables::ALGORITHM).then(|| given.algorithm.unwrap_or_default()),
            features: given.features.clone(),
            placeholders: template.circumstances().into_iter().chain(placeholders).collect(),
        })
    }
}

fn missing(given: &Given, template: &Template, open: &[&Placeholder]) -> Failure {
    let mut hints = Vec::new();
    if given.name.is_none() {
        hints.push("NAME: the project's name, as in `jwt-allauth startproject myproject`".to_owned());
        if given.email.is_none() && template.asks(variables::EMAIL) {
            hints.push("--email[=BOOL]: registration by verified e-mail address (default: false)".to_owned());
        }
        if given.database.is_none() && template.asks(variables::DATABASE) {
            hints.push("--database sqlite|postgres (default: sqlite)".to_owned());
        }
        if given.algorithm.is_none() && template.asks(variables::ALGORITHM) {
            hints.push("--algorithm EdDSA|ES256|RS256|HS256 (default: EdDSA)".to_owned());
        }
        let features = template.features();
        if given.features.is_empty() && !features.is_empty() {
            hints.push(format!("--with FEATURE,…: {} (default: none)", features.join(", ")));
        }
    }
    hints.extend(open.iter().map(|open| open.usage()));
    let failure = Failure::new(Kind::Missing, "answers are missing, and there is nobody to ask");
    hints.into_iter().fold(failure, Failure::hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features;

    #[test]
    fn all_missing_answers_are_listed_at_once_with_their_flags() {
        let failure = Answers::complete(&Given::default(), &Template::built_in()).unwrap_err();
        assert_eq!(failure.kind, Kind::Missing);
        let hints = failure.hints.join("\n");
        for flag in ["NAME", "--email", "--database", "--algorithm", "--with"] {
            assert!(hints.contains(flag), "{hints}");
        }
    }

    #[test]
    fn what_was_given_is_not_listed_as_missing() {
        let given = Given {
            email: Some(true),
            database: Some(Database::Postgres),
            algorithm: Some(Algorithm::Es256),
            features: features::parse(["mfa=required"]).unwrap(),
            ..Given::default()
        };
        let failure = Answers::complete(&given, &Template::built_in()).unwrap_err();
        assert_eq!(failure.hints.len(), 1);
    }

    #[test]
    fn a_name_is_enough() {
        let given = Given { name: Some("myproject".into()), ..Given::default() };
        let answers = Answers::complete(&given, &Template::built_in()).unwrap();
        assert_eq!((answers.email, answers.database), (Some(false), Some(Database::Sqlite)));
        assert_eq!(answers.algorithm, Some(Algorithm::EdDsa));
    }
}
