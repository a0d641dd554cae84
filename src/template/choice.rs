//! Decides the kind of a template directory. Where it is ambiguous, guessing could silently render the wrong one.

use std::path::Path;

use walkdir::{DirEntry, WalkDir};

use super::complete::{Complete, config};
use super::description::Kind;
use super::overlay::manifest;
use super::source::{MANIFEST, Source};
use super::{tags, theirs};
use crate::failure::{self, Failure};
use crate::platform::slashed;

/// Deeper directories belong to a template's content.
const MAX_DEPTH: usize = 4;
/// More files and directories are not looked at: no template has so many.
const MOST: usize = 20_000;
/// Number of choices listed in an error; larger repositories have a README.
const LISTED: usize = 20;
/// What makes a directory a template.
const MANIFESTS: [&str; 2] = [config::FILE, manifest::PATH];

/// How the user names a template.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    /// What is written before the name: a flag or a command.
    pub(super) by: &'a str,
    pub(super) name: &'a str,
    /// The separator before a folder of it.
    pub(super) joint: &'a str,
}

/// Whether a directory is an overlay or a complete template.
pub(super) fn of(directory: &Path, named: Named) -> Result<Kind, Failure> {
    if Complete::is_in(directory) {
        return Ok(Kind::Complete);
    }
    if has_manifest(directory) {
        return Ok(Kind::Overlay);
    }
    let folders = below(directory);
    if folders.is_empty() {
        return Ok(Kind::Overlay);
    }
    let Named { by, name, joint } = named;
    let message = match &folders[..] {
        [one] => format!("the template `{name}` is no template itself, but holds one: {one}"),
        _ => format!("the template `{name}` is a choice of {}: {}", folders.len(), folders.join(", ")),
    };
    let failure = Failure::new(failure::Kind::Missing, message).naming_template();
    let failure = folders
        .iter()
        .take(LISTED)
        .fold(failure, |failure, folder| failure.hint(format!("{by} {name}{joint}{folder}")));
    Err(failure.hint(format!("an empty `{}` at its top makes an overlay of it", manifest::PATH)))
}

/// Refuses files written for cargo-generate: without that tool's settings they would not be rendered. With a manifest of
/// ours, only `Cargo.toml` has to be free of them.
pub(super) fn is_an_overlay(directory: &Path, sources: &[Source]) -> Result<(), Failure> {
    let is_said = has_manifest(directory);
    let judged = sources.iter().filter(|source| !is_said || source.path == MANIFEST);
    Failure::gathered(judged.filter_map(|source| {
        let found = theirs::first(source)?;
        let position = found.offset.zip(source.text()).map(|(offset, text)| tags::position(text, offset));
        let message = format!("`{{{{{}}}}}` is a variable of cargo-generate's", found.name);
        let failure = Failure::at(&source.path, position, &message).hint(theirs::remedy(source, &found));
        Some(if is_said {
            failure
        } else {
            failure.hint(format!("if it is to stay as it is, an empty `{}` makes an overlay of it", manifest::PATH))
        })
    }))
}

/// The folders of a directory that are templates.
pub(super) fn below(directory: &Path) -> Vec<String> {
    let is_theirs = |entry: &DirEntry| entry.file_name() != ".git" && !entry.path().join("CACHEDIR.TAG").exists();
    let walk = WalkDir::new(directory).min_depth(1).max_depth(MAX_DEPTH).sort_by_file_name();
    let found = walk.into_iter().filter_entry(is_theirs).flatten().take(MOST);
    let is_manifest = |entry: &DirEntry| MANIFESTS.iter().any(|name| entry.file_name() == *name);
    let found = found.filter(|entry| entry.file_type().is_file() && is_manifest(entry));
    let folder = |entry: DirEntry| Some(slashed(entry.path().parent()?.strip_prefix(directory).ok()?)?.into_owned());
    let mut folders: Vec<String> = found.filter_map(folder).filter(|folder| !folder.is_empty()).collect();
    folders.sort();
    folders.dedup();
    folders
}

/// Says which folders there are instead of the one that is not: the templates, else the directories.
pub(super) fn there_is(directory: &Path, name: &str) -> String {
    let mut folders = below(directory);
    if folders.is_empty() {
        let walk = WalkDir::new(directory).min_depth(1).max_depth(1).sort_by_file_name().into_iter().flatten();
        let directories = walk.filter(|entry| entry.file_type().is_dir() && entry.file_name() != ".git");
        folders = directories.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    }
    let more = folders.len().saturating_sub(LISTED);
    folders.truncate(LISTED);
    match (&folders[..], more) {
        ([], _) => format!("`{name}` holds no folders"),
        (_, 0) => format!("the folders in `{name}` are {}", folders.join(", ")),
        (_, more) => format!("the folders in `{name}` are {}, and {more} more", folders.join(", ")),
    }
}

fn has_manifest(directory: &Path) -> bool {
    directory.join(manifest::PATH).symlink_metadata().is_ok()
}
