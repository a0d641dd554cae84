//! What would happen, with the code that it would end with.

use std::os::unix::fs::symlink;

use super::{Project, lay, update, with_skeleton};
use crate::support::Ran;

fn dry_run(project: &Project, options: &str) -> Ran {
    let before = project.everything();
    let ran = project.update(&format!("--dry-run --template ../skeleton {options}"));
    assert_eq!(project.everything(), before);
    ran
}

#[test]
fn a_conflict_is_9() {
    let project = with_skeleton(&[("one", "1\n")]);
    project.write("one", "mine\n");
    project.commit();
    lay(&project, &[("one", "new\n")]);
    let ran = dry_run(&project, "").ended_with(9).saying("1 conflict").saying("Nothing was written");
    assert!(ran.stdout.contains("conflict  one"), "{}", ran.stdout);
    assert_eq!(dry_run(&project, "--format json").ended_with(9).json()["conflicts"], 1);
    update(&project).ended_with(9);
}

#[test]
fn what_would_be_refused_is_5_and_said_beside_the_rest() {
    let project = with_skeleton(&[("one", "1\n2\n3\n"), ("two", "1\n")]);
    project.write("one", "1\n2\nmine\n");
    lay(&project, &[("one", "new\n2\n3\n"), ("two", "new\n")]);
    let ran = dry_run(&project, "").ended_with(5).saying("not committed: one").saying("Nothing was written");
    assert!(ran.stdout.contains("merged    one") && ran.stdout.contains("updated   two"), "{}", ran.stdout);
    let json = dry_run(&project, "--format json").ended_with(5).json();
    assert_eq!((&json["error"]["code"], &json["error"]["kind"]), (&5.into(), &"destination_in_the_way".into()));
    assert!(json["files"].as_array().unwrap().iter().any(|file| file["path"] == "one"), "{json}");
    update(&project).ended_with(5);
    dry_run(&project, "--allow-dirty").succeeded();
}

#[test]
fn a_link_in_the_way_is_5_as_well() {
    let project = with_skeleton(&[("one", "1\n")]);
    let elsewhere = project.place.work().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, project.root().join("guide")).unwrap();
    lay(&project, &[("one", "1\n"), ("guide/two", "2\n")]);
    dry_run(&project, "").ended_with(5).saying("`guide` is a link");
    update(&project).ended_with(5).saying("`guide` is a link");
}

#[test]
fn what_the_owner_has_deleted_is_no_change_of_the_update() {
    let project = with_skeleton(&[("one", "1\n"), ("two", "2\n")]);
    project.remove("one");
    project.commit();
    let ran = dry_run(&project, "").succeeded().saying("`shop` is up to date");
    assert!(!ran.stderr.contains("Would update"), "{}", ran.stderr);
    lay(&project, &[("one", "1\n"), ("two", "new\n")]);
    dry_run(&project, "").succeeded().saying(": 1 updated; not concerned: 1 deleted, ");
    update(&project).succeeded().saying(": 1 updated; not concerned: 1 deleted, ");
}
