//! Final checks before anything is written, for mistakes that would otherwise appear in a failing build.

use saphyr_parser::{Parser, ScanError};

use super::source::{MANIFEST, Source};
use super::{lenient, tags};
use crate::answers::Answers;
use crate::failure::Failure;
use crate::secrets::{self, Secrets};
use crate::tree::{File, Mode, Origin, Tree};

/// Returns warnings, or all errors at once.
pub(super) fn project(
    tree: &Tree,
    sources: &[Source],
    answers: &Answers,
    secrets: &Secrets,
) -> Result<Vec<String>, Failure> {
    let theirs: Vec<&Source> = sources.iter().filter(|source| source.origin != Origin::BuiltIn).collect();
    let (mut failures, warnings) = files(tree, &theirs, secrets);
    failures.extend(manifest_carries_the_name(tree, answers.name.as_str()).err());
    Failure::gathered(failures).map(|()| warnings)
}

/// Checks a complete template: its contents are the author's, but its files must parse.
pub(super) fn complete(tree: &Tree, sources: &[Source], secrets: &Secrets) -> Result<Vec<String>, Failure> {
    let (failures, warnings) = files(tree, &sources.iter().collect::<Vec<_>>(), secrets);
    Failure::gathered(failures).map(|()| warnings)
}

fn files(tree: &Tree, theirs: &[&Source], secrets: &Secrets) -> (Vec<Failure>, Vec<String>) {
    let (mut failures, mut warnings) = (Vec::new(), Vec::new());
    for file in tree.files() {
        failures.extend(hides_secrets(file, secrets).err());
        let Err(failure) = parses(file) else { continue };
        // A file that was copied unchanged is as its author wants it.
        let is_same = |source: &&&Source| !source.is_rendered() && source.contents[..] == file.contents[..];
        let is_copied = theirs.iter().any(|source| is_same(&source));
        let is_theirs =
            is_copied || theirs.iter().any(|source| source.target() == file.path) || file.origin != Origin::BuiltIn;
        if is_theirs && lenient::is_readable(&file.path, &String::from_utf8_lossy(&file.contents)) {
            continue;
        }
        if is_copied {
            warnings.push(format!("{} (copied as it is)", failure.message));
        } else {
            failures.push(failure);
        }
    }
    (failures, warnings)
}

/// Finds a tag of ours that is left after rendering, as nested or quoted tags are.
pub(super) fn no_tag_is_left(path: &str, text: &str, variables: &[&str]) -> Result<(), Failure> {
    let left = tags::tags(text).into_iter().find(|tag| tag.uses().any(|name| variables.contains(&name)));
    let Some(tag) = left else { return Ok(()) };
    let (line, column) = tags::position(text, tag.offset);
    Err(Failure::at(path, Some((line, column)), &format!("a tag is left over: `{}`", tag.text.trim())))
}

/// The parse error of a file, if any.
pub(crate) fn complaint(file: &File) -> Option<String> {
    parses(file).err().map(|failure| failure.message)
}

fn parses(file: &File) -> Result<(), Failure> {
    if file.mode == Mode::Link {
        return Ok(());
    }
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    let Some(parse) = parser_of(name, extension) else {
        return Ok(());
    };
    let text = std::str::from_utf8(&file.contents).map_err(|error| error.to_string());
    text.and_then(parse).map_err(|error| Failure::at(&file.path, None, error.trim()))
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
        return Err(Failure::at(&file.path, None, "a secret has no place here, only in `.env` and under `keys/`"));
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
    Err(Failure::at(MANIFEST, None, &format!("the package has to be called `{name}`")))
}
