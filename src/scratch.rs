//! A directory for what is needed only for a moment, readable by its owner alone. It removes itself.

use std::env;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

pub(crate) struct Scratch {
    path: PathBuf,
}

impl Scratch {
    pub(crate) fn create() -> io::Result<Self> {
        let number = getrandom::u64().map_err(io::Error::other)?;
        let path = env::temp_dir().join(format!("jwt-allauth-{number:016x}"));
        // Fails on one that is there: nobody else has a hand in it.
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self { path: path.canonicalize()? })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is the system's to clear.
        let _ = fs::remove_dir_all(&self.path);
    }
}
