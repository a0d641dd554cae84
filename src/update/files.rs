//! The files of a project on disk, also those that no repository knows yet.

use std::fs;
use std::path::Path;

use walkdir::{DirEntry, WalkDir};

use crate::platform;
use crate::project::is_stage;
use crate::vcs::history;

/// Far more and larger than what people write.
const MOST: usize = 10_000;
const LARGEST: u64 = 1024 * 1024;
const DEEPEST: usize = 32;

/// What tools write, and this program's own.
const LEFT_OUT: [&str; 4] = [".git", ".jwt-allauth", "node_modules", "target"];

/// Every file that git does not ignore; without a repository every file that is not of a tool's.
pub(super) fn of(root: &Path) -> Vec<String> {
    let listed = listed(root);
    small(root, if listed.is_empty() { walked(root) } else { listed })
}

/// The same where git knows none of them.
pub(super) fn unknown_to_git(root: &Path) -> Vec<String> {
    if listed(root).is_empty() { small(root, walked(root)) } else { Vec::new() }
}

fn small(root: &Path, files: Vec<String>) -> Vec<String> {
    let is_small = |path: &String| {
        fs::symlink_metadata(root.join(path)).is_ok_and(|there| there.is_file() && there.len() <= LARGEST)
    };
    files.into_iter().filter(is_small).collect()
}

/// Empty without git or a repository, and where a repository around the project ignores it.
fn listed(root: &Path) -> Vec<String> {
    history::tracked(root).into_iter().chain(history::untracked(root).into_iter().take(MOST)).collect()
}

fn walked(root: &Path) -> Vec<String> {
    let is_left_out = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.file_type().is_dir() && (LEFT_OUT.contains(&&*name) || is_stage(&name))
    };
    let walk = WalkDir::new(root).min_depth(1).max_depth(DEEPEST).sort_by_file_name().into_iter();
    // An unreadable directory holds nothing that could be followed.
    let entries = walk.filter_entry(|entry| !is_left_out(entry)).filter_map(Result::ok);
    let files = entries.filter(|entry| entry.file_type().is_file());
    let path = |entry: DirEntry| Some(platform::slashed(entry.path().strip_prefix(root).ok()?)?.into_owned());
    files.filter_map(path).take(MOST).collect()
}
