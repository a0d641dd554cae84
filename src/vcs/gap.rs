//! Why a repository has no information about a project, or only part of its history.

use std::io::ErrorKind;
use std::path::Path;
use std::process::Stdio;

use super::{complaint, git};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Gap {
    NoGit,
    NoRepository,
    /// With git's own message.
    Refused(String),
    Shallow,
    Partial,
}

impl Gap {
    pub(crate) fn of(directory: &Path) -> Option<Self> {
        let ask = |arguments: &[&str]| git(directory).args(arguments).stdin(Stdio::null()).output();
        let shallow = match ask(&["rev-parse", "--is-shallow-repository"]) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Some(Self::NoGit),
            Err(error) => return Some(Self::Refused(error.to_string())),
            Ok(output) => output,
        };
        if !shallow.status.success() {
            let said = complaint(&String::from_utf8_lossy(&shallow.stderr));
            return Some(match said {
                Some(said) if said.contains("not a git repository") => Self::NoRepository,
                said => Self::Refused(said.unwrap_or_else(|| shallow.status.to_string())),
            });
        }
        if shallow.stdout.starts_with(b"true") {
            return Some(Self::Shallow);
        }
        let promisors = ask(&["config", "--bool", "--get-regexp", r"^remote\..*\.promisor$"]).ok()?;
        String::from_utf8_lossy(&promisors.stdout).contains(" true").then_some(Self::Partial)
    }

    /// Whether nothing is known, not even the current state.
    pub(crate) fn is_silence(&self) -> bool {
        matches!(self, Self::NoGit | Self::NoRepository | Self::Refused(_))
    }

    pub(crate) fn why(&self) -> String {
        match self {
            Self::NoGit => "git is not installed".into(),
            Self::NoRepository => "the project is in no repository".into(),
            Self::Refused(said) => format!("git does not read the repository: {said}"),
            Self::Shallow => "the repository is a shallow clone".into(),
            Self::Partial => "the repository is a partial clone".into(),
        }
    }

    pub(crate) fn remedy(&self) -> String {
        match self {
            Self::NoGit => "install git".into(),
            Self::NoRepository => "begin one: `git init && git add . && git commit`".into(),
            Self::Refused(said) if said.contains("dubious ownership") => {
                let place = said.split('\'').nth(1).unwrap_or("DIRECTORY");
                format!("if you trust whose it is: `git config --global --add safe.directory {place}`")
            }
            Self::Refused(_) => "see what `git status` says".into(),
            Self::Shallow => "bring its past: `git fetch --unshallow`".into(),
            Self::Partial => "bring all of its past: `git fetch --refetch --no-filter`".into(),
        }
    }
}
