//! Checks that no existing file is in the way of a new one.

use std::collections::BTreeSet;

use anyhow::Result;
use walkdir::{DirEntry, WalkDir};

use super::change::{Change, Outcome};
use super::project::Project;
use crate::failure::{Failure, Kind};
use crate::platform;

/// Fails if a file of the owner's is in the way of a new file.
pub(super) fn check(project: &Project, directories: &[&str], changes: &[Change]) -> Result<()> {
    let new = changes.iter().filter(|change| change.was.is_none()).filter_map(|change| change.file.as_ref());
    for file in new.filter(|file| !directories.contains(&file.path.as_str())) {
        if project.read(&file.path)?.is_some_and(|present| !present.is(file)) {
            return Err(in_the_way(&format!("`{}` is in the way", file.path)).into());
        }
    }
    Ok(())
}

/// Fails if a directory is in the way of a new file, unless the update removes all files in it.
pub(super) fn check_directories(project: &Project, directories: &[&str], changes: &[Change]) -> Result<(), Failure> {
    let removed = changes.iter().filter(|change| change.outcome == Outcome::Removed);
    let removed: BTreeSet<&str> = removed.map(|change| change.path.as_str()).collect();
    for directory in directories {
        for entry in WalkDir::new(project.root.join(directory)).sort_by_file_name() {
            let entry = entry.as_ref().ok().map(DirEntry::path);
            let path = entry.and_then(|entry| platform::slashed(entry.strip_prefix(&project.root).ok()?));
            let path = path.as_deref();
            // An empty directory would stay, and be in the way as well.
            let is_emptied = |path: &str| {
                removed.iter().any(|removed| removed.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')))
            };
            if !path.is_some_and(|path| removed.contains(path) || is_emptied(path)) {
                let held = path.map(|path| format!(", and `{path}` is yours")).unwrap_or_default();
                let message = format!("`{directory}` is a directory here and a file in the template{held}");
                return Err(in_the_way(&message));
            }
        }
    }
    Ok(())
}

fn in_the_way(message: &str) -> Failure {
    Failure::new(Kind::Destination, message).hint("move it away")
}
