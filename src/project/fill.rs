//! Fills an existing directory file by file, and undoes that if it fails.

use std::io;
use std::path::Path;

use super::destination::Plan;
use super::journal::{self, Journal};
use super::not_writable;
use super::stage::{NEW, Stage};
use super::undo::{self, of};
use crate::failure::{Failure, Kind};
use crate::platform::Beneath;

const REPOSITORY: &str = ".git";

/// Applies the whole plan or nothing. If undoing fails too, the error says so.
pub(super) fn fill(stage: &Stage, root: &Path, plan: &Plan) -> Result<(), Failure> {
    let (directory, journal) = (stage.directory(), Journal::of(plan, root));
    let started = Beneath::open(root).and_then(|root| journal.write(directory).map(|()| root));
    let opened = started.map_err(|error| not_writable(root, &error))?;
    place(directory, &opened, plan).map_err(|error| undone(&journal, directory, root, &error))?;
    // If this fails, the next run finds nothing to undo.
    let _ = directory.remove(journal::NAME);
    Ok(())
}

/// Undoes a failed filling and returns the failure to report.
pub(super) fn undone(journal: &Journal, stage: &Beneath, root: &Path, error: &io::Error) -> Failure {
    let undone = Beneath::open(root).and_then(|root| undo::roll_back(journal, stage, &root));
    // The stage stays as long as its journal, so that the next run can undo it.
    match undone.and_then(|()| stage.remove(journal::NAME)) {
        Ok(()) => not_writable(root, error),
        Err(undoing) => {
            let message = format!("the change to `{}` stopped half-way: {error}", root.display());
            Failure::new(Kind::Destination, format!("{message}; and it could not be undone: {undoing}"))
                .hint("clear what is in the way and run the same command again: it undoes the change first")
        }
    }
}

fn place(stage: &Beneath, root: &Beneath, plan: &Plan) -> io::Result<()> {
    // Removals come first, so that the stage is not empty until everything is done.
    for path in &plan.removed {
        move_away(stage, root, plan, path)?;
    }
    for path in &plan.removed {
        for parent in Path::new(path).ancestors().skip(1).take_while(|parent| *parent != Path::new("")) {
            // Fails harmlessly if the directory is not empty.
            let _ = root.remove_directory(parent);
        }
    }
    for file in &plan.place {
        if plan.replaced.contains(&file.path) {
            move_away(stage, root, plan, &file.path)?;
        }
        root.take(&file.path, stage, new(&file.path)).map_err(|error| of(&file.path, &error))?;
    }
    if stage.has(new(REPOSITORY)) { root.take(REPOSITORY, stage, new(REPOSITORY)) } else { Ok(()) }
}

/// Moves a file into the stage, and fails if it has changed since it was planned.
fn move_away(stage: &Beneath, root: &Beneath, plan: &Plan, path: &str) -> io::Result<()> {
    let old = format!("old/{path}");
    stage.take(&old, root, path).map_err(|error| of(path, &error))?;
    match plan.expected.get(path) {
        Some(expected) if stage.hash(&old)? != *expected => {
            Err(io::Error::other(format!("`{path}` was changed at the same time; try again")))
        }
        _ => Ok(()),
    }
}

fn new(path: &str) -> String {
    format!("{NEW}/{path}")
}
