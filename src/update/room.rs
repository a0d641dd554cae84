//! Whether there is room for what is new.

use std::collections::BTreeSet;

use anyhow::Result;
use walkdir::WalkDir;

use super::change::{Change, Outcome};
use super::project::Project;
use crate::failure::{Failure, Kind};

/// Nothing that somebody has is in the way of what is new.
pub(super) fn check(project: &Project, directories: &[&str], changes: &[Change]) -> Result<()> {
    let new = changes.iter().filter(|change| change.was.is_none()).filter_map(|change| change.file.as_ref());
    for file in new.filter(|file| !directories.contains(&file.path.as_str())) {
        if project.read(&file.path)?.is_some_and(|present| !present.is(file)) {
            return Err(in_the_way(&format!("`{}` is in the way", file.path)).into());
        }
    }
    Ok(())
}

/// Where the template has a file now, a directory gives way that has nothing in it but what the template has no more.
pub(super) fn check_directories(project: &Project, directories: &[&str], changes: &[Change]) -> Result<(), Failure> {
    let removed = changes.iter().filter(|change| change.outcome == Outcome::Removed);
    let removed: BTreeSet<&str> = removed.map(|change| change.path.as_str()).collect();
    for directory in directories {
        for entry in WalkDir::new(project.root.join(directory)).sort_by_file_name() {
            let path = entry.as_ref().ok().and_then(|entry| entry.path().strip_prefix(&project.root).ok()?.to_str());
            // One that is empty would stay, and be in the way all the same.
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
