//! Files that the template calls otherwise now.

use super::{Project, outcome};

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
