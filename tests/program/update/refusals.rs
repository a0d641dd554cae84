//! What cannot be updated is left as it is, and said why.

use std::os::unix::fs::symlink;

use super::{Project, STAMP, hash};
use crate::support::Place;

#[test]
fn what_is_no_project_is_a_mistake_of_usage() {
    let place = Place::new();
    place.write("file", "");
    let here = place.work().display().to_string();
    for (arguments, why) in [("", "has no `.jwt-allauth.toml`"), ("nowhere", "cannot be read"), ("file", "is a file")] {
        for command in ["update", "update --dry-run", "check", "check --security"] {
            let ran = place.run(&format!("{command} {arguments}")).ended_with(2).saying("not a project").saying(why);
            ran.saying(if arguments.is_empty() { &here } else { arguments });
        }
    }
    let json = place.run("check nowhere --format json").ended_with(2).json();
    assert_eq!(json["error"]["kind"], "usage");
    assert_eq!(place.entries(), ["file"]);
}

#[test]
fn a_project_of_a_newer_program_is_4() {
    let project = Project::new();
    project.restamp(|stamp| stamp["template"]["version"] = "99.0.0".into());
    let before = project.everything();
    for command in ["update", "check", "check --security"] {
        project.run(command).ended_with(4).saying("by jwt-allauth 99.0.0, which is newer");
    }
    assert_eq!(project.everything(), before);
}

#[test]
fn a_damaged_stamp_is_4_with_a_way_to_have_it_back() {
    let project = Project::new();
    let stamp = project.read(STAMP);
    for (damaged, why) in [
        (format!("<<<<<<< HEAD\n{stamp}"), ":1:"),
        (stamp.replace("[files]", "[fils]"), "it has no table `[files]`"),
        (stamp.replace("name = \"shop\"", "nam = \"shop\""), "it has no `name`"),
        (stamp.replace("database = \"sqlite\"", "database = \"mongo\""), "answers"),
        (stamp.replace("version = \"", "version = \"x"), "version"),
        (String::new(), "it has no table"),
    ] {
        project.write(STAMP, &damaged);
        project.update("").ended_with(4).saying(why).saying("git checkout HEAD -- .jwt-allauth.toml");
    }
}

#[test]
fn a_stamp_that_names_what_is_outside_is_damaged() {
    for path in ["../theirs", "/tmp/theirs", "a/../../theirs", ".git/config", ""] {
        let project = Project::new();
        project.place.write("theirs", "theirs");
        project.restamp(|stamp| {
            stamp["files"].as_table_mut().unwrap().insert(path.into(), hash("theirs").into());
        });
        project.update("").ended_with(4).saying("is not a file of a project");
        assert_eq!(project.place.read("theirs"), "theirs");
    }
}

#[test]
fn what_was_not_committed_is_not_merged_unless_that_is_wished_for() {
    let project = Project::new().aged(&[("rustfmt.toml", "# old\nuse_small_heuristics = \"Max\"\n")]);
    project.write("rustfmt.toml", "# old\nuse_small_heuristics = \"Max\"\n# mine\n");
    project.write("README.md", "mine, and none of the template's business");
    let before = project.everything();
    project.update("").ended_with(5).saying("not committed: rustfmt.toml\n").saying("--allow-dirty");
    assert_eq!(project.everything(), before);
    project.git("add rustfmt.toml");
    project.update("").ended_with(5);
    project.update("--allow-dirty").succeeded();
    assert!(project.read("rustfmt.toml").ends_with("# mine\n"));
}

#[test]
fn without_git_there_is_no_way_back_either() {
    let project = Project::new().aged(&[("deny.toml", "# old\n"), ("clippy.toml", "# old\n")]);
    project.write("deny.toml", "# mine\n");
    project.commit();
    let run = |arguments: &str| {
        let output = project.command(arguments).env("PATH", "/nowhere").output().unwrap();
        crate::support::Ran::of(&output)
    };
    run("update").ended_with(5).saying("in no commit, since git is not installed: deny.toml").saying("--allow-dirty");
    run("update --allow-dirty").ended_with(9);
    let untouched = Project::new().aged(&[("deny.toml", "# old\n")]);
    std::fs::remove_dir_all(untouched.root().join(".git")).unwrap();
    untouched.update("").succeeded();
}

#[test]
fn what_is_in_the_way_is_5_and_nothing_is_changed() {
    let project = Project::new().aged(&[]).without(&["deny.toml", "docs/moving-from-django.md"]);
    project.write("deny.toml/mine", "mine");
    let before = project.everything();
    project.update("").ended_with(5).saying("`deny.toml` is a directory here");
    assert_eq!(project.everything(), before);
    std::fs::remove_dir_all(project.root().join("deny.toml")).unwrap();
    let elsewhere = project.place.work().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    std::fs::remove_dir_all(project.root().join("docs")).unwrap();
    symlink(&elsewhere, project.root().join("docs")).unwrap();
    project.update("").ended_with(5).saying("`docs` is a link");
    assert!(std::fs::read_dir(&elsewhere).unwrap().next().is_none());
}
