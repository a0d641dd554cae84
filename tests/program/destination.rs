use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use crate::support::{Place, is_secret, names_in};

#[test]
fn a_project_lies_in_a_directory_of_its_name_and_holds_what_the_dry_run_promised() {
    let place = Place::new();
    let ran = place.start("shop").succeeded();
    assert_eq!(ran.stdout.trim(), place.work().join("shop").to_str().unwrap());
    assert!(place.is_whole("shop"));
    assert!(place.read("shop/Cargo.toml").contains("name = \"shop\""));
}

#[test]
fn a_directory_given_apart_may_have_any_name() {
    let place = Place::new();
    place.command_of(["startproject", "shop", "my projects/2nd", "--vcs", "none"]).status().unwrap();
    assert!(place.is_whole("my projects/2nd"));
    assert!(place.read("my projects/2nd/Cargo.toml").contains("name = \"shop\""));
}

#[test]
fn a_dot_is_the_current_directory() {
    let place = Place::new();
    let ran = place.start("shop .").succeeded();
    assert!(!ran.stderr.contains("cd "), "{}", ran.stderr);
    assert!(place.is_whole("."));
}

#[test]
fn a_directory_that_holds_files_is_refused_with_the_ways_out() {
    let place = Place::new();
    place.write("shop/notes", "theirs");
    let ran = place.start("shop").ended_with(5).saying("`shop` is there already and holds files: `notes`\n");
    ran.saying("--if-exists merge").saying("--if-exists overwrite").saying("DIRECTORY");
    assert_eq!(names_in(&place.work().join("shop")), ["notes"]);
    for name in ["a", "b", "c"] {
        place.write(&format!("shop/{name}"), "theirs");
    }
    place.start("shop").ended_with(5).saying("holds files: `a`, `b`, `c` and 1 more");
}

#[test]
fn merge_keeps_what_is_there_and_says_so() {
    let place = Place::new();
    place.write("shop/Cargo.toml", "theirs");
    place.write("shop/notes", "theirs");
    place.start("shop --if-exists merge").succeeded().saying("Kept as they were: Cargo.toml");
    assert_eq!(place.read("shop/Cargo.toml"), "theirs");
    assert!(place.is_whole("shop"));
    place.start("shop --if-exists merge").succeeded();
}

#[test]
fn an_ignore_file_that_is_kept_comes_with_a_warning() {
    let place = Place::new();
    place.write("shop/.gitignore", "/target\n.env\n");
    let ran = place.start("shop --if-exists merge").succeeded();
    ran.saying("warning: your `.gitignore` was kept, and does not ignore keys/0001.pem");
    place.write("store/.gitignore", "");
    let json = place.start("store --if-exists merge --format json").succeeded().json();
    let warnings = json["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].as_str().unwrap().contains("does not ignore .env, keys/0001.pem"), "{warnings:?}");
}

#[test]
fn an_ignore_file_that_is_kept_and_covers_the_secrets_needs_no_warning() {
    let place = Place::new();
    place.write("shop/.gitignore", "/keys\n.env*\n!.env.example\n");
    let ran = place.start("shop --if-exists merge").succeeded();
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
}

#[test]
fn overwrite_replaces_only_what_the_project_brings() {
    let place = Place::new();
    place.write("shop/Cargo.toml", "theirs");
    place.write("shop/notes", "theirs");
    place.start("shop --if-exists overwrite").succeeded().saying("Replaced: Cargo.toml");
    assert!(place.read("shop/Cargo.toml").contains("name = \"shop\""));
    assert_eq!(place.read("shop/notes"), "theirs");
    assert!(place.is_whole("shop"));
}

#[test]
fn a_file_in_the_way_is_refused_under_every_policy() {
    let place = Place::new();
    place.write("shop", "theirs");
    for policy in ["error", "merge", "overwrite"] {
        place.start(&format!("shop --if-exists {policy}")).ended_with(5).saying("shop` is a file");
    }
    assert_eq!(place.read("shop"), "theirs");
}

#[test]
fn a_dry_run_lists_the_tree_with_sizes_and_modes_and_writes_nothing() {
    let place = Place::new();
    let ran = place.start("shop --dry-run").succeeded().saying("Nothing was written");
    let manifest = ran.stdout.lines().find(|line| line.ends_with(" Cargo.toml")).unwrap();
    assert!(manifest.starts_with("0644 "), "{manifest}");
    assert!(place.entries().is_empty());
}

#[test]
fn a_dry_run_tells_of_a_destination_in_the_way() {
    let place = Place::new();
    place.write("shop/Cargo.toml", "theirs");
    place.start("shop --dry-run").ended_with(5);
    let ran = place.start("shop --dry-run --if-exists overwrite").succeeded();
    assert!(ran.stdout.contains("Cargo.toml  (replaced)"), "{}", ran.stdout);
    assert_eq!(place.read("shop/Cargo.toml"), "theirs");
}

#[test]
fn every_file_has_the_mode_that_was_promised_and_secrets_are_their_owners_alone() {
    let place = Place::new();
    let listed = place.start("shop --dry-run").stdout;
    place.start("shop").succeeded();
    for line in listed.lines() {
        let (mode, path) = (line.split_whitespace().next().unwrap(), line.split_whitespace().nth(2).unwrap());
        let file = fs::metadata(place.work().join("shop").join(path)).unwrap();
        let executable = file.permissions().mode() & 0o100 != 0;
        assert_eq!(executable, mode == "0755", "{path}");
        let secret = is_secret(path);
        assert_eq!(mode == "0600", secret, "{path}");
        assert!(!secret || file.mode() & 0o777 == 0o600, "{path}");
    }
}

#[test]
fn the_same_answers_give_the_same_bytes_secrets_aside() {
    let place = Place::new();
    place.start("shop one").succeeded();
    place.start("shop two").succeeded();
    for path in place.promised().iter().filter(|path| !is_secret(path)) {
        assert_eq!(place.read(&format!("one/{path}")), place.read(&format!("two/{path}")), "{path}");
    }
}
