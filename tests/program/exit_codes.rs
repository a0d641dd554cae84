//! What scripts branch on. 4 cannot be had from the project that comes with the program; its test is the template's.

use std::fs::File;
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
fn output_that_cannot_be_written_is_1_and_said() {
    let place = Place::new();
    place.start("shop").succeeded();
    place.write("skeleton/NOTICE", "");
    for line in [
        "--help",
        "--version",
        "help startproject",
        "completions bash",
        "man",
        "templates list",
        "templates list --format json",
        "templates show built-in",
        "templates lint skeleton --format json",
        "templates export company-skeleton exported",
        "startproject other --dry-run",
        "startproject other --vcs none",
        "check shop --format json",
        "add mfa=required --directory shop --format json",
        "update shop --format json",
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = place.command(line).stdout(full).output().unwrap();
        Ran::of(&output)
            .ended_with(1)
            .saying("error: the output is not complete, since stdout cannot be written: No space");
    }
    for (line, code) in [("startproject fn --format json", 3), ("startprojekt --format json", 2)] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = place.command(line).stdout(full).output().unwrap();
        Ran::of(&output).ended_with(code).saying("the output is not complete");
    }
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
fn the_help_lists_every_code_and_that_of_a_command_those_it_ends_with() {
    let place = Place::new();
    let codes = |line: &str| {
        let help = place.run(line).succeeded().stdout;
        let codes = help[help.find("Exit codes").unwrap()..].to_owned();
        let numbers = codes.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok());
        numbers.collect::<Vec<u32>>()
    };
    let all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 129, 130, 143];
    assert_eq!(codes("--help"), all);
    let without = |missing: &[u32]| all.iter().copied().filter(|code| !missing.contains(code)).collect::<Vec<_>>();
    assert_eq!(codes("check --help"), all);
    assert_eq!(codes("add --help"), without(&[6, 7, 8, 9, 10, 12]));
    assert_eq!(codes("update --help"), without(&[8, 10]));
    assert_eq!(codes("startproject --help"), without(&[8, 9, 10]));
    assert_eq!(codes("templates --help"), without(&[3, 7, 8, 9, 10]));
    assert_eq!(codes("templates show --help"), without(&[3, 5, 7, 8, 9, 10]));
    assert_eq!(codes("templates lint --help"), without(&[3, 5, 7, 8, 9, 10]));
    assert_eq!(codes("templates export --help"), without(&[3, 6, 7, 8, 9, 10, 12]));
    for command in ["completions", "man", "templates list"] {
        assert_eq!(codes(&format!("{command} --help")), [0, 1, 2, 129, 130, 143], "{command}");
    }
}

#[test]
fn a_document_has_the_code_that_the_command_ends_with() {
    let place = Place::new();
    place.start("shop").succeeded();
    place.write("good/NOTICE", "");
    place.write("bad/a.liquid", "{{ nmae }}");
    let with_code = |line: &str, code: i32| {
        let json = place.run(&format!("{line} --format json")).ended_with(code).json();
        assert_eq!(json["code"], code, "{line}: {json}");
    };
    for line in ["check shop", "check --security shop", "update shop", "update shop --dry-run", "templates lint good"] {
        with_code(line, 0);
    }
    with_code("templates lint bad", 4);
    with_code("check shop --template good", 8);
    place.write("shop/settings.toml", "<<<<<<< yours\na\n=======\nb\n>>>>>>> jwt-allauth 0.0.1\n");
    with_code("check shop", 9);
    place.write("shop/deny.toml", "# mine\n");
    place.write("other/deny.toml", "# theirs\n");
    std::fs::remove_file(place.work().join("shop/settings.toml")).unwrap();
    with_code("update shop --template other --dry-run", 5);
    with_code("update shop --template other --allow-dirty", 9);
}

#[test]
fn the_help_says_what_a_flag_means_in_its_command() {
    let place = Place::new();
    let help = |command: &str| {
        let help = place.run(&format!("{command} --help")).succeeded().stdout;
        help.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(help("startproject").contains("A skeleton to lay over the project"));
    assert!(help("startproject").contains("the next word counts as BOOL, so NAME goes before it"));
    for command in ["update", "check"] {
        let help = help(command);
        assert!(help.contains("Where the project's template is now, if it is a directory; or another"), "{help}");
        assert!(!help.contains("skeleton to lay over"), "{help}");
    }
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
    assert!(ran.stderr.contains("Usage: jwt-allauth startproject [OPTIONS] [NAME]"), "{}", ran.stderr);
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
fn a_value_that_a_flag_does_not_take_is_2_whatever_the_flag() {
    let place = Place::new();
    place.start("shop --email=perhaps").ended_with(2).saying("true, false, yes, no");
    place.start("shop --email maybe").ended_with(2);
    place.start("--email shop").ended_with(2).saying("before `--email`");
    place.start("shop --database mysql").ended_with(2).saying("sqlite");
    place.start("shop --algorithm RSA").ended_with(2).saying("EdDSA, ES256, RS256, HS256");
    place.run("startproject shop --vcs svn").ended_with(2).saying("git, none");
    assert!(place.entries().is_empty());
}

#[test]
fn a_name_or_an_answer_that_is_not_valid_is_3() {
    let place = Place::new();
    place.start("fn").ended_with(3);
    place.start("shop -d nothing=asked").ended_with(3);
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
