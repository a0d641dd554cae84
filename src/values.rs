//! Answers to a template's questions from the command line, a file and the environment, in this order.

use std::env;
use std::fs;
use std::path::Path;

use toml::{Table, Value as Toml};

use crate::failure::{Failure, Kind};
use crate::template::Placeholder;

const VARIABLE: &str = "JWT_ALLAUTH_VALUE_";
const TABLE: &str = "values";

#[derive(Debug, Clone, Default)]
pub(crate) struct Values {
    defined: Vec<(String, String)>,
    file: Option<(String, Table)>,
}

/// An answer as it was given, and where.
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) origin: String,
}

impl Values {
    pub(crate) fn of(defined: &[(String, String)], file: Option<&Path>) -> Result<Self, Failure> {
        let file = file.map(|path| Ok::<_, Failure>((path.display().to_string(), read(path)?))).transpose()?;
        Ok(Self { defined: defined.to_vec(), file })
    }

    pub(crate) fn get(&self, name: &str) -> Option<Said> {
        let variable = format!("{VARIABLE}{}", name.to_ascii_uppercase());
        let given = |text: String, origin: &str| Said { text, origin: origin.to_owned() };
        let defined = self.defined.iter().rev().find(|(key, _)| key == name);
        defined
            .map(|(_, text)| given(text.clone(), "-d"))
            .or_else(|| {
                let (path, table) = self.file.as_ref()?;
                Some(given(scalar(table.get(name)?), path))
            })
            .or_else(|| env::var(&variable).ok().map(|text| given(text, &variable)))
    }

    /// One file and one environment may serve many templates, but what is typed is meant for this one.
    pub(crate) fn check(&self, placeholders: &[Placeholder]) -> Result<(), Failure> {
        let names: Vec<&str> = placeholders.iter().map(|placeholder| placeholder.name.as_str()).collect();
        match self.defined.iter().find(|(key, _)| !names.contains(&key.as_str())) {
            None => Ok(()),
            Some((key, _)) if names.is_empty() => {
                Err(Failure::new(Kind::Answer, format!("`-d {key}` answers no question: none is asked"))
                    .hint("a template asks with the table `[placeholders]` of its `jwt-allauth.toml`"))
            }
            Some((key, _)) => {
                Err(Failure::new(Kind::Answer, format!("`-d {key}` answers no question of the template"))
                    .hint(format!("it asks for {}", names.join(", "))))
            }
        }
    }
}

fn read(path: &Path) -> Result<Table, Failure> {
    let name = path.display();
    let refused = |why: String| Failure::new(Kind::Answer, format!("the values file `{name}` cannot be used: {why}"));
    let text = fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
    let page: Table = text.parse().map_err(|error: toml::de::Error| refused(error.to_string().trim().to_owned()))?;
    match page.get(TABLE) {
        Some(Toml::Table(values)) => Ok(values.clone()),
        _ => {
            Err(refused("it has no table `[values]`".into())
                .hint("write it as `[values]` and below it `key = \"value\"`"))
        }
    }
}

fn scalar(value: &Toml) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
