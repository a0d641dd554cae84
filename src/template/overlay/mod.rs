//! A skeleton laid over the built-in project: a file with an existing path replaces it, others are added.
//!
//! It has no `cargo-generate.toml`, unlike a complete template. Files named `*.liquid` are rendered with the project's
//! variables; others are copied with their mode, links as links.

mod keep;
pub(super) mod manifest;

use std::collections::BTreeMap;
use std::path::Path;

use super::fetch::Fetched;
use super::placeholders::Placeholder;
use super::source::{Form, Source};
use super::walk::{self, Whole, refused};
use crate::failure::{Failure, Kind};
use crate::tree::{Origin, Tree};
pub(super) use keep::Keep;
use manifest::Manifest;

#[derive(Debug)]
pub(crate) struct Overlay {
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) placeholders: Vec<Placeholder>,
    /// Patterns of the kept built-in files; None keeps all.
    pub(crate) keep: Option<Vec<String>>,
    pub(crate) fetched: Option<Fetched>,
    /// The name of its directory on this machine, which may differ from the one that its manifest gives.
    pub(crate) directory: Option<String>,
    /// Whether it comes with the program.
    pub(crate) is_embedded: bool,
    /// Hash of all its files, which shows whether the skeleton has changed.
    pub(crate) hash: String,
}

impl Overlay {
    /// Name, version, directory and description, as far as they are given and differ.
    pub(crate) fn title(&self) -> String {
        let version = self.version.iter().map(|version| format!(" {version}"));
        let directory = self.directory.iter().filter(|directory| **directory != self.name);
        let directory = directory.map(|directory| format!(", in the directory `{directory}`"));
        let description = self.description.iter().map(|description| format!(": {description}"));
        [self.name.clone()].into_iter().chain(version).chain(directory).chain(description).collect()
    }
}

/// Reads an overlay, and reports its problems before any prompt or write.
pub(super) fn read(directory: &Path) -> Result<(Overlay, Vec<Source>), Failure> {
    let text = manifest_in(directory)?;
    let manifest = Manifest::parse(&text).map_err(|failure| {
        let left_out = Manifest::left_out_by(&text);
        let others = left_out.and_then(|left_out| walk::read(directory, Whole::Overlay, &left_out).err());
        others.into_iter().fold(failure, Failure::and)
    })?;
    let sources = walk::read(directory, Whole::Overlay, &manifest.left_out())?;
    if sources.is_empty() {
        return Err(Failure::new(Kind::Template, "it holds no files")
            .hint("a file of it takes the place of the built-in project's file of the same path, or is added"));
    }
    let name = name_of(directory);
    Ok((Overlay { directory: Some(name.clone()), ..overlay(&name, manifest, &sources) }, sources))
}

/// The same for files in memory.
pub(super) fn embedded(name: &str, mut sources: Vec<Source>) -> Result<(Overlay, Vec<Source>), Failure> {
    let text = sources.iter().find(|source| source.path == manifest::PATH).and_then(Source::text);
    let manifest = Manifest::parse(text.unwrap_or_default())?;
    let left_out = manifest.left_out();
    sources.retain(|source| !left_out.iter().any(|path| source.path == *path || is_below(&source.path, path)));
    Ok((Overlay { is_embedded: true, ..overlay(name, manifest, &sources) }, sources))
}

fn overlay(name: &str, manifest: Manifest, sources: &[Source]) -> Overlay {
    let files = sources.iter().map(Source::raw).collect();
    Overlay {
        name: manifest.name.unwrap_or_else(|| name.to_owned()),
        version: manifest.version,
        description: manifest.description,
        placeholders: manifest.placeholders,
        keep: manifest.keep,
        fetched: None,
        directory: None,
        is_embedded: false,
        hash: Tree::new(files).hash(),
    }
}

/// The overlay's files with the built-in ones that remain, and the built-in ones that are replaced or left out.
pub(super) fn laid_over(
    below: Vec<Source>,
    above: Vec<Source>,
    keep: &Keep,
) -> Result<(Vec<Source>, Vec<Source>), Failure> {
    let (mut replaced, mut failures) = (Vec::new(), Vec::new());
    let mut merged: BTreeMap<String, Source> =
        below.into_iter().map(|source| (source.target().to_owned(), source)).collect();
    for mut source in above {
        let target = source.target().to_owned();
        source.origin = match merged.remove(&target) {
            None => Origin::Added,
            Some(below) if below.origin == Origin::BuiltIn => {
                replaced.push(below);
                Origin::Replaced
            }
            Some(below) => {
                let why = format!("`{target}` is in the template twice");
                failures.push(refused(&source.path, &why).hint("keep one of the two"));
                below.origin
            }
        };
        merged.insert(target, source);
    }
    let stays = |target: &String, source: &mut Source| source.origin != Origin::BuiltIn || keep.has(target);
    replaced.extend(merged.extract_if(.., |target, source| !stays(target, source)).map(|(_, source)| source));
    for (target, source) in &merged {
        let found = [no_file_is_a_directory(target, source, &merged), leads_somewhere(target, source, &merged)];
        // A file can be in the way of many.
        let is_new = |failure: &Failure| failures.iter().all(|other: &Failure| other.file() != failure.file());
        let found: Vec<Failure> = found.into_iter().filter_map(Result::err).filter(is_new).collect();
        failures.extend(found);
    }
    Failure::gathered(failures)?;
    Ok((merged.into_values().collect(), replaced))
}

fn no_file_is_a_directory(target: &str, source: &Source, all: &BTreeMap<String, Source>) -> Result<(), Failure> {
    let mut parents = target.match_indices('/').map(|(at, _)| &target[..at]);
    let Some(file) = parents.find_map(|parent| all.get(parent)) else { return Ok(()) };
    let (ours, other) = if file.origin == Origin::BuiltIn { (source, file) } else { (file, source) };
    let why = format!("`{}` of the project cannot be beside it", other.target());
    Err(refused(&ours.path, &why).hint("give it another name"))
}

/// Refuses a link without a target: the file was probably forgotten.
fn leads_somewhere(target: &str, source: &Source, all: &BTreeMap<String, Source>) -> Result<(), Failure> {
    if source.form != Form::Link {
        return Ok(());
    }
    let end = end_of(target, &String::from_utf8_lossy(&source.contents));
    let is_directory = end.is_empty() || all.keys().any(|path| is_below(path, &end));
    let is_behind_link = all.iter().any(|(path, other)| other.form == Form::Link && is_below(&end, path));
    if all.contains_key(&end) || is_directory || is_behind_link {
        return Ok(());
    }
    let why = format!("a link to `{end}`, which is not in the project");
    Err(refused(&source.path, &why).hint("add the file that it leads to, or leave the link out"))
}

fn end_of(link: &str, target: &str) -> String {
    let mut parts: Vec<&str> = link.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "" | "." => {}
            name => parts.push(name),
        }
    }
    parts.join("/")
}

fn is_below(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}

/// The text of the manifest; empty if there is none.
fn manifest_in(directory: &Path) -> Result<String, Failure> {
    match walk::text(&directory.join(manifest::PATH)) {
        Ok(text) => Ok(text.unwrap_or_default()),
        Err(error) => Err(refused(manifest::PATH, &error).hint("it has to be a text file that you may read")),
    }
}

pub(super) fn name_of(directory: &Path) -> String {
    directory.file_name().map_or_else(|| "overlay".to_owned(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests;
