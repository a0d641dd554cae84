//! Fills a directory that exists, file by file, and undoes it when that does not come to an end.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::destination::Plan;
use super::stage::{self, Stage};
use crate::tree::sha256;

const REPOSITORY: &str = ".git";

pub(super) fn fill(stage: &Stage, root: &Path, plan: &Plan) -> io::Result<()> {
    fs::write(journal(stage.path()), entries(plan, root))?;
    let filled = place(stage, root, plan);
    if filled.is_err() {
        roll_back(stage.path(), root)?;
    }
    // As long as it is there, the stage is kept for the next run to undo.
    fs::remove_file(journal(stage.path()))?;
    filled
}

fn place(stage: &Stage, root: &Path, plan: &Plan) -> io::Result<()> {
    // First, so that something is still in the stage as long as not all is done.
    for path in &plan.removed {
        move_away(stage, root, plan, path)?;
    }
    for file in &plan.place {
        let (new, place) = (stage.tree().join(&file.path), root.join(&file.path));
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent)?;
        }
        if plan.replaced.contains(&file.path) {
            move_away(stage, root, plan, &file.path)?;
        }
        fs::rename(new, place)?;
    }
    for path in &plan.removed {
        for parent in Path::new(path).ancestors().skip(1).take_while(|parent| *parent != Path::new("")) {
            // One that is not empty stays.
            let _ = fs::remove_dir(root.join(parent));
        }
    }
    let repository = stage.tree().join(REPOSITORY);
    if repository.exists() { fs::rename(repository, root.join(REPOSITORY)) } else { Ok(()) }
}

/// Whoever has changed the file since its change was decided has not seen that coming.
fn move_away(stage: &Stage, root: &Path, plan: &Plan, path: &str) -> io::Result<()> {
    let old = old(stage.path(), path);
    move_to(&root.join(path), &old)?;
    match plan.expected.get(path) {
        Some(expected) if sha256(&stage::contents(&old)?) != *expected => {
            Err(io::Error::other(format!("`{path}` was changed at the same time; try again")))
        }
        _ => Ok(()),
    }
}

/// Undoes a filling that stopped half-way: after its journal, files that left the stage lie in the directory.
pub(super) fn roll_back(stage: &Path, root: &Path) -> io::Result<()> {
    let journal = match fs::read_to_string(journal(stage)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        journal => journal?,
    };
    let new = stage::tree(stage);
    let files: Vec<(&str, &str)> = journal.lines().filter_map(|line| line.split_once(' ')).collect();
    let staged = |path: &str| new.join(path).symlink_metadata().is_ok();
    if !files.iter().any(|(_, path)| staged(path)) && !staged(REPOSITORY) {
        return Ok(());
    }
    for (hash, path) in files.iter().filter(|(hash, _)| *hash != DIRECTORY) {
        let place = root.join(path);
        // A file that somebody has changed since is theirs.
        if !staged(path) && stage::contents(&place).is_ok_and(|contents| sha256(&contents) == *hash) {
            fs::remove_file(&place)?;
        }
        let old = old(stage, path);
        if old.symlink_metadata().is_ok() && place.symlink_metadata().is_err() {
            move_to(&old, &place)?;
        }
    }
    for (_, path) in files.iter().rev().filter(|(hash, _)| *hash == DIRECTORY) {
        // One that is not empty holds something of somebody else's.
        let _ = fs::remove_dir(root.join(path));
    }
    Ok(())
}

/// In place of a hash, for a directory that was not there.
const DIRECTORY: &str = "directory";
/// For a file that nothing takes the place of.
const REMOVED: &str = "removed";

fn entries(plan: &Plan, root: &Path) -> String {
    let paths = plan.place.iter().map(|file| Path::new(&file.path));
    let parents: BTreeSet<&Path> = paths.flat_map(|path| path.ancestors().skip(1)).collect();
    let mut journal = String::new();
    for parent in parents.into_iter().filter(|parent| !root.join(parent).exists()) {
        // Writing to a string cannot fail.
        let _ = writeln!(journal, "{DIRECTORY} {}", parent.display());
    }
    for file in &plan.place {
        let _ = writeln!(journal, "{} {}", file.hash(), file.path);
    }
    for path in &plan.removed {
        let _ = writeln!(journal, "{REMOVED} {path}");
    }
    journal
}

pub(super) fn journal(stage: &Path) -> PathBuf {
    stage.join("journal")
}

fn old(stage: &Path, path: &str) -> PathBuf {
    stage.join("old").join(path)
}

fn move_to(from: &Path, to: &Path) -> io::Result<()> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::rename(from, to)
}
