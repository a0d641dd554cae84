//! What scripts branch on. 4 cannot be had from the project that comes with the program; its test is the template's.

use std::process::Command;

use crate::support::{PROGRAM, Place, Ran};

#[test]
fn done_is_0() {
    Place::new().start("shop").succeeded();
}

#[test]
fn what_nobody_foresaw_is_1() {
    let place = Place::new();
    let script = format!("rmdir ../work && exec {PROGRAM} startproject shop");
    let output = Command::new("sh").args(["-c", &script]).current_dir(place.work()).output().unwrap();
    Ran::of(&output).ended_with(1).saying("error:");
}

#[test]
fn a_wrong_command_line_is_2() {
    let place = Place::new();
    for line in ["", "startprojekt", "startproject shop --colour", "startproject a b c", "startproject s --vcs hg"] {
        place.run(line).ended_with(2);
    }
}

#[test]
fn help_is_a_command_and_says_the_exit_codes() {
    let place = Place::new();
    for line in ["help", "--help"] {
        assert!(place.run(line).succeeded().stdout.contains("4  template missing"), "{line}");
    }
    assert!(place.run("help startproject").succeeded().stdout.contains("--if-exists"));
    assert!(place.run("help templates lint").succeeded().stdout.contains("--format"));
    place.run("help nothing").ended_with(2);
}

#[test]
fn every_definition_that_is_none_is_named_and_is_2() {
    let place = Place::new();
    let definitions = ["=x", "novalue", "", "a b=c", " a=b", "ok=1"];
    let mut command = place.command("startproject shop --vcs none");
    for definition in &definitions {
        command.args(["-d", definition]);
    }
    let ran = Ran::of(&command.output().unwrap()).ended_with(2);
    for definition in &definitions[..5] {
        assert!(ran.stderr.contains(&format!("invalid value '{definition}'")), "{definition}: {}", ran.stderr);
    }
    assert!(!ran.stderr.contains("ok=1"), "{}", ran.stderr);
}

#[test]
fn a_flag_that_would_do_nothing_beside_another_is_2() {
    let place = Place::new();
    for line in [
        "startproject shop --vcs none --no-commit",
        "check --security --template passwordless",
        "check --security -d a=b",
        "check --security --values-file answers.toml",
        "check --security --allow-commands",
    ] {
        place.run(line).ended_with(2).saying("cannot be used with");
    }
    assert!(place.entries().is_empty());
}

#[test]
fn an_answer_that_is_not_valid_is_3() {
    let place = Place::new();
    place.start("shop --email=perhaps").ended_with(3).saying("true, false, yes, no");
    place.start("shop --email maybe").ended_with(3);
    place.start("--email shop").ended_with(3).saying("before `--email`");
    place.start("shop --database mysql").ended_with(3).saying("sqlite");
    place.start("shop --algorithm RSA").ended_with(3).saying("EdDSA, ES256, RS256, HS256");
    place.start("fn").ended_with(3);
    assert!(place.entries().is_empty());
}

#[test]
fn a_destination_in_the_way_is_5() {
    let place = Place::new();
    place.write("shop", "theirs");
    place.start("shop").ended_with(5);
    place.start("shop /proc/shop").ended_with(5);
}

#[test]
fn missing_answers_with_nobody_to_ask_are_6_and_all_are_listed() {
    let place = Place::new();
    let ran = place.start("").ended_with(6);
    ran.saying("NAME").saying("--email[=BOOL]").saying("--database sqlite|postgres").saying("--algorithm EdDSA|ES256");
    let ran = place.start("--email=no -y").ended_with(6).saying("NAME").saying("--database");
    assert!(!ran.stderr.contains("--email"), "{}", ran.stderr);
}

#[test]
fn git_asked_for_and_not_there_is_12_and_nothing_is_written() {
    let place = Place::new();
    let output = place.command("startproject shop --vcs git").env("PATH", "/nowhere").output().unwrap();
    Ran::of(&output).ended_with(12).saying("--vcs none");
    assert!(place.entries().is_empty());
}
