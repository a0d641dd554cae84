//! Decides the kind of a template directory. Where it is ambiguous, guessing could silently render the wrong one.

use std::path::Path;

use walkdir::{DirEntry, WalkDir};

use super::complete::{Complete, config};
use super::description::Kind;
use super::overlay::manifest;
use super::source::{Form, MANIFEST, Source};
use super::tags;
use crate::failure::{self, Failure};
use crate::platform::slashed;

/// Deeper directories belong to a template's content.
const MAX_DEPTH: usize = 4;
/// Number of choices listed in an error; larger repositories have a README.
const LISTED: usize = 20;
/// Variables of cargo-generate that no overlay has.
const THEIRS: [&str; 5] = ["authors", "crate_type", "os-arch", "project-name", "username"];

/// Whether a directory is an overlay or a complete template. `named` is the user's name for it, `joint` the separator
/// before a folder of it.
pub(super) fn of(directory: &Path, named: &str, joint: &str) -> Result<Kind, Failure> {
    if Complete::is_in(directory) {
        return Ok(Kind::Complete);
    }
    if directory.join(manifest::PATH).symlink_metadata().is_ok() {
        return Ok(Kind::Overlay);
    }
    let folders = complete_below(directory);
    if folders.is_empty() {
        return Ok(Kind::Overlay);
    }
    let message = match &folders[..] {
        [one] => format!("the template `{named}` is no template itself, but holds one: {one}"),
        _ => format!("the template `{named}` is a choice of {}: {}", folders.len(), folders.join(", ")),
    };
    let failure = Failure::new(failure::Kind::Missing, message);
    let failure = folders
        .iter()
        .take(LISTED)
        .fold(failure, |failure, folder| failure.hint(format!("--template {named}{joint}{folder}")));
    Err(failure.hint(format!("an empty `{}` at its top makes an overlay of it", manifest::PATH)))
}

/// Refuses a manifest written for cargo-generate: without that tool's settings it would not be rendered.
pub(super) fn is_an_overlay(sources: &[Source]) -> Result<(), Failure> {
    let manifest = sources.iter().find(|source| source.path == MANIFEST && source.form != Form::Link);
    let Some(text) = manifest.and_then(Source::text) else { return Ok(()) };
    let tags = tags::tags(text);
    let Some((tag, name)) = tags.iter().find_map(|tag| Some((tag, tag.uses().find(|name| THEIRS.contains(name))?)))
    else {
        return Ok(());
    };
    let message = format!("`{{{{{name}}}}}` is a variable of cargo-generate's");
    Err(Failure::at(MANIFEST, Some(tags::position(text, tag.offset)), &message)
        .hint(format!("put an empty `{}` beside it to have all rendered as a complete template", config::FILE)))
}

fn complete_below(directory: &Path) -> Vec<String> {
    let is_theirs = |entry: &DirEntry| entry.file_name() != ".git" && !entry.path().join("CACHEDIR.TAG").exists();
    let walk = WalkDir::new(directory).min_depth(1).max_depth(MAX_DEPTH).sort_by_file_name();
    let found = walk.into_iter().filter_entry(is_theirs).flatten();
    let found = found.filter(|entry| entry.file_type().is_file() && entry.file_name() == config::FILE);
    let folder = |entry: DirEntry| Some(slashed(entry.path().parent()?.strip_prefix(directory).ok()?)?.into_owned());
    let mut folders: Vec<String> = found.filter_map(folder).collect();
    folders.sort();
    folders
}
