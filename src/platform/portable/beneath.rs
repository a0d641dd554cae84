//! A directory by its path. Paths below it are refused if they lead through a link at the moment of the call; unlike on
//! Unix, somebody who can write there could still put one in place right afterwards.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use super::{link_target, records};
use crate::platform::contents;
use crate::tree::sha256;

pub(crate) struct Beneath(PathBuf);

impl Beneath {
    pub(crate) fn open(directory: &Path) -> io::Result<Self> {
        is_directory(directory)?;
        Ok(Self(directory.to_owned()))
    }

    pub(crate) fn directory(&self, name: &str) -> io::Result<Self> {
        Self::open(&self.place(Path::new(name))?)
    }

    /// Whether it is a stage that the user's own run created here.
    pub(crate) fn is_ours(&self) -> io::Result<bool> {
        records::has_record(&self.0)
    }

    /// Ties a journal to its stage. That the stage is in its place is in the user's own records.
    pub(crate) fn seal(&self, _file: &str) -> io::Result<String> {
        Ok(self.0.file_name().ok_or(ErrorKind::InvalidInput)?.to_string_lossy().into_owned())
    }

    pub(crate) fn file(&self, path: impl AsRef<Path>) -> io::Result<File> {
        let place = self.place(path.as_ref())?;
        if !fs::symlink_metadata(&place)?.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        File::open(place)
    }

    /// Creates a new file, and its parent directories. There are no modes.
    pub(crate) fn create(&self, path: impl AsRef<Path>, _mode: u32) -> io::Result<File> {
        self.make_parents(path.as_ref())?;
        OpenOptions::new().write(true).create_new(true).open(self.place(path.as_ref())?)
    }

    #[expect(clippy::unused_self, reason = "it is needed on Unix")]
    pub(crate) fn create_link(&self, _path: impl AsRef<Path>, _target: &[u8]) -> io::Result<()> {
        Err(io::Error::new(
            ErrorKind::Unsupported,
            "it is a symbolic link, which this program does not create on this system",
        ))
    }

    pub(crate) fn has(&self, path: impl AsRef<Path>) -> bool {
        self.place(path.as_ref()).is_ok_and(|place| fs::symlink_metadata(place).is_ok())
    }

    /// The hash of a file's contents, or of a link's target path. Anything else is an error.
    pub(crate) fn hash(&self, path: impl AsRef<Path>) -> io::Result<String> {
        let place = self.place(path.as_ref())?;
        if fs::symlink_metadata(&place)?.is_symlink() {
            return Ok(sha256(&link_target(&place)?));
        }
        Ok(sha256(&contents(self.file(path)?)?))
    }

    pub(crate) fn remove(&self, path: impl AsRef<Path>) -> io::Result<()> {
        fs::remove_file(self.place(path.as_ref())?)
    }

    pub(crate) fn remove_directory(&self, path: impl AsRef<Path>) -> io::Result<()> {
        fs::remove_dir(self.place(path.as_ref())?)
    }

    /// Moves a file from another directory on the same file system to `path`.
    pub(crate) fn take(&self, path: impl AsRef<Path>, other: &Self, from: impl AsRef<Path>) -> io::Result<()> {
        self.make_parents(path.as_ref())?;
        fs::rename(other.place(from.as_ref())?, self.place(path.as_ref())?)
    }

    fn make_parents(&self, path: &Path) -> io::Result<()> {
        let parents: Vec<&Path> = path.ancestors().skip(1).filter(|parent| *parent != Path::new("")).collect();
        for directory in parents.into_iter().rev() {
            match fs::create_dir(self.place(directory)?) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// The path of something below this directory, whose parents are directories and no links.
    fn place(&self, path: &Path) -> io::Result<PathBuf> {
        path.file_name().ok_or(ErrorKind::InvalidInput)?;
        let mut place = self.0.clone();
        is_directory(&place)?;
        let mut parts = path.components().peekable();
        while let Some(part) = parts.next() {
            let Component::Normal(name) = part else { return Err(ErrorKind::InvalidInput.into()) };
            // On Windows a colon leads to another stream of a file.
            if name.to_string_lossy().contains(':') {
                return Err(io::Error::new(ErrorKind::InvalidInput, "its name has a colon"));
            }
            place.push(name);
            if parts.peek().is_some() {
                is_directory(&place)?;
            }
        }
        Ok(place)
    }
}

fn is_directory(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() { Ok(()) } else { Err(ErrorKind::NotADirectory.into()) }
}
