//! What becomes of a file.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use super::{Project, hash, lay, outcome, update, with_skeleton};

/// `rustfmt.toml` is short: its lines are these.
fn rustfmt() -> Vec<String> {
    Project::new().read("rustfmt.toml").lines().map(str::to_owned).collect()
}

#[test]
fn what_an_update_leaves_for_the_next_one_is_explained_where_it_is_left() {
    let project = with_skeleton(&[("one", "1\n2\n3\n"), ("two", "2\n")]);
    project.write("one", "1\n2\nmine\n");
    project.commit();
    lay(&project, &[("one", "new\n2\n3\n"), ("two", "2\n")]);
    project.update("--template ../skeleton --dry-run").succeeded().saying("`.jwt-allauth/base/` has");
    let ran = update(&project).succeeded().saying("`.jwt-allauth/base/` has the template's text of each file");
    assert_eq!(ran.stderr.matches(".jwt-allauth/base").count(), 1, "{}", ran.stderr);
    assert!(project.has(".jwt-allauth/base/one"));
    project.commit();
    lay(&project, &[("one", "new\n2\n3\n"), ("two", "new\n")]);
    let ran = update(&project).succeeded();
    assert!(!ran.stderr.contains(".jwt-allauth/base"), "{}", ran.stderr);
}

#[test]
fn the_next_steps_begin_with_the_conflicts() {
    let project = with_skeleton(&[("one", "1\n")]);
    project.write("one", "mine\n");
    project.commit();
    lay(&project, &[("one", "new\n")]);
    let copy = project.copied();
    lay(&copy, &[("one", "new\n")]);
    let steps = copy.update("--template ../skeleton --format json").ended_with(9).json()["next_steps"].clone();
    assert_eq!(steps[0], "# first decide what stays in one");
    update(&project).ended_with(9).saying("Next steps\n  # first decide what stays in one\n");
}

#[test]
fn nothing_is_done_where_the_template_has_nothing_new() {
    let project = Project::new();
    project.write("README.md", "mine");
    project.remove("deny.toml");
    let before = project.everything();
    let ran = project.update("").succeeded().saying("`shop` is up to date");
    assert_eq!(outcome(&ran, "deny.toml"), "deleted");
    assert_eq!(project.everything(), before);
}

#[test]
fn a_file_nobody_has_changed_becomes_the_templates() {
    let now = Project::new().read("deny.toml");
    let project = Project::new().aged(&[("deny.toml", "# old\n")]);
    let ran = project.update("").succeeded().saying("from 0.0.1 to ").saying("git diff").saying("cargo test");
    assert_eq!(outcome(&ran, "deny.toml"), "updated");
    assert_eq!(project.read("deny.toml"), now);
    assert_eq!(project.stamp()["template"]["version"].as_str(), Some(env!("CARGO_PKG_VERSION")));
    project.update("").succeeded().saying("up to date");
}

#[test]
fn changes_of_the_owner_beside_those_of_the_template_are_merged() {
    let lines = rustfmt();
    let old = format!("# old\n{}\n", lines[1..].join("\n"));
    let project = Project::new().aged(&[("rustfmt.toml", &old)]);
    project.write("rustfmt.toml", &format!("{old}# mine\n"));
    project.commit();
    let ran = project.update("").succeeded();
    assert_eq!(outcome(&ran, "rustfmt.toml"), "merged");
    assert_eq!(project.read("rustfmt.toml"), format!("{}\n# mine\n", lines.join("\n")));
}

#[test]
fn changes_to_the_same_lines_are_left_between_markers_with_exit_code_9() {
    let lines = rustfmt();
    let rest = lines[1..].join("\n");
    let project = Project::new().aged(&[("rustfmt.toml", &format!("# old\n{rest}\n"))]);
    project.write("rustfmt.toml", &format!("# mine\n{rest}\n"));
    project.commit();
    let ran = project.update("").ended_with(9).saying("<<<<<<<");
    assert!(ran.stdout.contains("conflict  rustfmt.toml  (1 place)"), "{}", ran.stdout);
    let (first, version) = (&lines[0], env!("CARGO_PKG_VERSION"));
    let markers = format!(
        "<<<<<<< yours\n# mine\n||||||| jwt-allauth 0.0.1\n# old\n=======\n{first}\n>>>>>>> jwt-allauth {version}\n{rest}\n"
    );
    assert_eq!(project.read("rustfmt.toml"), markers);
    project.commit();
    project.update("").ended_with(5).saying("conflicts of an earlier update are still in rustfmt.toml");
    project.write("rustfmt.toml", &format!("# mine\n{rest}\n"));
    project.update("").succeeded().saying("up to date");
}

#[test]
fn a_merge_that_cannot_be_read_any_more_is_a_conflict() {
    let lines = rustfmt();
    let (first, last) = (&lines[0], lines.last().unwrap());
    let project = Project::new().aged(&[("rustfmt.toml", &format!("{first}\n\n\n\n# old\n"))]);
    project.write("rustfmt.toml", &format!("{last}\n{first}\n\n\n\n# old\n"));
    project.commit();
    let ran = project.update("").ended_with(9).saying("correct what was merged and cannot be read");
    assert!(!ran.stderr.contains("<<<<<<<"), "{}", ran.stderr);
    assert!(ran.stdout.contains("conflict  rustfmt.toml  (merged, but rustfmt.toml:"), "{}", ran.stdout);
    assert!(ran.stdout.contains(": duplicate key)"), "{}", ran.stdout);
}

#[test]
fn a_new_file_is_added_and_one_the_owner_has_already_is_compared() {
    let now = Project::new().read("deny.toml");
    let files = ["deny.toml", "clippy.toml", "rustfmt.toml"];
    let project = Project::new().aged(&[]).without(&files);
    project.write("clippy.toml", &Project::new().read("clippy.toml"));
    project.write("rustfmt.toml", "# mine\n");
    project.commit();
    let ran = project.update("").ended_with(9);
    assert_eq!(outcome(&ran, "deny.toml"), "new");
    assert_eq!(project.read("deny.toml"), now);
    assert!(!ran.stdout.contains("clippy.toml"), "{}", ran.stdout);
    assert!(ran.stdout.contains("conflict  rustfmt.toml  (1 place; the text you both began with"), "{}", ran.stdout);
    assert!(project.read("rustfmt.toml").starts_with("<<<<<<< yours\n# mine\n=======\n"));
}

#[test]
fn what_the_owner_deleted_stays_deleted_and_what_the_template_dropped_goes_unless_it_was_changed() {
    let dropped = [("docs/old/a.md", "a\n"), ("docs/old/b.md", "b\n"), ("src/migrations/0001.sql", "c\n")];
    let project = Project::new().aged(&[("deny.toml", "# old\n")]).aged(&dropped);
    project.remove("deny.toml");
    project.write("docs/old/b.md", "mine\n");
    project.commit();
    let ran = project.update("").succeeded();
    assert_eq!(outcome(&ran, "deny.toml"), "deleted");
    assert_eq!(outcome(&ran, "docs/old/a.md"), "removed");
    assert_eq!(outcome(&ran, "docs/old/b.md"), "kept");
    assert_eq!(outcome(&ran, "src/migrations/0001.sql"), "kept");
    assert!(!project.has("deny.toml") && !project.has("docs/old/a.md") && project.has("docs/old/b.md"));
    let stamp = project.stamp();
    assert!(stamp["files"].get("docs/old/a.md").is_none() && stamp["files"].get("deny.toml").is_some());
    assert!(!project.update("").succeeded().stdout.contains("docs/old"));
}

#[test]
fn a_directory_that_is_empty_afterwards_goes_too() {
    let project = Project::new().aged(&[("docs/old/deep/a.md", "a\n")]);
    project.update("").succeeded();
    assert!(project.has("docs") && !project.has("docs/old"));
}

#[test]
fn a_migration_that_is_there_is_never_touched_and_a_new_one_is_added() {
    let (old, new) = ("auth/migrations/sqlite/0001_users_and_sessions.sql", "auth/migrations/sqlite/0003_throttle.sql");
    let now = Project::new().read(new);
    let project = Project::new().aged(&[(old, "-- applied\n")]).without(&[new]);
    let ran = project.update("").succeeded();
    assert_eq!((outcome(&ran, old), outcome(&ran, new)), ("kept".to_owned(), "new".to_owned()));
    assert_eq!((project.read(old), project.read(new)), ("-- applied\n".to_owned(), now));
}

#[test]
fn modes_stay_as_the_owner_has_set_them() {
    let project = Project::new().aged(&[("deny.toml", "# old\n"), ("clippy.toml", "# old\n")]);
    for (path, mode) in [("deny.toml", 0o444), ("clippy.toml", 0o755)] {
        fs::set_permissions(project.root().join(path), Permissions::from_mode(mode)).unwrap();
    }
    project.update("").succeeded();
    for (path, mode) in [("deny.toml", 0o444), ("clippy.toml", 0o755)] {
        assert_eq!(fs::metadata(project.root().join(path)).unwrap().permissions().mode() & 0o777, mode, "{path}");
        assert_ne!(project.read(path), "# old\n");
    }
}

#[test]
fn what_is_no_text_is_left_beside_the_owners() {
    let project = Project::new().aged(&[("deny.toml", "# old\n")]);
    fs::write(project.root().join("deny.toml"), [0, 159, 146, 150]).unwrap();
    project.commit();
    let ran = project.update("").ended_with(9).saying("take over what you want of the template's `.new` files");
    assert!(!ran.stderr.contains("<<<<<<<"), "{}", ran.stderr);
    assert!(ran.stdout.contains("conflict  deny.toml  (the template's is in `deny.toml.new`)"), "{}", ran.stdout);
    assert_eq!(fs::read(project.root().join("deny.toml")).unwrap(), [0, 159, 146, 150]);
    assert_eq!(project.read("deny.toml.new"), Project::new().read("deny.toml"));
}

#[test]
fn a_link_in_place_of_a_file_stays_the_owners() {
    let project = Project::new().aged(&[("deny.toml", "# old\n")]);
    project.remove("deny.toml");
    symlink("clippy.toml", project.root().join("deny.toml")).unwrap();
    project.commit();
    assert_eq!(outcome(&project.update("").ended_with(9), "deny.toml"), "conflict");
    assert_eq!(fs::read_link(project.root().join("deny.toml")).unwrap().to_str(), Some("clippy.toml"));
}

#[test]
fn a_dry_run_says_the_same_and_writes_nothing() {
    let project = Project::new().aged(&[("deny.toml", "# old\n"), ("clippy.toml", "# old\n")]);
    project.write("deny.toml", "# mine\n");
    let before = project.everything();
    let dry =
        project.update("--dry-run --allow-dirty").ended_with(9).saying("Would update").saying("Nothing was written");
    assert_eq!(project.everything(), before);
    let ran = project.update("--allow-dirty").ended_with(9);
    assert_eq!(dry.stdout, ran.stdout);
}

#[test]
fn json_names_every_file_with_what_became_of_it() {
    let project = Project::new().aged(&[("deny.toml", "# old\n")]);
    let json = project.update("--format json").succeeded().json();
    assert_eq!(
        (&json["project_version"], &json["conflicts"], &json["dry_run"]),
        (&"0.0.1".into(), &0.into(), &false.into())
    );
    let files = json["files"].as_array().unwrap();
    let outcomes: Vec<&str> =
        files.iter().filter(|file| file["path"] == "deny.toml").map(|file| file["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["updated"]);
    assert_eq!(files.len() + 1, project.place.promised().len(), "all but the stamp");
    assert_eq!(project.stamp()["files"]["deny.toml"].as_str(), Some(hash(&project.read("deny.toml")).as_str()));
}
