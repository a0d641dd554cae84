//! Files that their owner has moved.

use std::fs;

use super::{Project, lay, outcome, update, with_skeleton};

const OLD: &str = "one\ntwo\nthree\nfour\nfive\nsix\n";

/// The owner has moved `one` and changed it, and the template has another first line.
fn moved_and_changed(change: impl Fn(&str) -> String) -> Project {
    let project = with_skeleton(&[("one", OLD)]);
    fs::create_dir(project.root().join("deep")).unwrap();
    project.git("mv one deep/uno");
    project.write("deep/uno", &change(OLD));
    project.commit();
    lay(&project, &[("one", &OLD.replace("one\n", "new\n"))]);
    project
}

#[test]
fn a_file_that_was_moved_takes_the_templates_change_along() {
    let project = with_skeleton(&[("one", "1\n2\n"), ("two", "2\n")]);
    fs::create_dir(project.root().join("deep")).unwrap();
    for (from, to) in [("one", "deep/uno"), ("two", "deep/due")] {
        project.git(&format!("mv {from} {to}"));
    }
    project.write("deep/due", "mine\n");
    project.commit();
    update(&project).succeeded().saying("up to date");
    for text in ["new\n2\n", "newer\n2\n"] {
        lay(&project, &[("one", text), ("two", text)]);
        let ran = update(&project).succeeded();
        assert!(ran.stdout.contains("deleted   one  (by you, moved to `deep/uno`)"), "{}", ran.stdout);
        assert!(ran.stdout.contains("updated   deep/uno  (`one`, which you have moved)"), "{}", ran.stdout);
        assert!(ran.stdout.contains("deleted   two  (by you; the template has changed it since)"), "{}", ran.stdout);
        assert_eq!((project.read("deep/uno"), project.read("deep/due")), (text.to_owned(), "mine\n".to_owned()));
        project.commit();
    }
}

#[test]
fn where_it_was_moved_to_is_left_to_the_owner_if_there_are_several_places() {
    let project = with_skeleton(&[("one", "1\n2\n")]);
    project.git("mv one uno");
    project.write("eins", "1\n2\n");
    project.commit();
    lay(&project, &[("one", "new\n")]);
    let ran = update(&project).ended_with(9);
    assert!(ran.stdout.contains("(deleted by you, or moved to `eins` or `uno`; the template has"), "{}", ran.stdout);
    assert_eq!((project.read("uno"), project.read("one.new")), ("1\n2\n".to_owned(), "new\n".to_owned()));
    project.commit();
    project.run("check --template ../skeleton").ended_with(9).saying("conflicts are still in one.new");
    project.remove("one.new");
    project.run("check --template ../skeleton").succeeded().saying("up to date");
}

#[test]
fn a_file_that_was_moved_and_changed_takes_every_change_of_the_template_along() {
    let mine = |text: &str| text.replace("six\n", "mine\n");
    let project = moved_and_changed(mine);
    project.run("check --template ../skeleton").ended_with(8);
    for first in ["new\n", "newer\n", "newest\n"] {
        let text = OLD.replace("one\n", first);
        lay(&project, &[("one", &text)]);
        let ran = update(&project).succeeded();
        assert!(ran.stdout.contains("deleted   one  (by you, moved to `deep/uno`)"), "{}", ran.stdout);
        assert!(ran.stdout.contains("merged    deep/uno  (`one`, which you have moved)"), "{}", ran.stdout);
        assert_eq!(project.read("deep/uno"), mine(&text));
        assert!(!project.has("one") && !project.has("one.new"));
        project.commit();
        project.run("check --template ../skeleton").succeeded().saying("up to date");
        update(&project).succeeded().saying("up to date");
    }
}

#[test]
fn a_moved_file_that_is_changed_after_an_update_is_still_followed() {
    let project = moved_and_changed(str::to_owned);
    update(&project).succeeded();
    project.write("deep/uno", &project.read("deep/uno").replace("six\n", "mine\n"));
    project.commit();
    lay(&project, &[("one", &OLD.replace("one\n", "newer\n"))]);
    assert_eq!(outcome(&update(&project).succeeded(), "deep/uno"), "merged");
    assert_eq!(project.read("deep/uno"), "newer\ntwo\nthree\nfour\nfive\nmine\n");
}

#[test]
fn a_conflict_stands_where_the_file_is_now_and_is_found_there() {
    let project = moved_and_changed(|text| text.replace("one\n", "mine\n"));
    let ran = update(&project).ended_with(9);
    assert!(ran.stdout.contains("conflict  deep/uno  (`one`, which you have moved; 1 place)"), "{}", ran.stdout);
    assert!(project.read("deep/uno").starts_with("<<<<<<< yours\nmine\n"), "{}", project.read("deep/uno"));
    project.commit();
    project.run("check --template ../skeleton").ended_with(9).saying("conflicts are still in deep/uno");
}

#[test]
fn changes_that_are_in_no_commit_are_not_merged_where_the_file_is_now() {
    let project = moved_and_changed(str::to_owned);
    project.write("deep/uno", &OLD.replace("six\n", "mine\n"));
    update(&project).ended_with(5).saying("not committed: deep/uno");
}

#[test]
fn a_file_that_may_be_the_moved_one_is_named_and_not_touched() {
    let much = |text: &str| format!("{text}{}", "mine\n".repeat(20));
    let few = |text: &str| text.replace("four\nfive\nsix\n", "mine 4\nmine 5\nmine 6\nmine 7\n");
    for change in [&much as &dyn Fn(&str) -> String, &few] {
        let project = moved_and_changed(change);
        let ran = update(&project).ended_with(9);
        assert!(
            ran.stdout
                .contains("conflict  one  (deleted by you, or moved to `deep/uno`; the template has changed it since"),
            "{}",
            ran.stdout
        );
        assert_eq!(project.read("deep/uno"), change(OLD));
        assert_eq!(project.read("one.new"), OLD.replace("one\n", "new\n"));
        project.commit();
        project.run("check --template ../skeleton").ended_with(9).saying("one.new");
    }
}

#[test]
fn of_several_moved_files_each_is_taken_for_the_one_it_is_most_like() {
    let other = OLD.replace("one\ntwo\n", "eins\nzwei\n");
    let project = with_skeleton(&[("one", OLD), ("two", &other)]);
    for (from, to, text) in [("one", "uno", OLD), ("two", "due", &other[..])] {
        project.git(&format!("mv {from} {to}"));
        project.write(to, &text.replace("six\n", "mine\n"));
    }
    project.commit();
    lay(&project, &[("one", &OLD.replace("one\n", "new\n")), ("two", &other.replace("eins\n", "neu\n"))]);
    update(&project).succeeded();
    assert_eq!(project.read("uno"), "new\ntwo\nthree\nfour\nfive\nmine\n");
    assert_eq!(project.read("due"), "neu\nzwei\nthree\nfour\nfive\nmine\n");
}

#[test]
fn what_was_deleted_stays_deleted_beside_files_that_have_little_of_it() {
    let project = with_skeleton(&[("one", OLD)]);
    project.remove("one");
    project.write("other", "one\ntwo\nmine\n");
    project.commit();
    lay(&project, &[("one", &OLD.replace("one\n", "new\n"))]);
    let ran = update(&project).succeeded();
    assert!(ran.stdout.contains("deleted   one  (by you; the template has changed it since)"), "{}", ran.stdout);
    assert_eq!(project.read("other"), "one\ntwo\nmine\n");
}

fn rename(project: &Project, from: &str, to: &str) {
    let to = project.root().join(to);
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::rename(project.root().join(from), to).unwrap();
}

fn numbered(lines: std::ops::RangeInclusive<usize>) -> String {
    lines.fold(String::new(), |text, line| format!("{text}line {line}\n"))
}

#[test]
fn a_file_that_was_moved_without_git_knowing_is_followed() {
    for has_repository in [true, false] {
        let project = with_skeleton(&[("one", OLD)]);
        if !has_repository {
            fs::remove_dir_all(project.root().join(".git")).unwrap();
        }
        project.write("target/uno", OLD);
        rename(&project, "one", "deep/uno");
        let new = OLD.replace("one\n", "new\n");
        lay(&project, &[("one", &new)]);
        let ran = update(&project).succeeded();
        assert!(ran.stdout.contains("deleted   one  (by you, moved to `deep/uno`)"), "{}", ran.stdout);
        assert_eq!((project.read("deep/uno"), project.read("target/uno")), (new, OLD.to_owned()));
        // Changed as well, so that there is no way back.
        let mine = project.read("deep/uno").replace("six\n", "mine\n");
        project.write("deep/uno", &mine);
        lay(&project, &[("one", &OLD.replace("one\n", "newer\n"))]);
        update(&project).ended_with(5).saying("deep/uno").saying("--allow-dirty");
        assert_eq!(project.read("deep/uno"), mine);
        let ran = project.update("--template ../skeleton --allow-dirty").succeeded();
        assert_eq!(outcome(&ran, "deep/uno"), "merged");
        assert_eq!(project.read("deep/uno"), mine.replace("new\n", "newer\n"));
        project.run("check --template ../skeleton").succeeded().saying("up to date");
    }
}

#[test]
fn a_conflict_is_found_where_the_file_is_now_also_without_a_repository() {
    let project = with_skeleton(&[("one", OLD)]);
    fs::remove_dir_all(project.root().join(".git")).unwrap();
    rename(&project, "one", "deep/uno");
    lay(&project, &[("one", &OLD.replace("one\n", "new\n"))]);
    update(&project).succeeded();
    project.write("deep/uno", &OLD.replace("one\n", "mine\n"));
    lay(&project, &[("one", &OLD.replace("one\n", "newer\n"))]);
    project.update("--template ../skeleton --allow-dirty").ended_with(9);
    project.run("check --template ../skeleton").ended_with(9).saying("conflicts are still in deep/uno");
    update(&project).ended_with(5).saying("still in deep/uno");
}

#[test]
fn a_file_of_which_only_a_part_is_left_elsewhere_is_not_taken_for_deleted() {
    let old = numbered(1..=30);
    let project = with_skeleton(&[("one", &old), ("two", "2\n")]);
    rename(&project, "one", "deep/uno");
    let mine = format!("{}{}", numbered(1..=12), "mine\n".repeat(18));
    project.write("deep/uno", &mine);
    let new = old.replace("line 30\n", "new\n");
    lay(&project, &[("one", &new), ("two", "2\n")]);
    let ran = update(&project).ended_with(9);
    assert!(ran.stdout.contains("conflict  one  (deleted by you, or moved to `deep/uno`;"), "{}", ran.stdout);
    assert_eq!((project.read("one.new"), project.read("deep/uno")), (new, mine));
    project.run("check --template ../skeleton").ended_with(9).saying("one.new");
}

#[test]
fn what_was_deleted_stays_deleted_beside_files_that_have_what_many_have() {
    let old = numbered(1..=30);
    let files = |first: &str| [("one", first.to_owned()), ("two", numbered(1..=12))];
    let project = with_skeleton(&files(&old).each_ref().map(|(path, text)| (*path, &text[..])));
    project.remove("one");
    project.write("other", &format!("{}{}", numbered(1..=12), "mine\n".repeat(18)));
    let new = old.replace("line 30\n", "new\n");
    lay(&project, &files(&new).each_ref().map(|(path, text)| (*path, &text[..])));
    let ran = update(&project).succeeded();
    assert!(ran.stdout.contains("deleted   one  (by you; the template has changed it since)"), "{}", ran.stdout);
    assert!(!project.has("one.new"));
}
