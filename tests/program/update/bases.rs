//! Where the text comes from that the owner and the template both began with.

use super::{Project, hash, outcome};

const OLD: &str = "# old\nuse_small_heuristics = \"Max\"\n";

/// Both have changed the file, and the old text is in no commit.
fn without_history() -> Project {
    let project = Project::new();
    project.restamp(|stamp| {
        stamp["template"]["version"] = "0.0.1".into();
        stamp["files"]["rustfmt.toml"] = hash(OLD).into();
    });
    project.write("rustfmt.toml", &format!("{OLD}# mine\n"));
    project.commit();
    project
}

#[test]
fn the_repository_remembers_it_however_long_ago_and_on_whatever_branch() {
    let project = Project::new().aged(&[("rustfmt.toml", OLD)]);
    project.git("config log.follow true");
    project.git("checkout -q -b other");
    for n in 0..3 {
        project.write("rustfmt.toml", &format!("{OLD}# mine {n}\n"));
        project.commit();
    }
    project.git("checkout -q -b third HEAD~3");
    project.write("notes", "theirs");
    project.commit();
    project.git("merge -q --no-edit other");
    let ran = project.update("").succeeded();
    assert_eq!(outcome(&ran, "rustfmt.toml"), "merged");
    assert!(project.read("rustfmt.toml").ends_with("\n# mine 2\n"));
}

#[test]
fn a_project_that_is_a_part_of_a_repository_is_found_in_it() {
    let project = Project { place: crate::support::Place::new() };
    project.place.start("shop shop").succeeded();
    let git = |arguments: &str| project.git(&format!("-C .. {arguments}"));
    git("init -q");
    project.commit();
    let project = project.aged(&[("rustfmt.toml", OLD)]);
    project.write("rustfmt.toml", &format!("{OLD}# mine\n"));
    project.update("").ended_with(5).saying("not committed: rustfmt.toml");
    project.commit();
    assert_eq!(outcome(&project.update("").succeeded(), "rustfmt.toml"), "merged");
}

#[test]
fn where_nothing_remembers_it_whatever_differs_is_a_conflict() {
    let project = without_history();
    let ran = project.update("").ended_with(9);
    assert!(ran.stdout.contains("(2 places; the text you both began with was not found)"), "{}", ran.stdout);
    let markers = format!(
        "<<<<<<< yours\n# old\n=======\nmax_width = 120\n>>>>>>> jwt-allauth {}\nuse_small_heuristics = \"Max\"\n",
        env!("CARGO_PKG_VERSION")
    );
    assert!(project.read("rustfmt.toml").starts_with(&markers), "{}", project.read("rustfmt.toml"));
}

#[test]
fn a_directory_may_have_what_the_old_program_renders() {
    let project = without_history();
    project.place.write("old/rustfmt.toml", "# of another version\n");
    project.update("--base ../old --dry-run").ended_with(9).saying("1 conflict");
    project.place.write("old/rustfmt.toml", OLD);
    project.update("--base ../nowhere").ended_with(2).saying("not a directory");
    assert_eq!(outcome(&project.update("--base ../old").succeeded(), "rustfmt.toml"), "merged");
}

#[test]
fn what_the_same_version_renders_needs_no_history() {
    let place = crate::support::Place::new();
    place.write("skeleton/NOTICE", "ours\n");
    let project = Project { place };
    project.start("--template ../work/skeleton");
    project.write("rustfmt.toml", &format!("{}# mine\n", project.read("rustfmt.toml")));
    std::fs::remove_dir_all(project.root().join(".git")).unwrap();
    project.place.write("skeleton/rustfmt.toml", "max_width = 100\nuse_small_heuristics = \"Max\"\n");
    let ran = project.update("--template ../skeleton --allow-dirty").succeeded();
    assert_eq!(outcome(&ran, "rustfmt.toml"), "merged");
    assert_eq!(project.read("rustfmt.toml"), "max_width = 100\nuse_small_heuristics = \"Max\"\n# mine\n");
}

/// After a merge the template's text has never been in the project as it is.
#[test]
fn an_update_leaves_what_the_next_one_needs() {
    let place = crate::support::Place::new();
    let project = Project { place };
    let skeleton = |first: &str| project.place.write("skeleton/NOTICE", &format!("{first}\ntwo\nthree\n"));
    skeleton("one");
    project.start("--template ../work/skeleton");
    project.write("NOTICE", "one\ntwo\nmine\n");
    for first in ["1", "I", "i"] {
        skeleton(first);
        project.commit();
        let ran = project.update("--template ../skeleton").succeeded();
        assert_eq!(outcome(&ran, "NOTICE"), "merged", "{first}");
        assert_eq!(project.read("NOTICE"), format!("{first}\ntwo\nmine\n"));
        assert!(project.has(".jwt-allauth/base/NOTICE"));
    }
    project.commit();
    project.update("--template ../skeleton").succeeded().saying("up to date");
    assert!(project.has(".jwt-allauth/base/NOTICE"));
    project.write("NOTICE", "i\ntwo\nthree\n");
    project.update("--template ../skeleton").succeeded();
    skeleton("last");
    project.update("--template ../skeleton").succeeded();
    assert!(!project.has(".jwt-allauth"), "nothing is left to remember");
}

#[test]
fn a_text_that_was_left_and_then_changed_is_not_believed() {
    let project = without_history();
    project.write(".jwt-allauth/base/rustfmt.toml", "max_width = 120\n# mine\n");
    project.commit();
    assert_eq!(outcome(&project.update("").ended_with(9), "rustfmt.toml"), "conflict");
}
