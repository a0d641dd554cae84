//! A temporary directory, readable by its owner alone. It removes itself.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Kind};
use crate::platform::{self, COMMON_TEMPORARY};

pub(crate) const REMEDY: &str =
    "`TMPDIR` names the directory for what is needed for a moment: it has to be there, yours to write to, and not full";

pub(crate) struct Scratch {
    path: PathBuf,
}

impl Scratch {
    pub(crate) fn create() -> Result<Self, Failure> {
        Self::below(&env::temp_dir())
    }

    /// Creates one whose path contains no tag and no character that gets replaced: cargo-generate renders whole paths.
    pub(crate) fn plain() -> Result<Self, Failure> {
        let usual = env::temp_dir();
        let is_plain = |path: &Path| {
            path.to_str().is_some_and(|path| path.chars().all(|c| c.is_alphanumeric() || "/-_.".contains(c)))
        };
        let resolved = platform::canonical(&usual).unwrap_or_else(|_| usual.clone());
        let other = COMMON_TEMPORARY.map(Path::new).filter(|_| !is_plain(&resolved));
        Self::below(other.unwrap_or(&usual))
    }

    fn below(directory: &Path) -> Result<Self, Failure> {
        let created = getrandom::u64().map_err(io::Error::other).and_then(|number| {
            let path = directory.join(format!("jwt-allauth-{number:016x}"));
            // Fails if the directory exists, so that nobody else can have prepared it.
            platform::create_private(&path)?;
            platform::canonical(&path)
        });
        Ok(Self { path: created.map_err(|error| unusable(directory, &error))? })
    }

    /// A file in it could not be written.
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

/// Recognizes a full disk in the output of another program.
pub(crate) fn is_full(said: &str) -> bool {
    let said = said.to_lowercase();
    ["no space left on device", "disk quota exceeded", "out of diskspace"].iter().any(|words| said.contains(words))
}

/// How git begins to say that it cannot do something, and what it would have done.
const CANNOT: [&str; 6] = ["cannot ", "can't ", "could not ", "couldn't ", "failed to ", "unable to "];
const WRITE: [&str; 8] = ["append", "close", "copy", "create", "flush", "lock", "store", "write"];

/// The same for git, which often does not pass on why it could not write.
pub(crate) fn is_unwritable(said: &str) -> bool {
    let cannot_write = |line: &str| {
        let lower = line.to_ascii_lowercase();
        CANNOT.iter().any(|cannot| {
            let Some(at) = lower.find(cannot).map(|at| at + cannot.len()) else { return false };
            // The system's reasons begin with a capital.
            let has_reason = line[at..].split(": ").skip(1).any(|part| part.starts_with(char::is_uppercase));
            !has_reason && WRITE.iter().any(|write| lower[at..].starts_with(write))
        })
    };
    is_full(said) || said.lines().any(|line| line.contains("write error") || cannot_write(line))
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // The system cleans up leftovers.
        let _ = fs::remove_dir_all(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_by_whoever_meets_it() {
        for said in ["os error 28: No space left on device", "fatal: cannot create x: Disk quota exceeded"] {
            assert!(is_full(said) && is_unwritable(said), "{said}");
        }
        for said in [
            "error: failed to write new configuration file /tmp/a/.git/config.lock",
            "fatal: Unable to write new index file",
            "error: unable to write file src/main.rs",
            "Cloning\nfatal: cannot store pack file",
            "fatal: sha1 file '/tmp/a' write error. Out of diskspace",
            "fatal: write error",
            "error: could not lock config file .git/config: No space left on device",
        ] {
            assert!(is_unwritable(said), "{said}");
        }
        for said in [
            "fatal: repository not found",
            "fatal: Could not read from remote repository.",
            "fatal: unable to access 'https://example.com/a.git/': Could not resolve host: example.com",
            "error: unable to create file a: File name too long",
            "fatal: couldn't find remote ref write",
        ] {
            assert!(!is_unwritable(said), "{said}");
        }
        let failure = Scratch::failed(Path::new("/somewhere"), &io::ErrorKind::StorageFull.into());
        assert!(failure.message.starts_with("`/somewhere`, which is needed for a moment"), "{failure}");
        assert_eq!(failure.hints, [REMEDY]);
    }
}
