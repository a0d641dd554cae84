//! Features and updates: what `startproject --with` has rendered, and what `add` has written.

use std::process::{Child, Stdio};

use super::{Project, hash, outcome};
use crate::support::Ran;

const SETTINGS: &str = "settings.toml";
/// A comment of the template's, elsewhere in the file.
const NOW: &str = "# The address the server listens on.";
const BEFORE: &str = "# Where the server listens.";

fn is_required(project: &Project) -> bool {
    project.read(SETTINGS).contains("\ntotp = \"required\"\n")
}

/// As a version has rendered it that said something else about another setting.
fn aged(project: Project) -> Project {
    let settings = project.read(SETTINGS);
    let old = settings.replacen(NOW, BEFORE, 1);
    assert_ne!(old, settings);
    project.aged(&[(SETTINGS, &old)])
}

#[test]
fn features_that_a_project_began_with_are_answers_that_stay() {
    let project = Project::of("--with mfa=required");
    assert_eq!(project.stamp()["answers"]["with"], vec!["mfa=required"].into());
    assert_eq!(project.stamp()["files"][SETTINGS].as_str(), Some(hash(&project.read(SETTINGS)).as_str()));
    project.run("check").succeeded().saying("up to date");
    project.update("").succeeded().saying("up to date");
    let project = aged(project);
    project.run("check").ended_with(8);
    let ran = project.update("").succeeded();
    assert_eq!(outcome(&ran, SETTINGS), "updated");
    assert!(is_required(&project) && project.read(SETTINGS).contains(NOW));
    assert_eq!(project.stamp()["answers"]["with"], vec!["mfa=required"].into());
    project.run("check").succeeded();
}

#[test]
fn a_feature_that_was_added_is_the_owners_change() {
    let project = Project::new();
    project.run("add mfa=required").succeeded();
    project.run("check").succeeded().saying("up to date");
    project.update("").succeeded().saying("up to date");
    assert!(is_required(&project) && project.stamp()["answers"].get("with").is_none());
    let project = aged(Project::new());
    project.run("add mfa=required").succeeded();
    project.update("").ended_with(5).saying("not committed: settings.toml");
    project.commit();
    let ran = project.update("").succeeded();
    assert_eq!(outcome(&ran, SETTINGS), "merged");
    assert!(is_required(&project) && project.read(SETTINGS).contains(NOW));
}

#[test]
fn what_is_not_committed_is_kept_and_needs_no_repository() {
    let project = Project::new();
    project.write(SETTINGS, &format!("# mine\n{}", project.read(SETTINGS)));
    project.run("add mfa=required").succeeded();
    assert!(is_required(&project) && project.read(SETTINGS).starts_with("# mine\n"));
    std::fs::remove_dir_all(project.root().join(".git")).unwrap();
    project.run("add mfa=disabled").succeeded();
}

#[test]
fn a_feature_that_is_taken_back_by_hand_stays_away() {
    let project = aged(Project::of("--with mfa=required"));
    project.write(SETTINGS, &project.read(SETTINGS).replacen("totp = \"required\"", "totp = \"optional\"", 1));
    project.commit();
    project.update("").succeeded();
    assert!(!is_required(&project) && project.read(SETTINGS).contains(NOW));
}

#[test]
fn features_in_a_stamp_that_there_are_not_are_a_damage() {
    let project = Project::of("--with mfa=required");
    for with in [toml::Value::from("mfa=required"), vec!["mfa"].into(), vec![1].into()] {
        project.restamp(|stamp| stamp["answers"]["with"] = with);
        project.run("check").ended_with(4).saying("`.jwt-allauth.toml` cannot be used");
    }
}

#[test]
fn another_template_that_has_no_such_part_takes_no_notice() {
    let project = Project::of("--with mfa=required");
    project.update("--template passwordless --dry-run").succeeded();
}

#[test]
fn of_many_additions_at_once_one_is_made() {
    let project = Project::new();
    let start = || project.command("add mfa=required").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let children: Vec<Child> = (0..6).map(|_| start()).collect();
    let ran = children.into_iter().map(|child| Ran::of(&child.wait_with_output().unwrap()));
    let mut codes: Vec<i32> = ran.map(|ran| ran.code).collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 5, 5, 5, 5, 5]);
    assert!(is_required(&project));
    assert_eq!(project.git("status --porcelain"), " M settings.toml\n");
}
