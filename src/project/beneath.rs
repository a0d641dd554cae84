//! A directory held open: what is named below it is reached through no link, whoever else can write there.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, mkdirat, open, openat, readlinkat, renameat, statat, unlinkat};

use crate::tree::sha256;

/// Far beyond any file that a template brings, or a journal that speaks of them.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
const DIRECTORY: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// A pipe that somebody put there must not be waited for.
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

    pub(super) fn file(&self, path: &str) -> io::Result<File> {
        let (parent, name) = self.parent(path)?;
        let file = File::from(openat(parent, name, FILE, Mode::empty())?);
        if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no file")) }
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.kind(path).is_ok()
    }

    /// Of a link it is that of the path it leads to; of what is neither it is nothing's.
    pub(super) fn hash(&self, path: &str) -> io::Result<String> {
        match self.kind(path)? {
            FileType::Symlink => {
                let (parent, name) = self.parent(path)?;
                Ok(sha256(&readlinkat(parent, name, Vec::new())?.into_bytes()))
            }
            _ => Ok(sha256(&contents(self.file(path)?)?)),
        }
    }

    pub(super) fn remove(&self, path: &str) -> io::Result<()> {
        let (parent, name) = self.parent(path)?;
        Ok(unlinkat(parent, name, AtFlags::empty())?)
    }

    pub(super) fn remove_directory(&self, path: &str) -> io::Result<()> {
        let (parent, name) = self.parent(path)?;
        Ok(unlinkat(parent, name, AtFlags::REMOVEDIR)?)
    }

    /// Moves to `path` what lies at a path of another directory of the same file system.
    pub(super) fn take(&self, path: &str, other: &Self, from: &str) -> io::Result<()> {
        for (end, _) in path.match_indices('/') {
            let (parent, name) = self.parent(&path[..end])?;
            match mkdirat(parent, name, Mode::from_raw_mode(0o777)) {
                Err(error) if io::Error::from(error).kind() != ErrorKind::AlreadyExists => return Err(error.into()),
                _ => {}
            }
        }
        let ((parent, name), (other, from)) = (self.parent(path)?, other.parent(from)?);
        Ok(renameat(other, from, parent, name)?)
    }

    fn kind(&self, path: &str) -> io::Result<FileType> {
        let (parent, name) = self.parent(path)?;
        Ok(FileType::from_raw_mode(statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?.st_mode))
    }

    fn parent<'p>(&self, path: &'p str) -> io::Result<(OwnedFd, &'p str)> {
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut parent = self.0.try_clone()?;
        for part in above.split('/').filter(|part| !part.is_empty()) {
            parent = openat(&parent, part, DIRECTORY, Mode::empty())?;
        }
        Ok((parent, name))
    }
}

/// Of a file that somebody else may have made as large as they like.
pub(super) fn contents(file: File) -> io::Result<Vec<u8>> {
    let mut contents = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut contents)?;
    if contents.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("it is larger than {} MiB", MAX_BYTES / 1024 / 1024)));
    }
    Ok(contents)
}
