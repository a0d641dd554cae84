//! Working copies in which git has given every line the end that it has on Windows.

use super::{Project, hash, outcome};
use crate::support::Place;

const OLD: &str = "one\ntwo\nthree\nfour\n";

/// Two files of a skeleton, one of which the owner has edited, checked out with other line ends.
fn project(configure: impl FnOnce(&Project)) -> Project {
    let project = Project { place: Place::new() };
    for file in ["edited", "untouched"] {
        project.place.write(&format!("skeleton/{file}.txt"), OLD);
    }
    project.start("--template skeleton");
    project.write("edited.txt", "one\ntwo\nthree\nmine\n");
    configure(&project);
    project.commit();
    for path in ["edited.txt", "untouched.txt", ".jwt-allauth.toml"] {
        project.remove(path);
    }
    project.git("checkout -q -- .");
    assert!(project.read("edited.txt").contains("two\r\n"), "git has changed the line ends");
    assert_eq!(project.git("status --porcelain"), "");
    project
}

fn by_configuration(project: &Project) {
    project.git("config core.autocrlf true");
}

fn by_attribute(project: &Project) {
    project.write(".gitattributes", "*.txt text eol=crlf\n");
}

#[test]
fn what_the_template_changes_is_merged_and_the_line_ends_stay_the_owners() {
    for configure in [by_configuration, by_attribute] {
        let project = project(configure);
        project.run("check --template ../skeleton").succeeded();
        for file in ["edited", "untouched"] {
            project.place.write(&format!("skeleton/{file}.txt"), &OLD.replace("one", "new"));
        }
        let ran = project.update("--template ../skeleton").succeeded();
        assert_eq!(
            (outcome(&ran, "edited.txt"), outcome(&ran, "untouched.txt")),
            ("merged".to_owned(), "updated".to_owned())
        );
        assert_eq!(project.read("edited.txt"), "new\r\ntwo\r\nthree\r\nmine\r\n");
        assert_eq!(project.read("untouched.txt"), "new\r\ntwo\r\nthree\r\nfour\r\n");
        assert_eq!(project.stamp()["files"]["untouched.txt"].as_str(), Some(&*hash("new\ntwo\nthree\nfour\n")));
        project.update("--template ../skeleton").succeeded().saying("up to date");
        let stat = project.git("diff --numstat -- edited.txt");
        assert_eq!(stat, "1\t1\tedited.txt\n", "one line is another");
    }
}

#[test]
fn a_conflict_is_one_of_the_lines_that_both_have_changed() {
    let project = project(by_configuration);
    project.place.write("skeleton/edited.txt", &OLD.replace("four", "theirs"));
    let ran = project.update("--template ../skeleton").ended_with(9);
    assert!(ran.stdout.contains("conflict  edited.txt  (1 place)"), "{}", ran.stdout);
    let text = project.read("edited.txt");
    assert!(text.starts_with("one\r\ntwo\r\nthree\r\n<<<<<<< yours\r\nmine\r\n"), "{text:?}");
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    project.update("--template ../skeleton").ended_with(5).saying("conflicts of an earlier update");
}

#[test]
fn what_the_template_drops_goes_if_only_its_line_ends_are_other_ones() {
    let project = project(by_configuration);
    std::fs::remove_file(project.place.work().join("skeleton/untouched.txt")).unwrap();
    assert_eq!(outcome(&project.update("--template ../skeleton").succeeded(), "untouched.txt"), "removed");
}

#[test]
fn a_change_that_is_in_no_commit_is_still_seen() {
    let project = project(by_configuration);
    project.write("edited.txt", "one\r\ntwo\r\nthree\r\nmore\r\n");
    project.place.write("skeleton/edited.txt", &OLD.replace("one", "new"));
    project.update("--template ../skeleton").ended_with(5).saying("not committed: edited.txt");
}
