//! Programs to measure: a project rendered and built by this commit, and one by the commit compared with.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

pub(crate) struct Built {
    pub(crate) name: &'static str,
    pub(crate) project: PathBuf,
    pub(crate) server: PathBuf,
}

/// Renders a project with the program in `source` and builds its server.
pub(crate) fn project(name: &'static str, source: &Path, directory: &Path) -> Result<Built> {
    // Nothing is shared: cargo takes what another checkout of the same package left for up to date.
    let directory = directory.join(name);
    let project = render(name, source, &directory)?;
    let target = directory.join("target");
    eprintln!("{name}: building the server");
    run(cargo(&project, &target).args(["build", "--release", "--locked", "--quiet"]))?;
    Ok(Built { name, project, server: target.join("release/myproject") })
}

fn render(name: &str, source: &Path, directory: &Path) -> Result<PathBuf> {
    let project = directory.join("project");
    eprintln!("{name}: rendering a project");
    let mut render = cargo(source, &directory.join("program"));
    render.args(["run", "--locked", "--quiet", "--", "startproject", "myproject"]).arg(&project);
    render.args(["--vcs", "none", "--quiet", "--if-exists", "overwrite"]).stdout(Stdio::null());
    run(&mut render)?;
    Ok(project)
}

/// A worktree of another commit.
pub(crate) fn worktree(root: &Path, commit: &str, directory: &Path) -> Result<PathBuf> {
    let source = directory.join("base-source");
    if source.exists() {
        run(Command::new("git").current_dir(&source).args(["checkout", "--quiet", "--detach", commit]))?;
    } else {
        let mut add = Command::new("git");
        add.current_dir(root).args(["worktree", "add", "--quiet", "--force", "--detach"]).arg(&source);
        run(add.arg(commit))?;
    }
    Ok(source)
}

/// How long the first `cargo build` of a project takes from nothing, with its dependencies downloaded: what somebody
/// waits for before the first answer.
pub(crate) fn first_build(built: &Built, directory: &Path) -> Result<Duration> {
    let target = directory.join("first-build");
    let _ = std::fs::remove_dir_all(&target);
    let began = Instant::now();
    run(cargo(&built.project, &target).args(["build", "--locked", "--quiet", "--offline"]))?;
    Ok(began.elapsed())
}

fn cargo(directory: &Path, target: &Path) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(directory).env("CARGO_TARGET_DIR", target).env_remove("RUSTFLAGS").stdin(Stdio::null());
    cargo
}

pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot run {command:?}"))?;
    ensure!(status.success(), "{command:?} failed: {status}");
    Ok(())
}
