//! A hidden directory that holds a project until it is complete. It removes itself, or the next run removes it.
//!
//! `new/` has the files to place, `old/` those that were replaced, `journal` the planned steps. Only its owner can read
//! it, and git ignores it.

use std::fs::{self, File as Handle};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::journal;
use crate::platform::{self, Beneath};
use crate::tree::{File, Mode};

const PREFIX: &str = ".jwt-allauth-stage-";
/// Hexadecimal digits after the prefix.
const DIGITS: usize = 16;
pub(super) const IGNORE: &str = ".gitignore";

/// The files to be placed.
pub(super) const NEW: &str = "new";

pub(super) struct Stage {
    path: PathBuf,
    directory: Beneath,
}

impl Stage {
    pub(super) fn create(directory: &Path) -> io::Result<Self> {
        let number = getrandom::u64().map_err(io::Error::other)?;
        let path = directory.join(format!("{PREFIX}{number:016x}"));
        platform::create_stage(&path)?;
        let stage = Self { directory: Beneath::open(&path)?, path };
        // After a killed update `.env` is in `old/`, where no ignore rule of the project covers it.
        stage.directory.create(IGNORE, 0o600)?.write_all(b"*\n")?;
        fs::create_dir(stage.tree())?;
        Ok(stage)
    }

    #[cfg(test)]
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn directory(&self) -> &Beneath {
        &self.directory
    }

    pub(super) fn tree(&self) -> PathBuf {
        self.path.join(NEW)
    }

    /// Writes a file below `inside` in the stage, with its own mode unless another is given.
    pub(super) fn write(&self, inside: &Path, file: &File, mode: Option<u32>) -> io::Result<()> {
        let path = Path::new(NEW).join(inside).join(&file.path);
        if file.mode == Mode::Link {
            return self.directory.create_link(path, &file.contents);
        }
        // A secret must not be readable by others even between two system calls.
        let bits = if file.mode == Mode::Secret { 0o600 } else { file.mode.bits() | 0o022 };
        let mut handle = self.directory.create(path, bits)?;
        handle.write_all(&file.contents)?;
        match mode.or(file.is_secret().then_some(0o600)) {
            Some(mode) => platform::set_mode(&handle, mode),
            None => Ok(()),
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if !self.path.join(journal::NAME).exists() {
            // The next run removes leftovers.
            let _ = platform::remove_stage(&self.path);
        }
    }
}

/// Whether this program can have generated the name.
pub(crate) fn is_stage(name: &str) -> bool {
    let digits = name.strip_prefix(PREFIX);
    digits.is_some_and(|digits| {
        digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}

/// The contents of a file, or the target path of a link.
pub(crate) fn contents(path: &Path) -> io::Result<Vec<u8>> {
    let there = fs::symlink_metadata(path)?;
    if there.is_symlink() {
        return platform::link_target(path);
    }
    // Reading from a pipe would block.
    if !there.is_file() {
        return Err(io::Error::other("it is neither a file nor a link"));
    }
    platform::contents(Handle::open(path)?)
}
