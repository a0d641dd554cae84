//! Finds stages that earlier runs left, and tells them from forgeries.
//!
//! A cloned repository, an archive or a directory writable by others may contain anything under such a name. A stage is
//! trusted if it belongs to the user, is closed to all others, and its journal was written in this place.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::Result;

use super::journal::Journal;
use super::{stage, undo};
use crate::failure::{Failure, Kind};
use crate::platform::{self, Beneath};
use crate::report;

enum Found {
    /// A new project that was never moved into place.
    Unfinished,
    /// The directory was being filled from it.
    HalfDone(Beneath, Journal),
    SomebodyElses,
}

/// Undoes a half-done filling. Requires the directory's lock: then no running process owns the stages in it.
pub(super) fn undo(directory: &Path) -> Result<()> {
    clear(directory, true)
}

/// Removes stages of new projects. A half-done filling is left to the next run on this directory itself.
pub(super) fn clear_unfinished(directory: &Path) -> Result<()> {
    clear(directory, false)
}

fn clear(directory: &Path, undoes: bool) -> Result<()> {
    for name in names(directory)? {
        let undone = match look(directory, &name) {
            Ok(Found::Unfinished) => Ok(()),
            Ok(Found::HalfDone(stage, journal)) if undoes => {
                Beneath::open(directory).and_then(|root| undo::roll_back(&journal, &stage, &root))
            }
            Ok(Found::HalfDone(..)) => continue,
            Ok(Found::SomebodyElses) => {
                leave(&directory.join(name));
                continue;
            }
            Err(error) => Err(error),
        };
        undone
            .and_then(|()| platform::remove_stage(&directory.join(&name)))
            .map_err(|error| not_undone(directory, &error))?;
    }
    Ok(())
}

/// Whether a run stopped while filling this directory.
pub(crate) fn is_half_done(directory: &Path) -> Result<bool> {
    Ok(names(directory)?.iter().any(|name| matches!(look(directory, name), Ok(Found::HalfDone(..)))))
}

/// Whether an entry of a directory is a leftover of an earlier run.
pub(super) fn is_left(directory: &Path, name: &str) -> bool {
    stage::is_stage(name) && !matches!(look(directory, name), Ok(Found::SomebodyElses) | Err(_))
}

fn names(directory: &Path) -> Result<Vec<String>, Failure> {
    let unreadable = |error: io::Error| unreadable(directory, &error);
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        names.extend(name.into_string().ok().filter(|name| stage::is_stage(name)));
    }
    Ok(names)
}

pub(super) fn unreadable(directory: &Path, error: &io::Error) -> Failure {
    Failure::new(Kind::Destination, format!("`{}` cannot be read: {error}", directory.display()))
        .hint("look at its permissions, and at those of the directories above it")
}

fn look(directory: &Path, name: &str) -> io::Result<Found> {
    match Beneath::open(directory)?.directory(name) {
        Ok(stage) => at(stage),
        Err(_) => Ok(Found::SomebodyElses),
    }
}

fn at(stage: Beneath) -> io::Result<Found> {
    if !stage.is_ours()? {
        return Ok(Found::SomebodyElses);
    }
    match Journal::read(&stage) {
        Ok(Some(journal)) => Ok(Found::HalfDone(stage, journal)),
        Ok(None) => Ok(Found::Unfinished),
        Err(_) => Ok(Found::SomebodyElses),
    }
}

fn leave(stage: &Path) {
    report::warn(&format!(
        "`{}` is called like what an interrupted run of this program leaves, and nothing proves that one of yours made it \
         here: it was left alone; look at it, and remove it",
        stage.display()
    ));
}

fn not_undone(directory: &Path, error: &io::Error) -> Failure {
    let message = format!("what an earlier run left in `{}` cannot be undone: {error}", directory.display());
    Failure::new(Kind::Destination, message).hint("clear what is in the way, then run the same command again")
}

#[cfg(test)]
mod tests;
