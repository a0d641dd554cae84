//! `update` and `check`: a newer template meets a project that its owner has worked on.
//!
//! The older template is made from the one there is: a file of a real project, and its hash in the stamp, become what an
//! earlier version would have rendered.

mod across;
mod atomicity;
mod bases;
mod check;
mod dry_run;
mod ends;
mod features;
mod left;
mod merging;
mod modes;
mod moved;
mod refusals;
mod renames;
mod reproducible;
mod templates;
mod theirs;
mod ways;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::support::{Place, Ran};

const STAMP: &str = ".jwt-allauth.toml";

/// A project called `shop`, in a repository of its own.
struct Project {
    place: Place,
}

impl Project {
    fn new() -> Self {
        Self::of("")
    }

    fn of(options: &str) -> Self {
        let project = Self { place: Place::new() };
        project.start(options);
        project
    }

    fn start(&self, options: &str) {
        self.place.start(&format!("shop {options}")).succeeded();
        self.git("init -q");
        self.commit();
    }

    fn root(&self) -> PathBuf {
        self.place.work().join("shop")
    }

    fn read(&self, path: &str) -> String {
        self.place.read(&format!("shop/{path}"))
    }

    fn write(&self, path: &str, contents: &str) {
        self.place.write(&format!("shop/{path}"), contents);
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.root().join(path)).unwrap();
    }

    fn has(&self, path: &str) -> bool {
        self.root().join(path).exists()
    }

    fn run(&self, arguments: &str) -> Ran {
        Ran::of(&self.command(arguments).output().unwrap())
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = self.place.command(arguments);
        command.current_dir(self.root());
        command
    }

    fn update(&self, arguments: &str) -> Ran {
        self.run(&format!("update {arguments}"))
    }

    fn git(&self, arguments: &str) -> String {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=A", "-c", "user.email=a@b.c"]).args(arguments.split(' ')).current_dir(self.root());
        let output = git.output().unwrap();
        assert!(output.status.success(), "git {arguments}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn commit(&self) {
        self.git("add -A");
        self.git("commit -qm work --allow-empty");
    }

    fn stamp(&self) -> toml::Table {
        self.read(STAMP).parse().unwrap()
    }

    fn restamp(&self, change: impl FnOnce(&mut toml::Table)) {
        let mut stamp = self.stamp();
        change(&mut stamp);
        self.write(STAMP, &stamp.to_string());
    }

    /// As version 0.0.1 has rendered it, with these files otherwise than they are rendered now.
    fn aged(self, files: &[(&str, &str)]) -> Self {
        self.restamp(|stamp| {
            stamp["template"]["version"] = "0.0.1".into();
            for (path, contents) in files {
                stamp["files"].as_table_mut().unwrap().insert((*path).to_owned(), hash(contents).into());
                self.write(path, contents);
            }
        });
        self.commit();
        self
    }

    /// As a version has rendered it that knew nothing of these files.
    fn without(self, files: &[&str]) -> Self {
        self.restamp(|stamp| {
            for path in files {
                stamp["files"].as_table_mut().unwrap().remove(*path);
                self.remove(path);
            }
        });
        self.commit();
        self
    }

    fn copied(&self) -> Self {
        let copy = Self { place: Place::new() };
        let copied = Command::new("cp").arg("-a").args([self.root(), copy.root()]).status().unwrap();
        assert!(copied.success());
        copy
    }

    /// Everything in it but the repository, and the modes.
    fn everything(&self) -> Vec<(String, u32, Vec<u8>)> {
        use std::os::unix::fs::MetadataExt;
        let mut found = Vec::new();
        let mut open = vec![self.root()];
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_dir() {
                    open.extend(Some(entry.path()).filter(|path| !path.ends_with(".git")));
                } else {
                    let path = entry.path().strip_prefix(self.root()).unwrap().to_str().unwrap().to_owned();
                    let contents = fs::read(entry.path()).unwrap_or_default();
                    found.push((path, entry.metadata().unwrap().mode(), contents));
                }
            }
        }
        found.sort();
        found
    }
}

/// Rendered from a directory with these files.
fn with_skeleton(files: &[(&str, &str)]) -> Project {
    let project = Project { place: Place::new() };
    lay(&project, files);
    project.start("--template skeleton");
    project
}

/// In place of whatever the skeleton had.
fn lay(project: &Project, files: &[(&str, &str)]) {
    let skeleton = project.place.work().join("skeleton");
    if skeleton.exists() {
        fs::remove_dir_all(&skeleton).unwrap();
    }
    for (path, contents) in files {
        project.place.write(&format!("skeleton/{path}"), contents);
    }
}

fn update(project: &Project) -> Ran {
    project.update("--template ../skeleton")
}

fn hash(contents: &str) -> String {
    Sha256::digest(contents).iter().fold("sha256:".to_owned(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// What became of a file, by the listing of an update.
#[track_caller]
fn outcome(ran: &Ran, path: &str) -> String {
    let line = ran.stdout.lines().find(|line| line.split_whitespace().nth(1) == Some(path));
    let line = line.unwrap_or_else(|| panic!("no {path} in: {}{}", ran.stdout, ran.stderr));
    line.split_whitespace().next().unwrap().to_owned()
}
