//! A template has a say in whether a file can be run, and in nothing else of its mode.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::{Project, outcome};
use crate::support::{Place, Ran};

/// Of a skeleton with one script, with this mode.
fn project(mode: u32) -> Project {
    let project = Project { place: Place::new() };
    project.place.write("skeleton/run.sh", "#!/bin/sh\none\ntwo\nthree\n");
    becomes(&project, mode);
    project.start("--template skeleton");
    project
}

fn becomes(project: &Project, mode: u32) {
    let script = project.place.work().join("skeleton/run.sh");
    fs::set_permissions(script, Permissions::from_mode(mode)).unwrap();
}

fn mode(project: &Project) -> u32 {
    fs::metadata(project.root().join("run.sh")).unwrap().permissions().mode() & 0o777
}

fn update(project: &Project) -> Ran {
    project.update("--template ../skeleton").succeeded()
}

#[test]
fn a_template_that_only_makes_a_file_executable_is_followed() {
    for (old, new, note) in [(0o644, 0o755, "executable now"), (0o755, 0o644, "no longer executable")] {
        let project = project(old);
        becomes(&project, new);
        let ran = project.run("check --template ../skeleton").ended_with(8);
        assert_eq!(ran.stdout, "updated   run.sh\n");
        let ran = update(&project);
        assert!(ran.stdout.contains(&format!("updated   run.sh  ({note})")), "{}", ran.stdout);
        assert_eq!(mode(&project), new);
        project.run("check --template ../skeleton").succeeded();
        update(&project).saying("up to date");
    }
}

#[test]
fn it_is_followed_beside_an_edit_of_the_owners_and_one_of_the_templates() {
    let project = project(0o644);
    project.write("run.sh", "#!/bin/sh\none\ntwo\nmine\n");
    fs::set_permissions(project.root().join("run.sh"), Permissions::from_mode(0o640)).unwrap();
    becomes(&project, 0o755);
    assert_eq!(outcome(&update(&project), "run.sh"), "updated");
    assert_eq!((mode(&project), project.read("run.sh").as_str()), (0o750, "#!/bin/sh\none\ntwo\nmine\n"));
    project.commit();
    project.place.write("skeleton/run.sh", "#!/bin/sh\nnew\ntwo\nthree\n");
    becomes(&project, 0o644);
    assert_eq!(outcome(&update(&project), "run.sh"), "merged");
    assert_eq!((mode(&project), project.read("run.sh").as_str()), (0o640, "#!/bin/sh\nnew\ntwo\nmine\n"));
}

#[test]
fn what_the_owner_made_executable_stays_so() {
    let project = project(0o644);
    fs::set_permissions(project.root().join("run.sh"), Permissions::from_mode(0o755)).unwrap();
    project.place.write("skeleton/run.sh", "#!/bin/sh\nnew\n");
    assert_eq!(outcome(&update(&project), "run.sh"), "updated");
    assert_eq!(mode(&project), 0o755);
}

#[test]
fn a_stamp_with_a_damaged_list_is_said_to_be_damaged() {
    let project = project(0o644);
    project.restamp(|stamp| {
        stamp.insert("executable".into(), "run.sh".into());
    });
    project.update("--template ../skeleton").ended_with(4).saying("`executable` is not a list of files");
}
