//! `.jwt-allauth.toml`: records what a project was rendered from, so that a newer template can be merged into it.

mod read;

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use super::{Fetched, Overlay, Template};
use crate::answers::{self, Answers};
use crate::features::Feature;
use crate::tree::{File, Mode, Origin};

pub(crate) use read::{Origin as TemplateOrigin, SECRET, Stamp};

pub(crate) const PATH: &str = ".jwt-allauth.toml";

const HEADER: &str = "\
# What this project was rendered from: template, answers, and the hash of every file as it was.
# Commit it with the project; it holds no secrets.
";

pub(super) fn file(template: &Template, answers: &Answers, files: &[File]) -> File {
    let mut stamp = Table::new();
    stamp.insert("template".into(), of_template(template).into());
    stamp.insert("answers".into(), of_answers(answers).into());
    stamp.insert("files".into(), of_files(files).into());
    let executable = files.iter().filter(|file| file.mode == Mode::Executable).map(|file| file.path.clone());
    stamp.insert("executable".into(), executable.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().into());
    if let Some(overlay) = &template.overlay {
        stamp.insert("overlay".into(), of_overlay(overlay).into());
    }
    if template.overlay.is_some() || template.complete.is_some() {
        stamp.insert("placeholders".into(), of_placeholders(answers).into());
    }
    File {
        path: PATH.into(),
        contents: format!("{HEADER}{stamp}").into_bytes(),
        mode: Mode::Plain,
        origin: Origin::BuiltIn,
    }
}

fn of_template(template: &Template) -> Table {
    let mut table = Table::new();
    table.insert("id".into(), template.id.clone().into());
    table.insert("version".into(), template.version.clone().into());
    let fetched = template.complete.iter().filter_map(|complete| complete.fetched.as_ref());
    table.extend(fetched.flat_map(of_fetched));
    table
}

fn of_answers(answers: &Answers) -> Table {
    let mut table = Table::new();
    table.insert("name".into(), answers.name.to_string().into());
    if let Some(email) = answers.email {
        table.insert("email".into(), email.into());
    }
    if let Some(database) = answers.database {
        table.insert("database".into(), database.to_string().into());
    }
    if let Some(algorithm) = answers.algorithm {
        table.insert("algorithm".into(), algorithm.to_string().into());
    }
    if !answers.features.is_empty() {
        let features: Vec<String> = answers.features.iter().map(Feature::to_string).collect();
        table.insert("with".into(), features.into());
    }
    table
}

/// Without its path: a local directory means nothing on another machine.
fn of_overlay(overlay: &Overlay) -> Table {
    let mut table = Table::new();
    table.insert("name".into(), overlay.name.clone().into());
    table.insert("hash".into(), overlay.hash.clone().into());
    if let Some(version) = &overlay.version {
        table.insert("version".into(), version.clone().into());
    }
    if let Some(directory) =
        overlay.directory.as_ref().filter(|name| **name != overlay.name && overlay.fetched.is_none())
    {
        table.insert("directory".into(), directory.clone().into());
    }
    if overlay.is_embedded {
        table.insert("source".into(), overlay.name.clone().into());
    }
    table.extend(overlay.fetched.iter().flat_map(of_fetched));
    table
}

fn of_fetched(fetched: &Fetched) -> [(String, Value); 2] {
    [("source", &fetched.repository), ("commit", &fetched.commit)]
        .map(|(key, text)| (key.to_owned(), text.clone().into()))
}

/// In the form of the stamp.
pub(crate) fn of_placeholders(answers: &Answers) -> Table {
    let toml = |value: &answers::Value| match value {
        answers::Value::Bool(value) => Value::Boolean(*value),
        answers::Value::Text(text) => Value::String(text.clone()),
        answers::Value::List(texts) => texts.clone().into(),
    };
    answers.placeholders.iter().map(|(name, value)| (name.clone(), toml(value))).collect()
}

/// Secrets differ between two renders of the same answers, so they have no hash.
fn of_files(files: &[File]) -> Table {
    let hash = |file: &File| {
        if file.is_secret() { SECRET.to_owned() } else { file.hash() }
    };
    // Sorted here, because another crate may enable the library's insertion order.
    let hashes: BTreeMap<&str, String> = files.iter().map(|file| (file.path.as_str(), hash(file))).collect();
    hashes.into_iter().map(|(path, hash)| (path.to_owned(), Value::String(hash))).collect()
}
