//! Undoes a filling that was interrupted.

use std::io;

use super::journal::Journal;
use super::stage::NEW;
use crate::platform::Beneath;

const REPOSITORY: &str = ".git";

/// Undoes the journal: a file of it that has left the stage lies in the directory.
pub(super) fn roll_back(journal: &Journal, stage: &Beneath, root: &Beneath) -> io::Result<()> {
    let staged = |path: &str| stage.has(format!("{NEW}/{path}"));
    if !journal.files.iter().any(|(_, path)| staged(path)) && !staged(REPOSITORY) {
        return Ok(());
    }
    for (hash, path) in &journal.files {
        // Keeps a file that was changed since.
        if !staged(path) && hash.is_some() && root.hash(path).ok() == *hash {
            root.remove(path).map_err(|error| of(path, &error))?;
        }
    }
    for path in journal.directories.iter().rev() {
        // Fails harmlessly if somebody else's files are in it.
        let _ = root.remove_directory(path);
    }
    for (_, path) in &journal.files {
        let old = format!("old/{path}");
        if stage.has(&old) && !root.has(path) {
            root.take(path, stage, &old).map_err(|error| of(path, &error))?;
        }
    }
    Ok(())
}

/// Adds the path, which the operating system's errors lack.
pub(super) fn of(path: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("`{path}`: {error}"))
}
