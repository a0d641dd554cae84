//! Creates the first commit with the installed git.

pub(crate) mod gap;
pub(crate) mod history;

use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use ignore::gitignore::GitignoreBuilder;

use crate::cli::{StartProject, Vcs};
use crate::failure::{Failure, Kind};
use crate::tree::File;

pub(crate) const IGNORE_FILE: &str = ".gitignore";
/// Hooks, signatures and strict checks are for the user's own commits; background jobs would outlive the command.
const SETTINGS: [&str; 6] = [
    "commit.gpgSign=false",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.safecrlf=false",
    "gc.auto=0",
    "maintenance.auto=false",
];
const COMMIT: &str = "commit -m \"Start project\"";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Committed,
    /// A repository without a commit, as requested.
    Initialised,
    /// No repository, with the reason.
    Skipped(&'static str),
    /// No repository, because git is not installed.
    NoGit,
    /// The project was written, but git failed.
    Failed {
        why: String,
        next: String,
    },
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Git {
    wanted: bool,
    /// Requested explicitly, so that a failure sets the exit code.
    pub(crate) demanded: bool,
    commit: bool,
}

impl Git {
    pub(crate) fn of(arguments: &StartProject) -> Result<Self, Failure> {
        let demanded = arguments.vcs == Some(Vcs::Git);
        if demanded && git(Path::new(".")).arg("--version").output().is_err() {
            let failure = Failure::new(Kind::Git, "`--vcs git` needs git, which is not installed");
            return Err(failure.hint("install git, or take `--vcs none`"));
        }
        Ok(Self { wanted: arguments.vcs != Some(Vcs::None), demanded, commit: !arguments.no_commit })
    }

    pub(crate) fn none() -> Self {
        Self { wanted: false, demanded: false, commit: false }
    }

    /// Adds `files` in `stage` to a new repository there, unless their destination `home` is already in one.
    pub(crate) fn start(self, stage: &Path, home: &Path, files: &[&File]) -> Outcome {
        if !self.wanted {
            return Outcome::Skipped("none was asked for");
        }
        if files.is_empty() {
            return Outcome::Skipped("there is nothing to commit");
        }
        if home.ancestors().any(|directory| directory.join(".git").exists()) {
            return Outcome::Skipped("the directory is inside a repository already");
        }
        match self.init_and_commit(stage, files) {
            Ok(outcome) => outcome,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Outcome::NoGit,
            Err(error) => Outcome::Failed { why: error.to_string(), next: add_and_commit(stage) },
        }
    }

    fn init_and_commit(self, stage: &Path, files: &[&File]) -> io::Result<Outcome> {
        run(git(stage).args(["init", "--quiet"]), &[])?;
        if !self.commit {
            return Ok(Outcome::Initialised);
        }
        add(stage, files)?;
        let message = concat!("Start project with jwt-allauth ", env!("CARGO_PKG_VERSION"));
        Ok(match run(git(stage).args(["commit", "--quiet", "--no-verify", "--message", message]), &[]) {
            Ok(()) => Outcome::Committed,
            // Files that were added stay added.
            Err(error) => Outcome::Failed { why: error.to_string(), next: format!("git {COMMIT}") },
        })
    }
}

/// Adds by name and with force, so that no secret is added and no global ignore file applies.
fn add(stage: &Path, files: &[&File]) -> io::Result<()> {
    let paths: Vec<&str> = files.iter().filter(|file| !file.is_secret()).map(|file| file.path.as_str()).collect();
    let add = ["add", "--force", "--pathspec-from-file=-", "--pathspec-file-nul"];
    run(git(stage).args(add), paths.join("\0").as_bytes())
}

/// The commands to repeat it by hand, if a setting of the user's forbids it.
fn add_and_commit(stage: &Path) -> String {
    // Not run through `git`, which overrides this setting.
    let strict = Command::new("git").args(["config", "core.safecrlf"]).current_dir(stage).output();
    let is_strict = strict.is_ok_and(|output| output.stdout.trim_ascii() == b"true");
    let strictness = if is_strict { "-c core.safecrlf=false " } else { "" };
    format!("git init && git {strictness}add . && git {COMMIT}")
}

/// The paths that the directory's ignore file does not cover; all of them if it cannot be read.
pub(crate) fn not_ignored(directory: &Path, mut paths: Vec<String>) -> Vec<String> {
    let mut builder = GitignoreBuilder::new(directory);
    if builder.add(directory.join(IGNORE_FILE)).is_none()
        && let Ok(ignored) = builder.build()
    {
        paths.retain(|path| !ignored.matched_path_or_any_parents(path, false).is_ignore());
    }
    paths
}

/// git without a terminal, background processes or a repository from the environment.
pub(crate) fn git(directory: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(directory).env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"] {
        command.env_remove(variable);
    }
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    command
}

fn run(command: &mut Command, input: &[u8]) -> io::Result<()> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // If git exits early, its exit status says more than the closed pipe.
        let _ = stdin.write_all(input);
    }
    let output = child.wait_with_output()?;
    if output.status.success() { Ok(()) } else { Err(io::Error::other(reason(&output))) }
}

fn reason(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    if stderr.contains("Please tell me who you are") {
        return "git does not know your name and address (`git config --global user.name`, `user.email`)".into();
    }
    complaint(&stderr).unwrap_or_else(|| output.status.to_string())
}

/// The line of git's output that names the problem.
pub(crate) fn complaint(stderr: &str) -> Option<String> {
    let said = stderr.lines().find(|line| line.starts_with("fatal:") || line.starts_with("error:"));
    said.or(stderr.lines().next()).map(str::to_owned)
}
