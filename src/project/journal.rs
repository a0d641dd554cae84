//! The steps of a filling, recorded so that a later run can undo them, with a seal that proves where the journal was
//! written.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use super::destination::Plan;
use super::stage::IGNORE;
use crate::platform::{self, Beneath};

pub(super) const NAME: &str = "journal";
const DRAFT: &str = "draft";
const SEAL: &str = "sealed";
/// Stands in place of a hash, for a directory that was created.
const DIRECTORY: &str = "directory";
/// For a file that is removed without a replacement.
const REMOVED: &str = "removed";

pub(super) struct Journal {
    /// Directories to be created, parents first.
    pub(super) directories: Vec<String>,
    /// Files that are placed, with their hash, or removed, without one.
    pub(super) files: Vec<(Option<String>, String)>,
}

impl Journal {
    pub(super) fn of(plan: &Plan, root: &Path) -> Self {
        let paths = plan.place.iter().map(|file| Path::new(&file.path));
        let parents: BTreeSet<&Path> = paths.flat_map(|path| path.ancestors().skip(1)).collect();
        let is_there = |parent: &&Path| fs::symlink_metadata(root.join(parent)).is_ok_and(|there| there.is_dir());
        let missing = parents.into_iter().filter(|parent| !is_there(parent));
        let placed = plan.place.iter().map(|file| (Some(file.hash()), file.path.clone()));
        Self {
            directories: missing.map(|parent| parent.display().to_string()).collect(),
            files: placed.chain(plan.removed.iter().map(|path| (None, path.clone()))).collect(),
        }
    }

    /// Writes it completely or not at all: half a journal cannot be used to undo.
    pub(super) fn write(&self, stage: &Beneath) -> io::Result<()> {
        let mut text = format!("{}\n", seal(stage)?);
        for path in &self.directories {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{DIRECTORY} {path}");
        }
        for (hash, path) in &self.files {
            let _ = writeln!(text, "{} {path}", hash.as_deref().unwrap_or(REMOVED));
        }
        stage.create(DRAFT, 0o600)?.write_all(text.as_bytes())?;
        stage.take(NAME, stage, DRAFT)
    }

    /// Reads the journal, if there is one. A journal that was not written in this place, or that names paths outside,
    /// is an error.
    pub(super) fn read(stage: &Beneath) -> io::Result<Option<Self>> {
        let file = match stage.file(NAME) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let text = String::from_utf8(platform::contents(file)?).map_err(|_| ErrorKind::InvalidData)?;
        let mut lines = text.lines();
        if lines.next() != Some(&seal(stage)?) {
            return Err(ErrorKind::InvalidData.into());
        }
        let mut journal = Self { directories: Vec::new(), files: Vec::new() };
        for line in lines {
            match line.split_once(' ').filter(|(_, path)| is_inside(path)) {
                Some((DIRECTORY, path)) => journal.directories.push(path.to_owned()),
                Some((REMOVED, path)) => journal.files.push((None, path.to_owned())),
                Some((hash, path)) => journal.files.push((Some(hash.to_owned()), path.to_owned())),
                None => return Err(ErrorKind::InvalidData.into()),
            }
        }
        Ok(Some(journal))
    }
}

/// The first line of a journal, which cannot be right in another place.
pub(super) fn seal(stage: &Beneath) -> io::Result<String> {
    Ok(format!("{SEAL} {}", stage.seal(IGNORE)?))
}

/// Whether a path stays inside. `.git` is excluded: write access there means running programs.
fn is_inside(path: &str) -> bool {
    path.split('/').all(|part| !["", ".", ".."].contains(&part) && !part.eq_ignore_ascii_case(".git"))
}
