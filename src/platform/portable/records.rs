//! Notes in the user's own directory, in place of owners, modes and inodes: which stages are the user's and where, and a
//! file to lock for each directory.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::canonical;
use crate::tree::sha256;

/// A directory that only the user can write to. `LOCALAPPDATA` is set for every user of Windows.
fn directory() -> io::Result<PathBuf> {
    let local = env::var_os("LOCALAPPDATA").map(PathBuf::from).filter(|path| path.is_absolute());
    let directory = local.unwrap_or_else(env::temp_dir).join("jwt-allauth");
    fs::create_dir_all(&directory)?;
    Ok(directory)
}

/// Creates a stage and a record of its place. Its name is random, so nobody else can have one with a record.
pub(crate) fn create_stage(path: &Path) -> io::Result<()> {
    let parent = canonical(path.parent().ok_or(ErrorKind::InvalidInput)?)?;
    let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
    fs::write(directory()?.join(name), parent.join(name).to_string_lossy().as_bytes())?;
    fs::create_dir(path)
}

pub(crate) fn remove_stage(path: &Path) -> io::Result<()> {
    fs::remove_dir_all(path)?;
    // A record without a stage means nothing.
    let _ = path.file_name().map(|name| directory().and_then(|directory| fs::remove_file(directory.join(name))));
    Ok(())
}

/// Whether the user's own run created this stage at this place.
pub(super) fn has_record(stage: &Path) -> io::Result<bool> {
    let name = stage.file_name().ok_or(ErrorKind::InvalidInput)?;
    match fs::read(directory()?.join(name)) {
        Ok(recorded) => Ok(recorded == canonical(stage)?.to_string_lossy().as_bytes()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// A file whose lock stands for the directory, which itself cannot be opened as a file. It stays: another run may be
/// waiting for it.
pub(crate) fn lockable(of: &Path) -> io::Result<File> {
    let hash = sha256(canonical(of)?.to_string_lossy().as_bytes()).replace(':', "-");
    OpenOptions::new().create(true).truncate(false).write(true).open(directory()?.join(format!("lock-{hash}")))
}
