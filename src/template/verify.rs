//! The last look before anything is written: what a person would otherwise find out from a failing build.

use saphyr_parser::{Parser, ScanError};

use super::source::{MANIFEST, Source};
use super::{lenient, tags};
use crate::answers::Answers;
use crate::failure::{Failure, Kind};
use crate::secrets::{self, Secrets};
use crate::tree::{File, Mode, Origin, Tree};

pub(super) fn project(tree: &Tree, sources: &[Source], answers: &Answers, secrets: &Secrets) -> Result<(), Failure> {
    for file in tree.files() {
        parses(file, sources)?;
        hides_secrets(file, secrets)?;
    }
    manifest_carries_the_name(tree, answers.name.as_str())
}

/// Of a template that is its author's alone: what stands in a file is theirs, that it can be read is ours.
pub(super) fn complete(tree: &Tree, secrets: &Secrets) -> Result<(), Failure> {
    for file in tree.files() {
        let parsed = parses(file, &[]);
        if parsed.is_err() && !lenient::is_readable(&file.path, &String::from_utf8_lossy(&file.contents)) {
            return parsed;
        }
        hides_secrets(file, secrets)?;
    }
    Ok(())
}

/// A tag of ours that outlived the rendering, as nested or quoted tags do.
pub(super) fn no_tag_is_left(path: &str, text: &str, variables: &[&str]) -> Result<(), Failure> {
    let left = tags::tags(text).into_iter().find(|tag| tag.uses().any(|name| variables.contains(&name)));
    let Some(tag) = left else { return Ok(()) };
    let (line, column) = tags::position(text, tag.offset);
    Err(invalid(format!("{path}:{line}:{column}: a tag is left over: `{}`", tag.text.trim())))
}

/// What is wrong with a file that a tool would have to read.
pub(crate) fn complaint(file: &File) -> Option<String> {
    parses(file, &[]).err().map(|failure| failure.message)
}

fn parses(file: &File, sources: &[Source]) -> Result<(), Failure> {
    if file.mode == Mode::Link {
        return Ok(());
    }
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    let Some(parse) = parser_of(name, extension) else {
        return Ok(());
    };
    let text = std::str::from_utf8(&file.contents).map_err(|error| error.to_string());
    let outcome = text.clone().and_then(parse);
    let is_theirs = || sources.iter().any(|source| source.path == file.path && source.origin != Origin::BuiltIn);
    match outcome {
        Err(_) if is_theirs() && text.is_ok_and(|text| lenient::is_readable(&file.path, text)) => Ok(()),
        outcome => outcome.map_err(|error| invalid(format!("{}: {}", file.path, error.trim()))),
    }
}

type Parse = fn(&str) -> Result<(), String>;

fn parser_of(name: &str, extension: Option<&str>) -> Option<Parse> {
    match extension {
        _ if name == "Cargo.lock" => Some(toml),
        Some("toml") => Some(toml),
        Some("json") => Some(json),
        Some("yaml" | "yml") => Some(yaml),
        _ => None,
    }
}

fn toml(text: &str) -> Result<(), String> {
    text.parse::<toml::Table>().map(drop).map_err(|error| error.to_string())
}

fn json(text: &str) -> Result<(), String> {
    serde_json::from_str::<serde_json::Value>(text).map(drop).map_err(|error| error.to_string())
}

fn yaml(text: &str) -> Result<(), String> {
    let events: Result<Vec<_>, ScanError> = Parser::new_from_str(text).collect();
    events.map(drop).map_err(|error| error.to_string())
}

fn hides_secrets(file: &File, secrets: &Secrets) -> Result<(), Failure> {
    if !secrets::may_be_in(&file.path) && (file.is_secret() || secrets.appear_in(&file.contents)) {
        return Err(invalid(format!("{}: a secret has no place here, only in `.env` and under `keys/`", file.path)));
    }
    Ok(())
}

fn manifest_carries_the_name(tree: &Tree, name: &str) -> Result<(), Failure> {
    let manifest = tree.get(MANIFEST).and_then(|file| std::str::from_utf8(&file.contents).ok());
    let manifest = manifest.and_then(|text| text.parse::<toml::Table>().ok());
    let found = manifest.as_ref().and_then(|manifest| manifest.get("package")?.get("name")?.as_str());
    if found == Some(name) {
        return Ok(());
    }
    Err(invalid(format!("{MANIFEST}: the package has to be called `{name}`")))
}

fn invalid(message: String) -> Failure {
    Failure::new(Kind::Template, message)
}
