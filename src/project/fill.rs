//! Fills a directory that exists, file by file, and undoes it when that does not come to an end.

use std::fs;
use std::io;
use std::path::Path;

use super::beneath::Beneath;
use super::destination::Plan;
use super::journal::{self, Journal};
use super::not_writable;
use super::stage::{self, Stage};
use super::undo::{self, of};
use crate::failure::{Failure, Kind};
use crate::tree::sha256;

const REPOSITORY: &str = ".git";

/// All of the plan or nothing of it; only where even the undoing fails is something left, and said to be.
pub(super) fn fill(stage: &Stage, root: &Path, plan: &Plan) -> Result<(), Failure> {
    let journal = Journal::of(plan, root);
    journal.write(stage.path()).map_err(|error| not_writable(root, &error))?;
    place(stage, root, plan).map_err(|error| undone(&journal, stage.path(), root, &error))?;
    // If it stays, the next run finds that nothing is left to undo.
    let _ = fs::remove_file(stage.path().join(journal::NAME));
    Ok(())
}

/// What a filling ends with that met an error, after what it had done has been undone.
pub(super) fn undone(journal: &Journal, stage: &Path, root: &Path, error: &io::Error) -> Failure {
    let undone = Beneath::open(stage).and_then(|stage| undo::roll_back(journal, &stage, &Beneath::open(root)?));
    // As long as the journal is there, the stage is kept for the next run to undo.
    match undone.and_then(|()| fs::remove_file(stage.join(journal::NAME))) {
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
    for path in &plan.removed {
        for parent in Path::new(path).ancestors().skip(1).take_while(|parent| *parent != Path::new("")) {
            // One that is not empty stays.
            let _ = fs::remove_dir(root.join(parent));
        }
    }
    for file in &plan.place {
        let (new, place) = (stage.tree().join(&file.path), root.join(&file.path));
        if plan.replaced.contains(&file.path) {
            move_away(stage, root, plan, &file.path)?;
        }
        move_to(&new, &place).map_err(|error| of(&file.path, &error))?;
    }
    let repository = stage.tree().join(REPOSITORY);
    if repository.exists() { fs::rename(repository, root.join(REPOSITORY)) } else { Ok(()) }
}

/// Whoever has changed the file since its change was decided has not seen that coming.
fn move_away(stage: &Stage, root: &Path, plan: &Plan, path: &str) -> io::Result<()> {
    let old = stage.old(path);
    move_to(&root.join(path), &old).map_err(|error| of(path, &error))?;
    match plan.expected.get(path) {
        Some(expected) if sha256(&stage::contents(&old)?) != *expected => {
            Err(io::Error::other(format!("`{path}` was changed at the same time; try again")))
        }
        _ => Ok(()),
    }
}

fn move_to(from: &Path, to: &Path) -> io::Result<()> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::rename(from, to)
}
