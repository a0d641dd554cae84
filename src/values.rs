//! Answers to a template's questions from the command line, a file and the environment, in this order of precedence.

use std::env;
use std::fs;
use std::path::Path;

use toml::{Table, Value as Toml};

use crate::answers::Value;
use crate::failure::{Failure, Kind};
use crate::near;
use crate::template::{Placeholder, Template, tags};

const VARIABLES: [&str; 2] = ["JWT_ALLAUTH_VALUE_", "CARGO_GENERATE_VALUE_"];
const TABLE: &str = "values";
const FORM: &str = "write it as `[values]` and below it `key = \"value\"`";
/// How templates call the project's name, which is no answer.
const NAMES: [&str; 2] = ["project-name", "project_name"];

#[derive(Debug, Clone, Default)]
pub(crate) struct Values {
    defined: Vec<(String, String)>,
    file: Option<(String, Table)>,
    /// The values that the project was rendered with.
    recorded: Table,
}

/// An answer as given, and its source.
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) origin: String,
}

impl Values {
    pub(crate) fn of(defined: Vec<(String, String)>, file: Option<&Path>) -> Result<Self, Failure> {
        let file = file.map(|path| Ok::<_, Failure>((path.display().to_string(), read(path)?))).transpose()?;
        Ok(Self { defined, file, recorded: Table::new() })
    }

    /// Values recorded in the stamp apply unless `-d` or a file sets others.
    pub(crate) fn recalling(self, recorded: Table) -> Self {
        Self { recorded, ..self }
    }

    pub(crate) fn define(&mut self, name: &str, text: &str) {
        self.defined.push((name.to_owned(), text.to_owned()));
    }

    /// The environment is read with the prefixes of this program and of cargo-generate.
    pub(crate) fn get(&self, name: &str) -> Option<Said> {
        let defined = self.defined.iter().rev().find(|(key, _)| key == name);
        let defined = defined.map(|(_, text)| Said { text: text.clone(), origin: "-d".into() });
        let filed = || {
            let (path, table) = self.file.as_ref()?;
            Some(Said { text: scalar(table.get(name)?), origin: path.clone() })
        };
        let recalled = || {
            let text = scalar(self.recorded.get(name)?);
            Some(Said { text, origin: "when the project was rendered".into() })
        };
        defined
            .or_else(filed)
            .or_else(recalled)
            .or_else(|| VARIABLES.iter().find_map(|prefix| in_environment(prefix, name)))
    }

    /// Every value given by flag, file or stamp, asked for or not.
    pub(crate) fn unasked(&self) -> impl Iterator<Item = (String, Value)> {
        let defined = self.defined.iter().rev().map(|(name, text)| (name.clone(), Value::Text(text.clone())));
        let file = self.file.iter().flat_map(|(_, table)| table).chain(&self.recorded);
        defined.chain(file.map(|(name, value)| {
            (name.clone(), value.as_bool().map_or_else(|| Value::Text(scalar(value)), Value::Bool))
        }))
    }

    /// What a file says and the template does not ask: a warning, since a file may serve several templates.
    pub(crate) fn without_effect(&self, template: &Template, asked: &[Placeholder]) -> Vec<String> {
        let names: Vec<&str> = asked.iter().map(|placeholder| placeholder.name.as_str()).collect();
        let Some((path, table)) = &self.file else { return Vec::new() };
        let unused = table.keys().filter(|key| !names.contains(&key.as_str()) && !template.mentions(key));
        let said = unused.map(|key| {
            let near = near::nearest(key, names.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
            format!("`{key}` in `{path}` answers no question of the template{}", near.unwrap_or_default())
        });
        said.collect()
    }

    /// Refuses only unused `-d` values: files and the environment may serve several templates.
    pub(crate) fn check(&self, template: &Template, asked: &[Placeholder]) -> Result<(), Failure> {
        let names: Vec<&str> = asked.iter().map(|placeholder| placeholder.name.as_str()).collect();
        let unused = self.defined.iter().map(|(key, _)| key);
        let is_name = |key: &str| NAMES.contains(&key);
        let unused = unused.filter(|key| !names.contains(&key.as_str()) && (is_name(key) || !template.mentions(key)));
        Failure::gathered(unused.map(|key| {
            if is_name(key) {
                return Failure::new(Kind::Answer, format!("`-d {key}` has no effect: the project's name is NAME"))
                    .hint("write it as in `jwt-allauth startproject myproject`");
            }
            let none = if names.is_empty() { ": none is asked" } else { " of the template" };
            let failure = Failure::new(Kind::Answer, format!("`-d {key}` answers no question{none}"));
            let failure = match near::nearest(key, names.iter().copied()) {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure,
            };
            if !names.is_empty() {
                failure.hint(format!("it asks for {}", names.join(", ")))
            } else if template.is_complete() {
                failure.hint(format!("neither a file nor a script of the template mentions `{key}`"))
            } else {
                failure.hint("a template asks with the table `[placeholders]` of its `jwt-allauth.toml`")
            }
        }))
    }
}

fn read(path: &Path) -> Result<Table, Failure> {
    let name = path.display();
    let refused = |why: &str| Failure::new(Kind::Answer, format!("the values file `{name}` cannot be used: {why}"));
    let text = fs::read_to_string(path).map_err(|error| {
        refused(&error.to_string()).hint("name a text file that you may read").placed(&name.to_string(), None)
    })?;
    let page: Table = text.parse().map_err(|error: toml::de::Error| {
        let (line, column) = tags::position(&text, error.span().map_or(0, |span| span.start.min(text.len())));
        let why = error.message().lines().collect::<Vec<_>>().join("; ");
        refused(&format!("{line}:{column}: {why}")).hint(FORM).placed(&name.to_string(), Some((line, column)))
    })?;
    match page.get(TABLE) {
        Some(Toml::Table(values)) => Ok(values.clone()),
        _ => Err(refused("it has no table `[values]`").hint(FORM).placed(&name.to_string(), None)),
    }
}

/// Shells cannot export a name with a dash.
fn in_environment(prefix: &str, name: &str) -> Option<Said> {
    let variable = format!("{prefix}{}", name.replace('-', "_").to_ascii_uppercase());
    env::var(&variable).ok().map(|text| Said { text, origin: variable })
}

fn scalar(value: &Toml) -> String {
    match value {
        Toml::String(text) => text.clone(),
        Toml::Array(items) => items.iter().map(scalar).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}
