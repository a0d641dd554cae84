//! Reads the stamp of a project, which may have been damaged.

use std::collections::{BTreeMap, BTreeSet};

use clap::ValueEnum;
use toml::{Table, Value};

use super::PATH;
use crate::answers::{Algorithm, Database};
use crate::failure::{Failure, Kind};
use crate::features::{self, Feature};
use crate::template::embedded::BUILT_IN;
use crate::template::page::Page;
use crate::template::walk;
use crate::version::Version;

/// Stands in place of a hash, for a file with secrets.
pub(crate) const SECRET: &str = "secret";

/// What a project was rendered from.
#[derive(Debug)]
pub(crate) struct Stamp {
    /// The program's version, for the built-in project and overlays.
    pub(crate) version: Option<Version>,
    /// The hash of a complete template.
    pub(crate) template_hash: Option<String>,
    pub(crate) name: String,
    pub(crate) email: Option<bool>,
    pub(crate) database: Option<Database>,
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) features: Vec<Feature>,
    pub(crate) placeholders: Table,
    pub(crate) origin: Origin,
    /// The hash of each rendered file; `secret` for files with secrets.
    pub(crate) files: BTreeMap<String, String>,
    /// The files that were executable.
    executable: BTreeSet<String>,
}

/// Where the template can be found again.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Only in the program.
    BuiltIn,
    /// A value of `--template` that is valid on any machine.
    Location(String),
    /// A local directory, which may have moved: its own name and the template's.
    Directory { directory: String, template: String },
}

impl Stamp {
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let parsed = Page { name: PATH, text }.parse().map(drop);
        let page: Table =
            parsed.and_then(|()| text.parse().map_err(|_| damaged("it is no TOML"))).map_err(|failure| {
                // Nobody writes it by hand.
                Failure { hints: vec![remedy()], ..failure }
            })?;
        let template = table(&page, "template")?;
        let answers = table(&page, "answers")?;
        let (id, version) = (text_of(template, "id")?, text_of(template, "version")?);
        let is_ours = id == BUILT_IN;
        let template_hash = (!is_ours).then(|| version.clone());
        let version = is_ours.then(|| version.parse().map_err(|()| damaged("`template.version` is not one")));
        Ok(Self {
            version: version.transpose()?,
            template_hash,
            name: text_of(answers, "name")?,
            email: answers.get("email").map(|email| email.as_bool().ok_or_else(no_answers)).transpose()?,
            database: answers.get("database").map(one_of).transpose()?,
            algorithm: answers.get("algorithm").map(one_of).transpose()?,
            features: answers.get("with").map_or(Ok(Vec::new()), features)?,
            placeholders: page.get("placeholders").and_then(Value::as_table).cloned().unwrap_or_default(),
            origin: origin(&page, template, &id),
            files: table(&page, "files")?.iter().map(file).collect::<Result<_, _>>()?,
            executable: page.get("executable").map_or(Ok(BTreeSet::new()), executable)?,
        })
    }

    pub(crate) fn hash(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Whether a rendered file was executable.
    pub(crate) fn is_executable(&self, path: &str) -> Option<bool> {
        self.files.get(path).map(|_| self.executable.contains(path))
    }
}

fn origin(page: &Table, template: &Table, id: &str) -> Origin {
    let overlay = page.get("overlay").and_then(Value::as_table);
    let laid = if id == BUILT_IN { overlay } else { Some(template) };
    let Some(laid) = laid else { return Origin::BuiltIn };
    let text = |key| laid.get(key).and_then(Value::as_str);
    if let Some(source) = text("source") {
        return Origin::Location(source.to_owned());
    }
    let template = text("name").unwrap_or(id).to_owned();
    let directory = text("directory").map_or_else(|| template.clone(), str::to_owned);
    Origin::Directory { directory, template }
}

fn one_of<A: ValueEnum>(value: &Value) -> Result<A, Failure> {
    value.as_str().and_then(|text| A::from_str(text, false).ok()).ok_or_else(no_answers)
}

fn features(value: &Value) -> Result<Vec<Feature>, Failure> {
    let texts = value.as_array().and_then(|texts| texts.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
    features::parse(texts.ok_or_else(no_answers)?).map_err(|_| no_answers())
}

/// Paths in a stamp must not lead out of the project, since updates write to them.
fn file((path, hash): (&String, &Value)) -> Result<(String, String), Failure> {
    let is_inside = !path.is_empty() && walk::is_inside(path) && !path.split('/').any(|part| part == "..");
    let is_theirs = path.split('/').next() == Some(".git");
    match hash.as_str() {
        Some(hash) if is_inside && !is_theirs => Ok((path.clone(), hash.to_owned())),
        Some(_) => Err(damaged(&format!("`{path}` is not a file of a project"))),
        None => Err(damaged(&format!("`{path}` has no hash"))),
    }
}

fn executable(value: &Value) -> Result<BTreeSet<String>, Failure> {
    let paths = value.as_array().map(|paths| paths.iter().map(|path| path.as_str().map(str::to_owned)));
    paths.and_then(Iterator::collect).ok_or_else(|| damaged("`executable` is not a list of files"))
}

fn table<'p>(page: &'p Table, name: &str) -> Result<&'p Table, Failure> {
    page.get(name).and_then(Value::as_table).ok_or_else(|| damaged(&format!("it has no table `[{name}]`")))
}

fn text_of(table: &Table, key: &str) -> Result<String, Failure> {
    table.get(key).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| damaged(&format!("it has no `{key}`")))
}

fn no_answers() -> Failure {
    damaged("its answers are none that could be given")
}

fn damaged(why: &str) -> Failure {
    Failure::new(Kind::Template, format!("`{PATH}` cannot be used: {why}")).hint(remedy())
}

fn remedy() -> String {
    format!("take it from the project's history: `git checkout HEAD -- {PATH}`")
}
