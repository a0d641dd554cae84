//! A directory for what is needed only for a moment, readable by its owner alone. It removes itself.

use std::env;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Kind};

/// Where everybody may write if the usual place has a peculiar path.
const COMMON: &str = "/tmp";
pub(crate) const REMEDY: &str =
    "`TMPDIR` names the directory for what is needed for a moment: it has to be there, yours to write to, and not full";

pub(crate) struct Scratch {
    path: PathBuf,
}

impl Scratch {
    pub(crate) fn create() -> Result<Self, Failure> {
        Self::below(&env::temp_dir())
    }

    /// With a path in which nobody could find a tag or a character to be replaced: cargo-generate renders whole paths.
    pub(crate) fn plain() -> Result<Self, Failure> {
        let usual = env::temp_dir();
        let is_plain = |path: &Path| {
            path.to_str().is_some_and(|path| path.chars().all(|c| c.is_alphanumeric() || "/-_.".contains(c)))
        };
        let resolved = usual.canonicalize().unwrap_or_else(|_| usual.clone());
        Self::below(if is_plain(&resolved) { &usual } else { Path::new(COMMON) })
    }

    fn below(directory: &Path) -> Result<Self, Failure> {
        let created = getrandom::u64().map_err(io::Error::other).and_then(|number| {
            let path = directory.join(format!("jwt-allauth-{number:016x}"));
            // Fails on one that is there: nobody else has a hand in it.
            DirBuilder::new().mode(0o700).create(&path)?;
            path.canonicalize()
        });
        Ok(Self { path: created.map_err(|error| unusable(directory, &error))? })
    }

    /// What was to be written in it and was not.
    pub(crate) fn failed(path: &Path, error: &io::Error) -> Failure {
        unusable(path, error)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

fn unusable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        Kind::Machine,
        format!("`{}`, which is needed for a moment, cannot be written: {error}", path.display()),
    )
    .hint(REMEDY)
}

/// What another program, or git in its own words, says when there is no room for what it writes.
pub(crate) fn is_full(said: &str) -> bool {
    ["No space left on device", "unable to write file"].iter().any(|words| said.contains(words))
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is the system's to clear.
        let _ = fs::remove_dir_all(&self.path);
    }
}
