//! A place of its own for every test, and the program run in it with an environment that holds nothing by accident.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_jwt-allauth");

pub(crate) struct Place {
    _removes_itself: TempDir,
    path: PathBuf,
}

pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    /// With a git that knows nobody.
    pub(crate) fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let path = directory.path().canonicalize().unwrap();
        fs::create_dir(path.join("work")).unwrap();
        Self { _removes_itself: directory, path }
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.path.join("work")
    }

    pub(crate) fn command(&self, arguments: &str) -> Command {
        self.command_of(arguments.split_whitespace())
    }

    pub(crate) fn command_of<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).current_dir(self.work()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap());
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        command.stdin(std::process::Stdio::null());
        command
    }

    /// By somebody who is stopped by permissions, as the one who runs the tests may not be. All of the place is theirs.
    pub(crate) fn unprivileged(&self, arguments: &str) -> Command {
        const NOBODY: u32 = 65534;
        let mut command = self.command(arguments);
        let owner = fs::metadata(&self.path).unwrap().uid();
        if owner == 0 || owner == NOBODY {
            let given = Command::new("chown").args(["-R", "65534:65534"]).arg(&self.path).status().unwrap();
            assert!(given.success());
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    pub(crate) fn run(&self, arguments: &str) -> Ran {
        Ran::of(&self.command(arguments).output().unwrap())
    }

    /// Without git, for the tests that are not about it.
    pub(crate) fn start(&self, arguments: &str) -> Ran {
        self.run(&format!("startproject --vcs none {arguments}"))
    }

    /// A folder for `PATH` with a git that runs these lines of shell.
    pub(crate) fn fake_git(&self, script: &str) -> PathBuf {
        let folder = self.path.join("bin");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("git"), format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(folder.join("git"), fs::Permissions::from_mode(0o755)).unwrap();
        folder
    }

    /// The path of a repository whose one commit holds what was written to this folder.
    pub(crate) fn repository(&self, folder: &str) -> String {
        let folder = self.work().join(folder);
        for arguments in ["init -q -b main", "add -f .", "-c user.name=A -c user.email=a@b.c commit -qm one", "tag v1"]
        {
            let status = Command::new("git").args(arguments.split(' ')).current_dir(&folder).status().unwrap();
            assert!(status.success(), "git {arguments}");
        }
        let bare = self.path.join("skeleton.git");
        let clone = Command::new("git").args(["clone", "-q", "--bare"]).args([&folder, &bare]).status().unwrap();
        assert!(clone.success());
        format!("file://{}", bare.display())
    }

    pub(crate) fn write(&self, path: &str, contents: &str) {
        let path = self.work().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.work().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// What lies in the working directory, hidden things included.
    pub(crate) fn entries(&self) -> Vec<String> {
        names_in(&self.work())
    }

    /// The paths that a dry run lists, which are those of a whole project.
    pub(crate) fn promised(&self) -> Vec<String> {
        let listed = self.start("promised --dry-run").stdout;
        listed.lines().map(|line| line.split_whitespace().nth(2).unwrap().to_owned()).collect()
    }

    pub(crate) fn is_whole(&self, project: &str) -> bool {
        let root = self.work().join(project);
        self.promised().iter().all(|path| root.join(path).is_file())
    }

    /// Whatever is long enough to be random in the files that only their owner can read.
    pub(crate) fn secrets(&self, project: &str) -> Vec<String> {
        let files = self.promised().into_iter().filter(|path| is_secret(path));
        let texts = files.map(|path| self.read(&format!("{project}/{path}")));
        let random = |word: &&str| word.len() >= 43;
        let base64 = |c: char| c.is_ascii_alphanumeric() || "+/-_=".contains(c);
        texts
            .flat_map(|text| text.split(|c| !base64(c)).filter(random).map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }
}

impl Ran {
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let code = output.status.code().unwrap_or_else(|| panic!("{}", output.status));
        Self { code, stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        self.ended_with(0)
    }

    #[track_caller]
    pub(crate) fn ended_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn saying(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "{text:?} is not in: {}", self.stderr);
        self
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

pub(crate) fn is_secret(path: &str) -> bool {
    path == ".env" || path.starts_with("keys/")
}

pub(crate) fn names_in(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}
