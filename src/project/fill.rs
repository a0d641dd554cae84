//! Fills a directory that exists, file by file, and undoes it when that does not come to an end.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::destination::Plan;
use super::not_writable;
use super::stage::{self, Stage};
use crate::failure::{Failure, Kind};
use crate::tree::sha256;

const REPOSITORY: &str = ".git";

/// All of the plan or nothing of it; only where even the undoing fails is something left, and said to be.
pub(super) fn fill(stage: &Stage, root: &Path, plan: &Plan) -> Result<(), Failure> {
    let journal = journal(stage.path());
    begin(&journal, &entries(plan, root)).map_err(|error| not_writable(root, &error))?;
    place(stage, root, plan).map_err(|error| undone(stage.path(), root, &error))?;
    // If it stays, the next run finds that nothing is left to undo.
    let _ = fs::remove_file(journal);
    Ok(())
}

/// Half a journal would be none to undo by.
fn begin(journal: &Path, entries: &str) -> io::Result<()> {
    let draft = journal.with_extension("draft");
    fs::write(&draft, entries)?;
    fs::rename(draft, journal)
}

/// What a filling ends with that met an error, after what it had done has been undone.
pub(super) fn undone(stage: &Path, root: &Path, error: &io::Error) -> Failure {
    // As long as the journal is there, the stage is kept for the next run to undo.
    match roll_back(stage, root).and_then(|()| fs::remove_file(journal(stage))) {
        Ok(()) => not_writable(root, error),
        Err(undoing) => {
            let message = format!("the change to `{}` stopped half-way: {error}", root.display());
            Failure::new(Kind::Destination, format!("{message}; and it could not be undone: {undoing}"))
                .hint("clear what is in the way and run the same command again: it undoes the change first")
        }
    }
}

fn place(stage: &Stage, root: &Path, plan: &Plan) -> io::Result<()> {
    // First, so that something is still in the stage as long as not all is done.
    for path in &plan.removed {
        move_away(stage, root, plan, path)?;
    }
    for file in &plan.place {
        let (new, place) = (stage.tree().join(&file.path), root.join(&file.path));
        if plan.replaced.contains(&file.path) {
            move_away(stage, root, plan, &file.path)?;
        }
        move_to(&new, &place).map_err(|error| of(&file.path, &error))?;
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
    move_to(&root.join(path), &old).map_err(|error| of(path, &error))?;
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
            fs::remove_file(&place).map_err(|error| of(path, &error))?;
        }
        let old = old(stage, path);
        if old.symlink_metadata().is_ok() && place.symlink_metadata().is_err() {
            move_to(&old, &place).map_err(|error| of(path, &error))?;
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

/// The operating system does not say which file it speaks of.
fn of(path: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("`{path}`: {error}"))
}
