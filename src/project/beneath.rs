//! A directory held open. Paths below it are opened without following links, even if others can write there.

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::os::fd::OwnedFd;
use std::path::{Component, Path};

use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, mkdirat, open, openat, readlinkat, renameat, statat, symlinkat, unlinkat,
};

use crate::tree::sha256;

/// Far more than any template file, or a journal of them.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
const DIRECTORY: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// Does not block on a pipe that somebody put there.
const FILE: OFlags = OFlags::NONBLOCK.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

pub(super) struct Beneath(OwnedFd);

impl Beneath {
    pub(super) fn open(directory: &Path) -> io::Result<Self> {
        Ok(Self(open(directory, DIRECTORY, Mode::empty())?))
    }

    pub(super) fn directory(&self, name: &str) -> io::Result<Self> {
        Ok(Self(openat(&self.0, name, DIRECTORY, Mode::empty())?))
    }

    pub(super) fn metadata(&self) -> io::Result<Metadata> {
        File::from(self.0.try_clone()?).metadata()
    }

    pub(super) fn file(&self, path: impl AsRef<Path>) -> io::Result<File> {
        let (parent, name) = self.parent(path.as_ref())?;
        let file = File::from(openat(parent, name, FILE, Mode::empty())?);
        if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no file")) }
    }

    /// Creates a new file, and its parent directories.
    pub(super) fn create(&self, path: impl AsRef<Path>, mode: u32) -> io::Result<File> {
        self.make_parents(path.as_ref())?;
        let (parent, name) = self.parent(path.as_ref())?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | FILE;
        Ok(File::from(openat(parent, name, flags, Mode::from_raw_mode(mode))?))
    }

    pub(super) fn create_link(&self, path: impl AsRef<Path>, target: &OsStr) -> io::Result<()> {
        self.make_parents(path.as_ref())?;
        let (parent, name) = self.parent(path.as_ref())?;
        Ok(symlinkat(target, parent, name)?)
    }

    pub(super) fn has(&self, path: impl AsRef<Path>) -> bool {
        self.kind(path.as_ref()).is_ok()
    }

    /// The hash of a file's contents, or of a link's target path. Anything else is an error.
    pub(super) fn hash(&self, path: impl AsRef<Path>) -> io::Result<String> {
        let path = path.as_ref();
        match self.kind(path)? {
            FileType::Symlink => {
                let (parent, name) = self.parent(path)?;
                Ok(sha256(&readlinkat(parent, name, Vec::new())?.into_bytes()))
            }
            _ => Ok(sha256(&contents(self.file(path)?)?)),
        }
    }

    pub(super) fn remove(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let (parent, name) = self.parent(path.as_ref())?;
        Ok(unlinkat(parent, name, AtFlags::empty())?)
    }

    pub(super) fn remove_directory(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let (parent, name) = self.parent(path.as_ref())?;
        Ok(unlinkat(parent, name, AtFlags::REMOVEDIR)?)
    }

    /// Moves a file from another directory on the same file system to `path`.
    pub(super) fn take(&self, path: impl AsRef<Path>, other: &Self, from: impl AsRef<Path>) -> io::Result<()> {
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

/// Reads a file, up to a limit: somebody else may have made it arbitrarily large.
pub(super) fn contents(file: File) -> io::Result<Vec<u8>> {
    let mut contents = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut contents)?;
    if contents.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("it is larger than {} MiB", MAX_BYTES / 1024 / 1024)));
    }
    Ok(contents)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn nothing_is_reached_through_a_link_or_above_the_directory() {
        let home = TempDir::new().unwrap();
        for path in ["outside/deep", "inside"] {
            fs::create_dir_all(home.path().join(path)).unwrap();
        }
        fs::write(home.path().join("outside/theirs"), "theirs").unwrap();
        symlink("../outside", home.path().join("inside/link")).unwrap();
        symlink("../outside/theirs", home.path().join("inside/file")).unwrap();
        let inside = Beneath::open(&home.path().join("inside")).unwrap();
        inside.create("ours", 0o600).unwrap();
        for above in ["link", "..", "../outside", "./link"] {
            let [theirs, deep, new] = ["theirs", "deep", "new"].map(|name| Path::new(above).join(name));
            assert!(!inside.has(&theirs) && inside.file(&theirs).is_err() && inside.hash(&theirs).is_err(), "{above}");
            assert!(inside.create(&new, 0o600).is_err() && inside.create_link(&new, "x".as_ref()).is_err(), "{above}");
            assert!(inside.take(&new, &inside, "ours").is_err() && inside.take("new", &inside, &theirs).is_err());
            assert!(inside.remove(&theirs).is_err() && inside.remove_directory(&deep).is_err(), "{above}");
            assert!(inside.create(Path::new(above).join("new/deep"), 0o600).is_err(), "{above}");
        }
        assert!(inside.file("file").is_err() && inside.create("file", 0o600).is_err(), "a link itself is not its end");
        assert!(Beneath::open(&home.path().join("inside/link")).is_err() && inside.directory("link").is_err());
        let mut left: Vec<_> =
            fs::read_dir(home.path().join("outside")).unwrap().map(|e| e.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["deep", "theirs"]);
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
