//! A hidden directory that holds a project until it is whole. It removes itself, or is cleared by the next run.
//!
//! `new/` holds what is to be placed, `old/` what was replaced, `journal` what a filling was about to do.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File as Handle, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::fill;
use crate::failure::{Failure, Kind};
use crate::tree::{File, Mode};

const PREFIX: &str = ".jwt-allauth-stage-";

pub(super) struct Stage {
    path: PathBuf,
}

impl Stage {
    pub(super) fn create(directory: &Path) -> io::Result<Self> {
        let number = getrandom::u64().map_err(io::Error::other)?;
        let stage = Self { path: directory.join(format!("{PREFIX}{number:016x}")) };
        fs::create_dir(&stage.path)?;
        fs::create_dir(stage.tree())?;
        Ok(stage)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn tree(&self) -> PathBuf {
        tree(&self.path)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if !fill::journal(&self.path).exists() {
            // What cannot be removed now the next run clears.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

pub(super) fn tree(stage: &Path) -> PathBuf {
    stage.join("new")
}

pub(crate) fn is_stage(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(PREFIX.as_bytes())
}

/// As long as it lives nobody else writes here. None where the file system knows no locks; then stale stages stay.
pub(super) fn lock(directory: &Path) -> Option<Handle> {
    Handle::open(directory).ok().filter(|handle| handle.lock().is_ok())
}

/// Only under the directory's lock: a stage found then belongs to nobody who lives.
pub(super) fn clear_stale(directory: &Path) -> Result<(), Failure> {
    undo_and_remove(directory).map_err(|error| {
        let message = format!("what an earlier run left in `{}` cannot be undone: {error}", directory.display());
        Failure::new(Kind::Destination, message).hint("clear what is in the way, then run the same command again")
    })
}

fn undo_and_remove(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if is_stage(&entry.file_name()) && entry.file_type()?.is_dir() {
            fill::roll_back(&entry.path(), directory)?;
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// Whether a run stopped while it filled this directory.
pub(crate) fn is_half_done(directory: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if is_stage(&entry.file_name()) && fill::journal(&entry.path()).exists() {
            return Ok(true);
        }
    }
    Ok(false)
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
    if fs::symlink_metadata(path)?.is_symlink() {
        Ok(fs::read_link(path)?.into_os_string().into_vec())
    } else {
        fs::read(path)
    }
}
