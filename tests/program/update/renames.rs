//! Files that the template calls otherwise now.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::{Project, outcome};
use crate::support::Place;

const OLD: &str = "auth/src/openapi/refusal.rs";
const NEW: &str = "auth/src/error/refusal.rs";

/// A project of a version that had the file under its old name, with a first line of its own, and the text of today's.
fn project() -> (Project, String) {
    let project = Project::new();
    let now = project.read(NEW);
    let old = format!("//! As it was.\n{}", now.split_once('\n').unwrap().1);
    (project.without(&[NEW]).aged(&[(OLD, &old)]), now)
}

fn change(project: &Project, change: impl Fn(&str) -> String) {
    project.write(OLD, &change(&project.read(OLD)));
    project.commit();
}

#[test]
fn a_file_that_the_template_renames_takes_the_owners_changes_along() {
    let (project, now) = project();
    change(&project, |text| format!("{text}// mine\n"));
    let ran = project.update("").succeeded();
    assert!(ran.stdout.contains(&format!("your changes to `{OLD}`, which is called so now")), "{}", ran.stdout);
    assert_eq!((outcome(&ran, OLD), outcome(&ran, NEW)), ("removed".to_owned(), "merged".to_owned()));
    assert!(ran.stdout.contains(&format!("renamed to `{NEW}`, with your changes")), "{}", ran.stdout);
    assert!(!project.has(OLD));
    assert_eq!(project.read(NEW), format!("{now}// mine\n"));
    project.commit();
    let before = project.everything();
    project.update("").succeeded().saying("up to date");
    assert_eq!(project.everything(), before);
}

#[test]
fn changes_to_the_same_lines_stand_between_markers_under_the_new_name() {
    let (project, _) = project();
    change(&project, |text| text.replacen("//! As it was.", "//! Mine.", 1));
    let ran = project.update("").ended_with(9);
    assert_eq!((outcome(&ran, OLD), outcome(&ran, NEW)), ("removed".to_owned(), "conflict".to_owned()));
    assert!(project.read(NEW).starts_with("<<<<<<< yours\n//! Mine.\n"), "{}", project.read(NEW));
    assert!(!project.has(OLD));
}

#[test]
fn a_renamed_file_that_nobody_has_changed_is_laid_down_anew() {
    let (project, now) = project();
    let ran = project.update("").succeeded();
    assert_eq!((outcome(&ran, OLD), outcome(&ran, NEW)), ("removed".to_owned(), "new".to_owned()));
    assert_eq!(project.read(NEW), now);
}

#[test]
fn changes_that_are_in_no_commit_are_not_carried_to_another_name() {
    let (project, _) = project();
    project.write(OLD, &format!("{}// mine\n", project.read(OLD)));
    let before = project.everything();
    assert!(project.update("").stderr.contains(OLD));
    assert_eq!(project.everything(), before);
}

#[test]
fn what_is_new_and_not_alike_is_no_rename() {
    let now = Project::new().read(NEW);
    let project = Project::new().without(&[NEW]).aged(&[(OLD, "//! Something else.\n\nfn other() {}\n")]);
    change(&project, |text| format!("{text}// mine\n"));
    let ran = project.update("").succeeded();
    assert!(ran.stdout.contains("the template has it no more; you have changed it"), "{}", ran.stdout);
    assert_eq!((outcome(&ran, OLD), outcome(&ran, NEW)), ("kept".to_owned(), "new".to_owned()));
    assert_eq!(project.read(NEW), now);
}

#[test]
fn of_several_files_each_goes_to_the_one_it_is_most_like() {
    let files = ["error/refusal.rs", "error/shared.rs", "words/said.rs"].map(|file| format!("auth/src/{file}"));
    let project = Project::new();
    let texts = files.each_ref().map(|file| project.read(file));
    let old = ["a", "b", "c"].map(|name| format!("auth/src/old/{name}.rs"));
    let aged: Vec<_> = old.iter().zip(&texts).map(|(old, text)| (old.as_str(), text.as_str())).collect();
    let project = project.without(&files.each_ref().map(String::as_str)).aged(&aged);
    for (path, text) in &aged {
        project.write(path, &format!("{text}// mine, of {path}\n"));
    }
    project.commit();
    project.update("").succeeded();
    for ((file, text), old) in files.iter().zip(&texts).zip(&old) {
        assert_eq!(project.read(file), format!("{text}// mine, of {old}\n"));
    }
}

/// Of a skeleton whose file was called `old` when the project was rendered, and had this mode.
fn skeleton(mode: u32) -> Project {
    let project = Project { place: Place::new() };
    project.place.write("skeleton/old.sh", OLD_SCRIPT);
    project.place.write("skeleton/jwt-allauth.toml", "");
    set_mode(&project.place.work().join("skeleton/old.sh"), mode);
    project.start("--template skeleton");
    project
}

const OLD_SCRIPT: &str = "one\ntwo\nthree\nfour\nfive\n";

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// The template calls it `new.sh` from now on, with this mode; the owner changes its last line and its mode.
fn rename(project: &Project, theirs: u32, yours: u32) {
    let skeleton = project.place.work().join("skeleton");
    fs::rename(skeleton.join("old.sh"), skeleton.join("new.sh")).unwrap();
    project.place.write("skeleton/new.sh", &OLD_SCRIPT.replace("one", "new"));
    set_mode(&skeleton.join("new.sh"), theirs);
    project.write("old.sh", &OLD_SCRIPT.replace("five", "mine"));
    set_mode(&project.root().join("old.sh"), yours);
    project.commit();
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_mode_of_a_renamed_file_stays_the_owners_unless_the_template_changes_it() {
    for (was, theirs, yours, expected) in [
        (0o644, 0o644, 0o755, 0o755),
        (0o644, 0o644, 0o600, 0o600),
        (0o755, 0o755, 0o640, 0o640),
        (0o644, 0o755, 0o640, 0o750),
        (0o755, 0o644, 0o755, 0o644),
    ] {
        let project = skeleton(was);
        rename(&project, theirs, yours);
        let ran = project.update("--template ../skeleton").succeeded();
        assert_eq!((outcome(&ran, "old.sh"), outcome(&ran, "new.sh")), ("removed".to_owned(), "merged".to_owned()));
        assert_eq!(project.read("new.sh"), "new\ntwo\nthree\nfour\nmine\n");
        assert_eq!(mode(&project.root().join("new.sh")), expected, "{was:o} {theirs:o} {yours:o}");
    }
}

#[test]
fn a_file_is_not_followed_to_where_its_owner_has_a_link() {
    for link in ["old.sh", "elsewhere"] {
        let project = skeleton(0o644);
        symlink(link, project.root().join("new.sh")).unwrap();
        rename(&project, 0o644, 0o644);
        let ran = project.update("--template ../skeleton").ended_with(9);
        assert_eq!((outcome(&ran, "old.sh"), outcome(&ran, "new.sh")), ("kept".to_owned(), "conflict".to_owned()));
        assert_eq!(project.read("old.sh"), OLD_SCRIPT.replace("five", "mine"));
        assert_eq!(fs::read_link(project.root().join("new.sh")).unwrap(), Path::new(link));
        assert_eq!(project.read("new.sh.new"), OLD_SCRIPT.replace("one", "new"));
    }
}

#[test]
fn a_file_is_not_followed_into_a_link_of_the_templates() {
    let project = Project { place: Place::new() };
    project.place.write("skeleton/one", "src/main.rs\n");
    project.place.write("skeleton/jwt-allauth.toml", "");
    project.start("--template skeleton");
    fs::remove_file(project.place.work().join("skeleton/one")).unwrap();
    symlink("src/main.rs", project.place.work().join("skeleton/two")).unwrap();
    project.write("one", "src/main.rs\nmine\n");
    project.commit();
    let ran = project.update("--template ../skeleton").succeeded();
    assert_eq!((outcome(&ran, "one"), outcome(&ran, "two")), ("kept".to_owned(), "new".to_owned()));
    assert_eq!(project.read("one"), "src/main.rs\nmine\n");
    assert_eq!(fs::read_link(project.root().join("two")).unwrap(), Path::new("src/main.rs"));
}
