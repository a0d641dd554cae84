//! A directory held open. Paths below it are opened without following links, even if others can write there.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path};

use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, mkdirat, open, openat, readlinkat, renameat, statat, symlinkat, unlinkat,
};
use rustix::process::geteuid;

use crate::platform::contents;
use crate::tree::sha256;

const DIRECTORY: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// Does not block on a pipe that somebody put there.
const FILE: OFlags = OFlags::NONBLOCK.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

pub(crate) struct Beneath(OwnedFd);

impl Beneath {
    pub(crate) fn open(directory: &Path) -> io::Result<Self> {
        Ok(Self(open(directory, DIRECTORY, Mode::empty())?))
    }

    pub(crate) fn directory(&self, name: &str) -> io::Result<Self> {
        Ok(Self(openat(&self.0, name, DIRECTORY, Mode::empty())?))
    }

    /// Whether it belongs to the user and is closed to everybody else.
    pub(crate) fn is_ours(&self) -> io::Result<bool> {
        self.is_of(geteuid().as_raw())
    }

    fn is_of(&self, user: u32) -> io::Result<bool> {
        let there = File::from(self.0.try_clone()?).metadata()?;
        let is_open = there.mode() & 0o077 != 0;
        Ok(there.uid() == user && !is_open)
    }

    /// Inode and change time of a file in it that is never touched again. The system assigns both, so neither a
    /// repository nor an archive of an attacker can contain them.
    pub(crate) fn seal(&self, file: &str) -> io::Result<String> {
        let made = self.file(file)?.metadata()?;
        Ok(format!("{} {}.{:09}", made.ino(), made.ctime(), made.ctime_nsec()))
    }

    pub(crate) fn file(&self, path: impl AsRef<Path>) -> io::Result<File> {
        let (parent, name) = self.parent(path.as_ref())?;
        let file = File::from(openat(parent, name, FILE, Mode::empty())?);
        if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no file")) }
    }

    /// Creates a new file, and its parent directories.
    pub(crate) fn create(&self, path: impl AsRef<Path>, mode: u32) -> io::Result<File> {
        self.make_parents(path.as_ref())?;
        let (parent, name) = self.parent(path.as_ref())?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | FILE;
        Ok(File::from(openat(parent, name, flags, Mode::from_raw_mode(mode))?))
    }

    pub(crate) fn create_link(&self, path: impl AsRef<Path>, target: &[u8]) -> io::Result<()> {
        self.make_parents(path.as_ref())?;
        let (parent, name) = self.parent(path.as_ref())?;
        Ok(symlinkat(OsStr::from_bytes(target), parent, name)?)
    }

    pub(crate) fn has(&self, path: impl AsRef<Path>) -> bool {
        self.kind(path.as_ref()).is_ok()
    }

    /// The hash of a file's contents, or of a link's target path. Anything else is an error.
    pub(crate) fn hash(&self, path: impl AsRef<Path>) -> io::Result<String> {
        let path = path.as_ref();
        match self.kind(path)? {
            FileType::Symlink => {
                let (parent, name) = self.parent(path)?;
                Ok(sha256(&readlinkat(parent, name, Vec::new())?.into_bytes()))
            }
            _ => Ok(sha256(&contents(self.file(path)?)?)),
        }
    }

    pub(crate) fn remove(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let (parent, name) = self.parent(path.as_ref())?;
        Ok(unlinkat(parent, name, AtFlags::empty())?)
    }

    pub(crate) fn remove_directory(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let (parent, name) = self.parent(path.as_ref())?;
        Ok(unlinkat(parent, name, AtFlags::REMOVEDIR)?)
    }

    /// Moves a file from another directory on the same file system to `path`.
    pub(crate) fn take(&self, path: impl AsRef<Path>, other: &Self, from: impl AsRef<Path>) -> io::Result<()> {
        self.make_parents(path.as_ref())?;
        let ((parent, name), (other, from)) = (self.parent(path.as_ref())?, other.parent(from.as_ref())?);
        Ok(renameat(other, from, parent, name)?)
    }

    fn make_parents(&self, path: &Path) -> io::Result<()> {
        let parents: Vec<&Path> = path.ancestors().skip(1).filter(|parent| *parent != Path::new("")).collect();
        for directory in parents.into_iter().rev() {
            let (parent, name) = self.parent(directory)?;
            match mkdirat(parent, name, Mode::from_raw_mode(0o777)).map_err(io::Error::from) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    fn kind(&self, path: &Path) -> io::Result<FileType> {
        let (parent, name) = self.parent(path)?;
        Ok(FileType::from_raw_mode(statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?.st_mode))
    }

    fn parent<'p>(&self, path: &'p Path) -> io::Result<(OwnedFd, &'p OsStr)> {
        let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
        let mut parent = self.0.try_clone()?;
        for part in path.parent().into_iter().flat_map(Path::components) {
            let Component::Normal(part) = part else { return Err(ErrorKind::InvalidInput.into()) };
            parent = openat(&parent, part, DIRECTORY, Mode::empty())?;
        }
        Ok((parent, name))
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use tempfile::TempDir;

    use super::*;
    use crate::platform::create_private;

    #[test]
    fn a_directory_is_ours_if_nobody_else_owns_it_or_can_open_it() {
        let home = TempDir::new().unwrap();
        let directory = home.path().join("ours");
        create_private(&directory).unwrap();
        let beneath = Beneath::open(&directory).unwrap();
        assert!(beneath.is_ours().unwrap() && !beneath.is_of(geteuid().as_raw() + 1).unwrap());
        for mode in [0o777, 0o770, 0o707, 0o755, 0o750, 0o711] {
            fs::set_permissions(&directory, Permissions::from_mode(mode)).unwrap();
            assert!(!beneath.is_ours().unwrap(), "{mode:o}");
        }
    }

    /// Somebody else with write access replaces the directory.
    #[test]
    fn a_directory_that_is_held_stays_the_same_one() {
        let home = TempDir::new().unwrap();
        let [held, aside, theirs] = ["held", "aside", "theirs"].map(|name| home.path().join(name));
        fs::create_dir(&held).unwrap();
        fs::create_dir(&theirs).unwrap();
        let beneath = Beneath::open(&held).unwrap();
        fs::rename(&held, &aside).unwrap();
        symlink(&theirs, &held).unwrap();
        beneath.create("a/b", 0o600).unwrap();
        assert!(aside.join("a/b").exists() && !theirs.join("a").exists());
    }
}
