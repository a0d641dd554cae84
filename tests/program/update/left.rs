//! What conflicts leave behind, which is not up to date whoever left it.

use super::{Project, lay, update, with_skeleton};
use crate::support::Ran;

const BLOCK: &str = "<<<<<<< HEAD\nmine\n=======\ntheirs\n>>>>>>> topic\n";

fn check(project: &Project) -> Ran {
    project.run("check --template ../skeleton")
}

/// A conflict of an update in `one`.
fn conflict() -> Project {
    let project = with_skeleton(&[("one", "1\n")]);
    project.write("one", "mine\n");
    project.commit();
    lay(&project, &[("one", "new\n")]);
    update(&project).ended_with(9);
    project
}

#[test]
fn a_check_does_not_call_up_to_date_what_still_has_markers() {
    let project = with_skeleton(&[("one", "1\n")]);
    project.write("one", "mine\n");
    project.commit();
    lay(&project, &[("one", "new\n")]);
    update(&project).ended_with(9);
    let check = |arguments: &str| project.run(&format!("check --template ../skeleton {arguments}"));
    let ran = check("").ended_with(9).saying("conflicts are still in one");
    assert!(!ran.stderr.contains("is up to date"), "{}", ran.stderr);
    assert_eq!(check("--format json").ended_with(9).json()["unresolved"], serde_json::json!(["one"]));
    lay(&project, &[("one", "newer\n")]);
    check("").ended_with(9).saying("still in one").saying("is behind");
    project.write("one", "mine\n");
    check("").ended_with(8);
    lay(&project, &[("one", "new\n")]);
    check("").succeeded();
}

#[test]
fn markers_are_found_where_their_file_has_been_moved() {
    let project = conflict();
    project.commit();
    project.git("mv one uno");
    check(&project).ended_with(9).saying("conflicts are still in uno");
    update(&project).ended_with(5).saying("conflicts of an earlier update are still in uno");
}

#[test]
fn a_marker_that_was_overlooked_is_one() {
    let project = conflict();
    let text = project.read("one");
    let last = text.lines().last().unwrap();
    assert!(last.starts_with(">>>>>>> "), "{text}");
    project.write("one", &format!("mine\n{last}\n"));
    project.commit();
    check(&project).ended_with(9).saying("one");
    update(&project).ended_with(5);
    project.write("one", "mine\n");
    check(&project).succeeded();
}

#[test]
fn markers_of_git_that_were_committed_are_found_in_files_of_the_template() {
    let project = with_skeleton(&[("one", "1\n"), ("guide", BLOCK)]);
    check(&project).succeeded();
    project.write("one", BLOCK);
    project.write("mine", BLOCK);
    project.commit();
    check(&project).ended_with(9).saying("conflicts are still in one\n");
    project.write("one", "Title\n=======\n");
    check(&project).succeeded();
    // The template has such lines itself.
    project.write("guide", &format!("mine\n{BLOCK}"));
    check(&project).succeeded();
}

#[test]
fn a_file_beside_the_owners_is_a_conflict_until_it_is_gone() {
    let project = with_skeleton(&[("one", "old\n")]);
    project.write(".gitignore", &format!("{}local.cfg\n", project.read(".gitignore")));
    project.commit();
    project.write("local.cfg", "mine\n");
    lay(&project, &[("one", "new\n"), ("local.cfg", "theirs\n")]);
    update(&project).ended_with(9).saying("# first decide what stays in local.cfg.new");
    check(&project).ended_with(9).saying("conflicts are still in local.cfg.new");
    update(&project).ended_with(5).saying("local.cfg.new").saying("take over what you want of a `.new` file");
    project.remove("local.cfg.new");
    check(&project).succeeded();
}

#[test]
fn conflicts_are_9_also_where_nobody_says_where_the_template_is() {
    let project = conflict();
    let ran = project.run("check").ended_with(9).saying("conflicts are still in one");
    ran.saying("whether it is behind is not known").saying("a directory called `skeleton`").saying("--template PATH");
    let json = project.run("check --format json").ended_with(9).json();
    assert_eq!((&json["behind"], &json["unresolved"]), (&serde_json::Value::Null, &serde_json::json!(["one"])));
    project.write("one", "mine\n");
    project.run("check").ended_with(4);
}

const HOW_TO_MERGE: &str =
    "How to merge:\n<<<<<<< yours\n||||||| jwt-allauth 0.1.0\n=======\n>>>>>>> jwt-allauth 0.2.0\n";

#[test]
fn markers_of_the_templates_own_text_are_no_conflict() {
    let project = with_skeleton(&[("how", HOW_TO_MERGE), ("one", "1\n")]);
    check(&project).succeeded().saying("up to date");
    project.run("check").ended_with(4);
    update(&project).succeeded().saying("up to date");
    // Changed by the owner, moved, and both.
    project.write("how", &format!("{HOW_TO_MERGE}mine\n"));
    project.commit();
    check(&project).succeeded();
    update(&project).succeeded();
    project.git("mv how where");
    check(&project).succeeded();
    project.write("where", HOW_TO_MERGE);
    check(&project).succeeded();
    update(&project).succeeded();
    project.git("mv where how");
    // The owner's text has what the template has no more.
    lay(&project, &[("how", "How to merge:\n"), ("one", "new\n")]);
    check(&project).ended_with(8);
    assert!(!check(&project).stderr.contains("conflicts are still"));
    update(&project).succeeded();
}

#[test]
fn markers_of_the_templates_own_text_are_known_without_a_repository() {
    let project = with_skeleton(&[("how", HOW_TO_MERGE)]);
    std::fs::remove_dir_all(project.root().join(".git")).unwrap();
    check(&project).succeeded();
    project.write("how", &format!("mine\n{HOW_TO_MERGE}"));
    check(&project).succeeded();
    update(&project).succeeded();
}

#[test]
fn a_conflict_in_a_text_that_has_markers_itself_is_one() {
    let project = with_skeleton(&[("how", HOW_TO_MERGE)]);
    project.write("how", &HOW_TO_MERGE.replace("How", "Mine"));
    project.commit();
    lay(&project, &[("how", &HOW_TO_MERGE.replace("How", "Theirs"))]);
    update(&project).ended_with(9);
    project.commit();
    check(&project).ended_with(9).saying("conflicts are still in how");
    update(&project).ended_with(5).saying("still in how");
    for text in [HOW_TO_MERGE.repeat(2), format!("{HOW_TO_MERGE}{BLOCK}")] {
        project.write("how", &text);
        check(&project).ended_with(9).saying("conflicts are still in how");
    }
    project.write("how", HOW_TO_MERGE);
    check(&project).succeeded();
}

#[test]
fn an_update_of_what_has_not_changed_does_not_call_up_to_date_what_still_has_markers() {
    let project = with_skeleton(&[("one", "1\n")]);
    project.write("one", BLOCK);
    project.commit();
    for arguments in ["", " --dry-run"] {
        let update = |more: &str| project.run(&format!("update --template ../skeleton{arguments}{more}"));
        let ran = update("").ended_with(9).saying("conflicts are still in one");
        assert!(!ran.stderr.contains("is up to date"), "{}", ran.stderr);
        assert_eq!(update(" --format json").ended_with(9).json()["unresolved"], serde_json::json!(["one"]));
    }
    project.write("one", "mine\n");
    project.commit();
    update(&project).succeeded().saying("up to date");
}

#[test]
fn the_next_steps_show_the_files_that_came_too() {
    let project = with_skeleton(&[("one", "1\n")]);
    lay(&project, &[("one", "2\n"), ("two", "2\n")]);
    let ran = update(&project).succeeded().saying("  git add --intent-to-add .\n  git diff\n");
    drop(ran);
    lay(&project, &[("one", "3\n")]);
    project.commit();
    let ran = update(&project).succeeded();
    assert!(!ran.stderr.contains("intent-to-add"), "{}", ran.stderr);
}
