//! What stands in the way of an update gives way by itself, or is named with a way that leads out.

use std::fs;
use std::process::Command;

use super::{Project, lay, outcome, update, with_skeleton};
use crate::support::{Place, Ran};

#[test]
fn an_untouched_file_gives_way_to_a_directory_and_untouched_files_to_a_file() {
    let project = with_skeleton(&[("guide", "old\n"), ("tools/a", "a\n"), ("tools/deep/b", "b\n")]);
    lay(&project, &[("guide/one", "one\n"), ("tools", "a file\n")]);
    let ran = update(&project).succeeded();
    assert_eq!((outcome(&ran, "guide"), outcome(&ran, "guide/one")), ("removed".to_owned(), "new".to_owned()));
    assert_eq!((project.read("guide/one"), project.read("tools")), ("one\n".to_owned(), "a file\n".to_owned()));
    update(&project).succeeded().saying("up to date");
    lay(&project, &[("guide", "old\n"), ("tools/a", "a\n"), ("tools/deep/b", "b\n")]);
    update(&project).succeeded();
    assert_eq!((project.read("guide"), project.read("tools/deep/b")), ("old\n".to_owned(), "b\n".to_owned()));
}

#[test]
fn what_is_the_owners_does_not_give_way_and_moving_it_away_helps() {
    let project = with_skeleton(&[("guide", "old\n"), ("tools/a", "a\n")]);
    project.write("guide", "mine\n");
    project.write("tools/mine", "mine\n");
    project.commit();
    lay(&project, &[("guide/one", "one\n"), ("tools", "a file\n")]);
    let before = project.everything();
    update(&project).ended_with(5).saying("a file in the template, and `tools/mine` is yours").saying("move it away");
    fs::remove_dir_all(project.root().join("tools")).unwrap();
    update(&project).ended_with(5).saying("`guide/one` cannot be written: `guide` is a file").saying("move it away");
    assert_eq!(project.everything().len() + 2, before.len());
    project.remove("guide");
    update(&project).succeeded();
    assert!(project.has("guide/one") && project.has("tools"));
}

#[test]
fn a_directory_in_place_of_a_file_of_the_owners_is_the_way_out_that_it_is_said_to_be() {
    let project = with_skeleton(&[("guide", "old\n"), ("notes", "old\n")]);
    project.write("guide", "mine\n");
    project.commit();
    lay(&project, &[("guide/one", "one\n"), ("notes", "new\n")]);
    update(&project).ended_with(5).saying("`guide` is a file").saying("put a directory in its place");
    for file in ["guide", "notes"] {
        project.remove(file);
        fs::create_dir(project.root().join(file)).unwrap();
    }
    let ran = update(&project).succeeded();
    assert_eq!((outcome(&ran, "guide/one"), outcome(&ran, "notes")), ("new".to_owned(), "deleted".to_owned()));
    update(&project).succeeded().saying("up to date");
}

#[test]
fn a_file_that_git_ignores_is_kept_and_the_templates_lies_beside_it() {
    let project = with_skeleton(&[("one", "old\n")]);
    project.write(".gitignore", &format!("{}local.cfg\n", project.read(".gitignore")));
    project.commit();
    project.write("local.cfg", "password = mine\n");
    lay(&project, &[("one", "new\n"), ("local.cfg", "password =\n")]);
    let ran = update(&project).ended_with(9);
    assert!(ran.stdout.contains("conflict  local.cfg  (the template's is in `local.cfg.new`)"), "{}", ran.stdout);
    assert_eq!(outcome(&ran, "one"), "updated");
    assert_eq!(project.read("local.cfg"), "password = mine\n");
    assert_eq!(project.read("local.cfg.new"), "password =\n");
    project.remove("local.cfg.new");
    project.commit();
    update(&project).succeeded().saying("up to date");
}

#[test]
fn what_git_says_of_a_repository_is_passed_on_with_the_way_out() {
    let project = with_skeleton(&[("one", "old\n")]);
    project.write("one", "mine\n");
    project.commit();
    lay(&project, &[("one", "new\n")]);
    let run = |line: &str, said: &str| {
        let git = project.place.fake_git(&format!("echo \"{said}\" >&2; exit 128"));
        let mut command = project.command(&format!("{line} --template ../skeleton"));
        command.env("PATH", format!("{}:/usr/bin:/bin", git.display()));
        Ran::of(&command.output().unwrap())
    };
    for (line, code) in [("update", 5), ("check", 8)] {
        run(line, "fatal: detected dubious ownership in repository at '/srv/shop'")
            .ended_with(code)
            .saying("git does not read the repository: fatal: detected dubious ownership")
            .saying("`git config --global --add safe.directory /srv/shop`");
        let ran = run(line, "fatal: bad config line 1").ended_with(code);
        ran.saying("git does not read the repository: fatal: bad config line 1");
    }
    let json = run("check --format json", "fatal: bad config line 1").ended_with(8).json();
    assert!(json["warnings"][0].as_str().unwrap().contains("fatal: bad config line 1"), "{json}");
    fs::remove_dir_all(project.root().join(".git")).unwrap();
    assert!(!project.run("check --template ../skeleton").ended_with(8).stderr.contains("git"));
    update(&project).ended_with(5).saying("the project is in no repository: one").saying("git init");
    project.git("init -q");
    update(&project).ended_with(5).saying("not committed: one");
}

#[test]
fn a_clone_without_its_past_is_told_how_to_have_it() {
    let origin = with_skeleton(&[("one", "1\n2\n3\n")]);
    origin.write("one", "1\n2\nmine\n");
    origin.commit();
    origin.git("config uploadpack.allowFilter true");
    for (option, why, remedy) in [
        ("--depth=1", "the repository is a shallow clone", "fetch --unshallow"),
        ("--filter=blob:none", "the repository is a partial clone", "fetch --refetch --no-filter"),
    ] {
        let clone = Project { place: Place::new() };
        let url = format!("file://{}", origin.root().display());
        let git = Command::new("git").args(["clone", "-q", option, &url]).arg(clone.root()).status().unwrap();
        assert!(git.success());
        lay(&clone, &[("one", "new\n2\n3\n")]);
        let ran = update(&clone).ended_with(9).saying(why).saying(&format!("`git {remedy}`")).saying("--base");
        assert!(ran.stdout.contains("was not found"), "{}", ran.stdout);
        let json = clone.update("--template ../skeleton --dry-run --format json");
        json.ended_with(5);
        clone.git("checkout -q -- .");
        clone.git(&format!("{remedy} -q"));
        assert_eq!(outcome(&update(&clone).succeeded(), "one"), "merged");
        assert_eq!(clone.read("one"), "new\n2\nmine\n");
    }
}

#[test]
fn a_project_with_nothing_of_this_program_in_it_is_told_so() {
    let project = Project { place: Place::new() };
    project.place.write("t/cargo-generate.toml", "");
    project.place.write("t/NOTICE", "one\n");
    project.start("--template t");
    let ran = project.run("check --security").succeeded().saying("has nothing of this program in it");
    assert!(!ran.stderr.contains("every security fix"), "{}", ran.stderr);
    let json = |project: &Project| project.run("check --security --format json").succeeded().json();
    assert_eq!(json(&project)["of_this_program"], false);
    assert_eq!(json(&Project::new())["of_this_program"], true);
}
