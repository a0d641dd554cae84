use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::support::{Place, Ran, is_secret};

const IDENTITY: [(&str, &str); 4] = [
    ("GIT_AUTHOR_NAME", "A"),
    ("GIT_AUTHOR_EMAIL", "a@example.org"),
    ("GIT_COMMITTER_NAME", "A"),
    ("GIT_COMMITTER_EMAIL", "a@example.org"),
];

fn start_as_somebody(place: &Place, arguments: &str) -> Ran {
    Ran::of(&place.command(&format!("startproject {arguments}")).envs(IDENTITY).output().unwrap())
}

fn git(place: &Place, project: &str, arguments: &str) -> String {
    let directory = place.work().join(project);
    let output = Command::new("git").args(arguments.split(' ')).current_dir(directory).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_project_starts_as_one_commit_of_everything_but_secrets() {
    let place = Place::new();
    start_as_somebody(&place, "shop").succeeded();
    assert_eq!(git(&place, "shop", "log --format=%s"), "Start project with jwt-allauth 0.1.0\n");
    let committed = git(&place, "shop", "ls-files");
    for path in place.promised() {
        assert_eq!(committed.lines().any(|line| line == path), !is_secret(&path), "{path}");
    }
}

#[test]
fn no_commit_leaves_the_repository_without_one() {
    let place = Place::new();
    start_as_somebody(&place, "shop --no-commit").succeeded();
    assert!(place.work().join("shop/.git").is_dir());
    assert_eq!(git(&place, "shop", "log --format=%s"), "");
}

#[test]
fn vcs_none_makes_no_repository() {
    let place = Place::new();
    start_as_somebody(&place, "shop --vcs none").succeeded();
    assert!(!place.work().join("shop/.git").exists());
}

#[test]
fn a_repository_that_is_there_is_left_alone() {
    let place = Place::new();
    git(&place, ".", "init --quiet");
    start_as_somebody(&place, "shop --vcs git").succeeded();
    assert!(!place.work().join("shop/.git").exists());
    assert_eq!(git(&place, ".", "diff --cached --name-only"), "");
}

#[test]
fn without_git_there_is_a_project_and_a_note() {
    let place = Place::new();
    let run =
        |arguments: &str| Ran::of(&place.command(arguments).env("PATH", "/nowhere").output().unwrap()).succeeded();
    let ran = run("startproject shop").saying("git is not installed: the project is in no repository\n");
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    assert!(place.is_whole("shop"));
    assert_eq!(run("startproject two --quiet").stderr, "");
    let json = run("startproject three --format json").json();
    assert_eq!(json["git"], serde_json::json!({ "state": "none", "reason": "git is not installed" }));
}

/// Every hook there is, in a folder for all repositories and in the template of new ones.
#[test]
fn no_hook_of_the_persons_runs_at_the_first_commit() {
    let place = Place::new();
    for folder in ["hooks", "template/hooks"] {
        for hook in ["pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "post-index-change"] {
            place.write(&format!("{folder}/{hook}"), "#!/bin/sh\ntouch \"$HOOK_RAN\"\nexit 1\n");
            let hook = place.work().join(folder).join(hook);
            fs::set_permissions(hook, Permissions::from_mode(0o755)).unwrap();
        }
    }
    let (ran, work) = (place.work().join("ran"), place.work());
    for (name, key, value) in
        [("one", "core.hooksPath", work.join("hooks")), ("two", "init.templateDir", work.join("template"))]
    {
        let mut command = place.command(&format!("startproject {name}"));
        command.envs(IDENTITY).env("HOOK_RAN", &ran).env("GIT_CONFIG_COUNT", "1");
        command.env("GIT_CONFIG_KEY_0", key).env("GIT_CONFIG_VALUE_0", value);
        let output = Ran::of(&command.output().unwrap()).succeeded();
        assert!(!output.stderr.contains("git failed") && !ran.exists(), "{}", output.stderr);
        assert_eq!(git(&place, name, "rev-list --count HEAD"), "1\n");
    }
}

#[test]
fn strictness_about_line_ends_is_no_reason_to_fail_nor_are_the_commands_that_are_printed() {
    let strict = [("core.autocrlf", "true"), ("core.safecrlf", "true")];
    let with_strictness = |command: &mut Command| {
        command.env("GIT_CONFIG_COUNT", "2");
        for (number, (key, value)) in strict.into_iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{number}"), key).env(format!("GIT_CONFIG_VALUE_{number}"), value);
        }
    };
    let place = Place::new();
    let mut command = place.command("startproject shop");
    with_strictness(command.envs(IDENTITY));
    let ran = Ran::of(&command.output().unwrap()).succeeded();
    assert!(!ran.stderr.contains("git failed"), "{}", ran.stderr);
    assert_eq!(git(&place, "shop", "rev-list --count HEAD"), "1\n");

    // The one that is found first fails at what it is asked, but for what it is asked about settings.
    let failing = place.fake_git("case \"$*\" in 'config '*) exec /usr/bin/git \"$@\";; *) exit 128;; esac");
    for (name, path) in [("init", format!("{}:/usr/bin:/bin", failing.display())), ("commit", "/usr/bin:/bin".into())] {
        let mut command = place.command(&format!("startproject {name}"));
        with_strictness(command.env("PATH", path));
        command
            .env("GIT_CONFIG_COUNT", "3")
            .env("GIT_CONFIG_KEY_2", "user.useConfigOnly")
            .env("GIT_CONFIG_VALUE_2", "true");
        let ran = Ran::of(&command.output().unwrap()).succeeded().saying("git failed");
        let next =
            ran.stderr.lines().find(|line| line.contains("commit -m")).unwrap_or_else(|| panic!("{}", ran.stderr));
        let mut shell = Command::new("sh");
        shell.args(["-ec", next]).current_dir(place.work().join(name)).envs(IDENTITY);
        with_strictness(&mut shell);
        assert!(shell.output().unwrap().status.success(), "{next}");
        let committed = git(&place, name, "ls-files");
        let is_committed = |file: &str| committed.lines().any(|path| path.starts_with(file));
        assert!(is_committed("Cargo.toml") && !is_committed("keys/") && !committed.contains(".env\n"), "{committed}");
    }
}

#[test]
fn a_git_that_fails_does_not_lose_the_project() {
    let place = Place::new();
    let path = format!("{}:/bin:/usr/bin", place.fake_git("echo 'fatal: no luck' >&2; exit 128").display());
    let run = |arguments| Ran::of(&place.command(arguments).env("PATH", &path).output().unwrap());
    run("startproject one").succeeded().saying("warning: the project is there, but git failed: fatal: no luck");
    run("startproject two --vcs git").ended_with(12).saying("fatal: no luck");
    assert!(place.is_whole("one") && place.is_whole("two"));
}

/// What somebody pastes must not commit what nobody may see.
#[test]
fn after_a_git_that_fails_nothing_is_proposed_that_would_commit_a_secret() {
    let place = Place::new();
    let path = format!("{}:/bin:/usr/bin", place.fake_git("exit 128").display());
    let start = |name: &str| {
        let command = format!("startproject {name} --if-exists merge");
        Ran::of(&place.command(&command).env("PATH", &path).output().unwrap()).succeeded()
    };
    start("one").saying("git add .");
    place.write("two/.gitignore", "/target\n");
    let ran = start("two").saying("does not ignore .env");
    assert!(!ran.stderr.contains("git add"), "{}", ran.stderr);
    place.write("three/.gitignore", ".env\nkeys/\n");
    start("three").saying("git add .");
}

#[test]
fn a_git_that_knows_nobody_leaves_the_commit_to_them() {
    let place = Place::new();
    let mut command = place.command("startproject shop");
    command.env("GIT_CONFIG_COUNT", "1");
    command.env("GIT_CONFIG_KEY_0", "user.useConfigOnly").env("GIT_CONFIG_VALUE_0", "true");
    Ran::of(&command.output().unwrap()).succeeded().saying("git does not know your name").saying("git commit");
    assert!(place.is_whole("shop"));
}

#[test]
fn an_existing_directory_gets_a_repository_of_what_was_added() {
    let place = Place::new();
    place.write("shop/notes", "theirs");
    start_as_somebody(&place, "shop --if-exists merge").succeeded();
    let committed = git(&place, "shop", "ls-files");
    assert!(committed.contains("Cargo.toml") && !committed.contains("notes"), "{committed}");
    assert_eq!(git(&place, "shop", "status --porcelain notes"), "?? notes\n");
}
