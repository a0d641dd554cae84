//! Fetches a template's repository with the installed git.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::choice;
use super::location::Repository;
use crate::errand::{self, Outcome};
use crate::failure::{Failure, Kind};
use crate::platform;
use crate::scratch::{self, Scratch};
use crate::signals::Writing;
use crate::vcs;

/// Where a template was fetched from.
#[derive(Debug, Clone)]
pub(crate) struct Fetched {
    /// Without the password that its URL may contain.
    pub(crate) repository: String,
    pub(crate) commit: String,
}

/// A repository's files for a moment.
pub(super) struct Checkout {
    _removes_itself: Scratch,
    /// The template's directory.
    pub(super) folder: PathBuf,
    pub(super) fetched: Fetched,
    /// The location, and what is written between it and a folder.
    pub(super) location: String,
    pub(super) joint: &'static str,
}

impl Checkout {
    pub(super) fn of(repository: &Repository, writing: &Writing) -> Result<Self> {
        let scratch = Scratch::create()?;
        let directory = scratch.path().join(repository.name());
        fs::create_dir(&directory).map_err(|error| Scratch::failed(&directory, &error))?;
        let fetched = fetch(repository, &directory, writing)?;
        let folder = folder(repository, &directory)?;
        let joint = if repository.folder.is_some() { "/" } else { "//" };
        Ok(Self { _removes_itself: scratch, folder, fetched, location: repository.before_a_folder(), joint })
    }
}

/// Fetches the repository's files into `directory`.
fn fetch(repository: &Repository, directory: &Path, writing: &Writing) -> Result<Fetched> {
    let reference = repository.reference.as_deref().unwrap_or("HEAD");
    let git = |arguments: &[&str]| run(repository, git(directory).args(arguments), writing);
    git(&["init", "--quiet", "--template="])?;
    // One commit of one reference, which may be a branch, a tag or the commit itself.
    git(&["fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--", &repository.url, reference])?;
    git(&["checkout", "--quiet", "--detach", "FETCH_HEAD"])?;
    let commit = git(&["rev-parse", "HEAD"])?.stdout.trim().to_owned();
    has_no_submodule(repository, &git(&["ls-files", "--stage"])?.stdout)?;
    Ok(Fetched { repository: repository.to_string(), commit })
}

/// The template's directory: the repository's, or the requested folder.
fn folder(repository: &Repository, directory: &Path) -> Result<PathBuf, Failure> {
    let Some(folder) = &repository.folder else { return Ok(directory.to_owned()) };
    let missing = || {
        Failure::new(Kind::Template, format!("the template `{repository}`: there is no folder `{folder}` in it"))
            .naming_template()
            .hint(choice::there_is(directory, repository.name()))
    };
    let root = platform::canonical(directory).map_err(|_| missing())?;
    let found = platform::canonical(&root.join(folder)).map_err(|_| missing())?;
    if found.is_dir() && found.starts_with(&root) { Ok(found) } else { Err(missing()) }
}

/// git would leave a submodule's directory empty, and its files would be missing in the project.
fn has_no_submodule(repository: &Repository, listed: &str) -> Result<(), Failure> {
    let path = |line: &str| line.strip_prefix("160000 ")?.split_once('\t').map(|(_, path)| path.to_owned());
    let is_meant = |path: &String| repository.folder.as_ref().is_none_or(|folder| Path::new(path).starts_with(folder));
    Failure::gathered(listed.lines().filter_map(path).filter(is_meant).map(|path| {
        Failure::at(&path, None, "a submodule, which is not fetched").hint(
            "clone the repository with `git clone --recurse-submodules`, remove the `.git` of the submodule, and name the \
             directory",
        )
    }))
}

/// git without prompts, and without running anything from the repository.
fn git(directory: &Path) -> Command {
    let mut command = vcs::git(directory);
    command.args(["-c", "core.askPass=", "-c", "credential.interactive=never"]);
    command.env_remove("GIT_ASKPASS").env_remove("SSH_ASKPASS");
    if ["GIT_SSH", "GIT_SSH_COMMAND"].iter().all(|variable| env::var_os(variable).is_none()) {
        command.env("GIT_SSH_COMMAND", "ssh -oBatchMode=yes");
    }
    command
}

fn run(repository: &Repository, command: &mut Command, writing: &Writing) -> Result<Outcome> {
    let outcome = match errand::run(command, writing) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(no_git(repository).into()),
        outcome => outcome.context("git cannot be run")?,
    };
    writing.check()?;
    let outcome = outcome.context("git was interrupted")?;
    if outcome.status.success() { Ok(outcome) } else { Err(failed(repository, &outcome).into()) }
}

fn no_git(repository: &Repository) -> Failure {
    Failure::new(Kind::Git, format!("the template `{repository}` needs git, which is not installed"))
        .naming_template()
        .hint("install git, or name a directory that holds the template")
}

fn failed(repository: &Repository, outcome: &Outcome) -> Failure {
    // Some versions of git repeat a URL with its password.
    let said = outcome.stderr.replace(&repository.url, &repository.to_string());
    let why = vcs::complaint(&said).unwrap_or_else(|| outcome.status.to_string());
    let failure =
        Failure::new(Kind::Git, format!("the template `{repository}` cannot be fetched: {why}")).naming_template();
    if scratch::is_unwritable(&said) {
        return failure.hint(scratch::REMEDY);
    }
    if why.contains("could not read") || why.contains("ermission denied") || why.contains("Authentication") {
        return failure.hint("nobody is asked for a password: see that `git clone` of it works without one");
    }
    if repository.has_short_commit() {
        return failure.hint("a commit has to be named in full, by its 40 digits");
    }
    failure.hint("see that the address, and the branch, tag or commit after `@`, are there")
}
