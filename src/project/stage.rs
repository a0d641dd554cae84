//! A hidden directory that holds a project until it is whole. It removes itself, or is cleared by the next run.
//!
//! `new/` holds what is to be placed, `old/` what was replaced, `journal` what a filling was about to do. Nobody but its owner
//! can look into it, and git does not see what is in it.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File as Handle, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::{beneath, journal};
use crate::tree::{File, Mode};

const PREFIX: &str = ".jwt-allauth-stage-";
/// What follows are the digits of a number.
const DIGITS: usize = 16;
pub(super) const IGNORE: &str = ".gitignore";

pub(super) struct Stage {
    path: PathBuf,
}

impl Stage {
    pub(super) fn create(directory: &Path) -> io::Result<Self> {
        let number = getrandom::u64().map_err(io::Error::other)?;
        let stage = Self { path: directory.join(format!("{PREFIX}{number:016x}")) };
        DirBuilder::new().mode(0o700).create(&stage.path)?;
        // A killed update has `.env` in `old/`, which no ignore rule of the project covers there.
        fs::write(stage.path.join(IGNORE), "*\n")?;
        fs::create_dir(stage.tree())?;
        Ok(stage)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn tree(&self) -> PathBuf {
        self.path.join("new")
    }

    pub(super) fn old(&self, path: &str) -> PathBuf {
        self.path.join("old").join(path)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if !self.path.join(journal::NAME).exists() {
            // What cannot be removed now the next run clears.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// A name that this program can have made.
pub(crate) fn is_stage(name: &str) -> bool {
    let digits = name.strip_prefix(PREFIX);
    digits.is_some_and(|digits| {
        digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}

pub(super) fn write(root: &Path, file: &File) -> io::Result<()> {
    let path = root.join(&file.path);
    if let Some(parent) = path.parent() {
        DirBuilder::new().recursive(true).create(parent)?;
    }
    if file.mode == Mode::Link {
        return symlink(OsStr::from_bytes(&file.contents), path);
    }
    // A secret is never readable by others, not even for the moment between two calls.
    let mode = if file.mode == Mode::Secret { 0o600 } else { file.mode.bits() | 0o022 };
    let mut handle = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path)?;
    handle.write_all(&file.contents)?;
    if file.is_secret() { handle.set_permissions(Permissions::from_mode(0o600)) } else { Ok(()) }
}

/// What lies at a path as a tree has it: of a link the path it leads to.
pub(crate) fn contents(path: &Path) -> io::Result<Vec<u8>> {
    let there = fs::symlink_metadata(path)?;
    if there.is_symlink() {
        return Ok(fs::read_link(path)?.into_os_string().into_vec());
    }
    // A pipe would never end.
    if !there.is_file() {
        return Err(io::Error::other("it is neither a file nor a link"));
    }
    beneath::contents(Handle::open(path)?)
}
