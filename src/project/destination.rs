//! Where a project goes, and how existing files there are treated.

use std::collections::BTreeMap;
use std::fs::{self, File as Handle};
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf, absolute};

use anyhow::{Context, Result};

use super::lock::{PATIENCE, lock};
use super::stage;
use super::stale::{self, unreadable};
use crate::cli::IfExists;
use crate::failure::{Failure, Kind};
use crate::platform;
use crate::tree::{File, Mode, Tree};

/// Number of existing files that an error names.
const NAMED: usize = 3;

pub(crate) struct Destination {
    /// As given, for messages and the next steps.
    pub(crate) given: PathBuf,
    path: PathBuf,
}

/// The directory that exists, and the part of the path that must be created in it.
pub(super) enum Site {
    New { anchor: PathBuf, first: PathBuf, inside: PathBuf },
    Existing { root: PathBuf },
}

/// What happens to each file of the tree. A file that already exists with the same contents is in none of these lists.
#[derive(Default)]
pub(crate) struct Plan<'a> {
    pub(crate) place: Vec<&'a File>,
    /// The files of `place` that replace an existing one.
    pub(crate) replaced: Vec<String>,
    pub(crate) kept: Vec<String>,
    pub(crate) removed: Vec<String>,
    /// Hashes of the files to be replaced or removed, as of planning.
    pub(crate) expected: BTreeMap<String, String>,
    /// Whether a replacing file gets the mode of the old one.
    pub(crate) keeps_modes: bool,
    /// Files that become executable, or stop being so, whatever their other mode bits.
    pub(crate) executable: BTreeMap<String, bool>,
    /// The old paths of renamed files, whose modes they keep.
    pub(crate) renamed: BTreeMap<String, String>,
}

impl Site {
    /// The directory that holds the stage, on the destination's file system. It gets locked.
    pub(super) fn anchor(&self) -> &Path {
        match self {
            Self::New { anchor, .. } => anchor,
            Self::Existing { root } => root,
        }
    }

    /// The project's path below the directory that the rename creates.
    pub(super) fn inside(&self) -> &Path {
        match self {
            Self::New { inside, .. } => inside,
            Self::Existing { .. } => Path::new(""),
        }
    }

    pub(super) fn root(&self) -> PathBuf {
        match self {
            Self::New { first, inside, .. } if inside.as_os_str().is_empty() => first.clone(),
            Self::New { first, inside, .. } => first.join(inside),
            Self::Existing { root } => root.clone(),
        }
    }
}

impl Destination {
    pub(crate) fn of(given: PathBuf) -> Result<Self> {
        let path = absolute(&given).with_context(|| format!("`{}` is not a path", given.display()))?;
        Ok(Self { given, path: without_dots(&path) })
    }

    /// Locks the anchor and returns the site as it is then.
    pub(super) fn lock(&self) -> Result<(Site, Option<Handle>)> {
        loop {
            let site = self.site()?;
            let lock = lock(site.anchor(), &PATIENCE)?;
            // While this run waited, another one may have created a missing directory.
            if self.site()?.anchor() == site.anchor() {
                return Ok((site, lock));
            }
        }
    }

    /// Refuses a directory in which nothing can be written, whatever the files are.
    pub(crate) fn refuse_occupied(&self, if_exists: IfExists) -> Result<()> {
        let Site::Existing { root } = self.site()? else { return Ok(()) };
        // What a killed run has left is undone first.
        if if_exists != IfExists::Error || stale::is_half_done(&root)? {
            return Ok(());
        }
        let held = held(&root)?;
        if held.is_empty() { Ok(()) } else { Err(self.occupied(&held).into()) }
    }

    pub(crate) fn plan<'a>(&self, tree: &'a Tree, if_exists: IfExists) -> Result<Plan<'a>> {
        let Site::Existing { root } = self.site()? else {
            return Ok(Plan { place: tree.files().iter().collect(), ..Plan::default() });
        };
        let held = if if_exists == IfExists::Error { held(&root)? } else { Vec::new() };
        if !held.is_empty() {
            return Err(self.occupied(&held).into());
        }
        let mut plan = Plan::default();
        for file in tree.files() {
            self.decide(file, &root, if_exists, &mut plan)?;
        }
        Ok(plan)
    }

    fn decide<'a>(&self, file: &'a File, root: &Path, if_exists: IfExists, plan: &mut Plan<'a>) -> Result<()> {
        if let Some(parent) = no_directory_above(&file.path, root) {
            return Err(self.blocked(&parent.display().to_string(), what_is(&root.join(parent))).into());
        }
        match fs::symlink_metadata(root.join(&file.path)) {
            Err(error) if error.kind() == ErrorKind::NotFound => plan.place.push(file),
            Err(error) => {
                return Err(error).with_context(|| format!("`{}` cannot be looked at", file.path));
            }
            Ok(there) if there.is_dir() => {
                return Err(self.blocked(&file.path, "is a directory").into());
            }
            Ok(there) if is_alike(file, &there) && is_unchanged(file, root) => {}
            // An overwritten key is lost for good, with every session signed by it.
            Ok(_) if if_exists == IfExists::Merge || file.is_secret() => {
                plan.kept.push(file.path.clone());
            }
            Ok(_) => {
                plan.place.push(file);
                plan.replaced.push(file.path.clone());
            }
        }
        Ok(())
    }

    fn site(&self) -> Result<Site> {
        let mut first: Option<&Path> = None;
        for ancestor in self.path.ancestors() {
            match fs::metadata(ancestor) {
                Ok(there) if there.is_dir() => return self.site_below(ancestor, first),
                Ok(_) => {
                    return Err(self.blocked(&ancestor.display().to_string(), what_is(ancestor)).into());
                }
                Err(_) if fs::symlink_metadata(ancestor).is_ok() => {
                    return Err(self.blocked(&ancestor.display().to_string(), "is a link to nothing").into());
                }
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                    first = Some(ancestor);
                }
                Err(error) => return Err(unreadable(ancestor, &error).into()),
            }
        }
        Err(self.blocked(&self.path.display().to_string(), "has no root").into())
    }

    fn site_below(&self, directory: &Path, first: Option<&Path>) -> Result<Site> {
        let anchor =
            platform::canonical(directory).with_context(|| format!("`{}` cannot be read", directory.display()))?;
        let Some(name) = first.and_then(Path::file_name) else {
            return Ok(Site::Existing { root: anchor });
        };
        let below = first.and_then(|first| self.path.strip_prefix(first).ok());
        Ok(Site::New { first: anchor.join(name), inside: below.unwrap_or(Path::new("")).to_owned(), anchor })
    }

    fn occupied(&self, held: &[String]) -> Failure {
        let given = self.given.display();
        let message = format!("the directory `{given}` is there already and holds files: {}", some_of(held));
        Failure::new(Kind::Destination, message)
            .hint("`--if-exists merge` keeps every file that is there and adds the missing ones")
            .hint("`--if-exists overwrite` replaces the files the project brings; nothing is deleted")
            .hint("`jwt-allauth startproject NAME DIRECTORY` takes another directory")
    }

    fn blocked(&self, what: &str, why: &str) -> Failure {
        Failure::new(Kind::Destination, format!("`{}` cannot be created: `{what}` {why}", self.given.display()))
            .hint("move it away, or take another directory: `jwt-allauth startproject NAME DIRECTORY`")
    }
}

/// The first parent of `path` that exists but is not a directory, such as a link to one.
pub(super) fn no_directory_above<'p>(path: &'p str, root: &Path) -> Option<&'p Path> {
    Path::new(path).ancestors().skip(1).filter(|parent| *parent != Path::new("")).find(|parent| {
        let there = fs::symlink_metadata(root.join(parent));
        there.is_ok_and(|there| !there.is_dir())
    })
}

/// Describes what is where a directory is needed.
pub(super) fn what_is(place: &Path) -> &'static str {
    match fs::symlink_metadata(place) {
        Ok(there) if there.is_file() => "is a file",
        Ok(there) if there.is_symlink() => "is a link",
        _ => "is not a directory",
    }
}

fn is_alike(file: &File, there: &fs::Metadata) -> bool {
    if file.mode == Mode::Link { there.is_symlink() } else { there.is_file() }
}

fn is_unchanged(file: &File, root: &Path) -> bool {
    stage::contents(&root.join(&file.path)).is_ok_and(|contents| contents == file.contents)
}

/// The directory's contents, except for an empty repository and what a killed run left.
fn held(root: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(root).map_err(|error| unreadable(root, &error))?;
    let names = entries.filter_map(Result::ok).map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut held: Vec<String> = names.filter(|name| name != ".git" && !stale::is_left(root, name)).collect();
    held.sort_unstable();
    Ok(held)
}

/// The first names, and the number of the others.
fn some_of(names: &[String]) -> String {
    let first: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    match names.len() - first.len() {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// Turns `a/../b` into `b`, even if `a` does not exist yet.
fn without_dots(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut clean, part| {
        match part {
            Component::ParentDir => {
                clean.pop();
            }
            Component::CurDir => {}
            other => clean.push(other),
        }
        clean
    })
}
