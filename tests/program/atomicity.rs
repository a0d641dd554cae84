//! All of a project or nothing of it. The moment of a signal is fixed by a git that sends it while the project is in
//! the stage.

use std::process::{Child, Stdio};

use crate::support::{Place, Ran};

const START: &str = "startproject shop";

fn interrupted_by(place: &Place, signal: &str, arguments: &str) -> Option<i32> {
    let git = place.fake_git(&format!("case \"$*\" in *init*) kill -{signal} $PPID;; esac"));
    let mut command = place.command(arguments);
    command.env("PATH", format!("{}:/usr/bin:/bin", git.display()));
    command.output().unwrap().status.code()
}

#[test]
fn an_interruption_leaves_nothing_and_the_same_command_then_succeeds() {
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let place = Place::new();
        assert_eq!(interrupted_by(&place, signal, START), Some(code), "{signal}");
        assert!(place.entries().is_empty(), "{signal}: {:?}", place.entries());
        place.run(START).succeeded();
        assert!(place.is_whole("shop"));
    }
}

#[test]
fn an_interruption_in_a_directory_that_exists_leaves_it_as_it_was() {
    let place = Place::new();
    place.write("notes", "theirs");
    assert_eq!(interrupted_by(&place, "TERM", "startproject shop . --if-exists merge"), Some(143));
    assert_eq!(place.entries(), ["notes"]);
}

#[test]
fn a_kill_leaves_at_most_a_stage_which_the_next_run_clears() {
    let place = Place::new();
    assert_eq!(interrupted_by(&place, "KILL", START), None);
    let left = place.entries();
    assert!(left.iter().all(|name| name.starts_with(".jwt-allauth-stage-")), "{left:?}");
    place.run(START).succeeded();
    assert_eq!(place.entries(), ["shop"]);
    assert!(place.is_whole("shop"));
}

#[test]
fn a_kill_at_whatever_moment_leaves_nothing_or_the_whole_project() {
    for round in 0..20_u32 {
        let place = Place::new();
        let mut child = spawn(&place, "startproject shop --vcs none");
        for _ in 0..round * 50_000 {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let (stages, others): (Vec<_>, Vec<_>) =
            place.entries().into_iter().partition(|name| name.starts_with(".jwt-allauth-stage-"));
        assert!(stages.len() <= 1, "{stages:?}");
        if others.is_empty() {
            place.start("shop").succeeded();
        }
        assert!(place.is_whole("shop"), "round {round}");
    }
}

/// Of a template the runs also differ in what they render: the winner's project is the winner's alone.
#[test]
fn of_twenty_runs_into_one_name_one_wins_whatever_is_rendered() {
    let overlay = Place::new();
    overlay.write("t/jwt-allauth.toml", "[placeholders.run]");
    let complete = Place::new();
    complete.write("t/cargo-generate.toml", "[placeholders.run]\nprompt = \"Run\"");
    for (place, template) in [(Place::new(), ""), (overlay, "--template t"), (complete, "--template t")] {
        place.write("t/one.liquid", "{{ run }}");
        place.write("t/two.liquid", "{{ run }}");
        let line = |n: i32| match template {
            "" => "startproject shop --vcs none".to_owned(),
            template => format!("startproject shop --vcs none {template} -d run={n}"),
        };
        let children: Vec<Child> = (0..20).map(|n| spawn(&place, &line(n))).collect();
        let ended = children.into_iter().map(|child| Ran::of(&child.wait_with_output().unwrap()).code);
        let codes: Vec<i32> = ended.collect();
        let winners: Vec<usize> = (0..20).filter(|n| codes[*n] == 0).collect();
        assert_eq!(winners.len(), 1, "{codes:?}");
        assert!(codes.iter().all(|code| [0, 5].contains(code)), "{codes:?}");
        assert_eq!(place.entries(), ["shop", "t"]);
        if template.is_empty() {
            assert!(place.is_whole("shop"));
        } else {
            let winner = winners[0].to_string();
            assert_eq!([place.read("shop/one"), place.read("shop/two")], [winner.clone(), winner]);
        }
    }
}

#[test]
fn of_twenty_runs_into_twenty_names_below_one_missing_directory_all_win() {
    let place = Place::new();
    let children: Vec<Child> =
        (0..20).map(|n| spawn(&place, &format!("startproject shop new/shop{n} --vcs none"))).collect();
    for child in children {
        Ran::of(&child.wait_with_output().unwrap()).succeeded();
    }
    assert_eq!(place.entries(), ["new"]);
    assert!((0..20).all(|n| { place.work().join(format!("new/shop{n}/Cargo.toml")).is_file() }));
}

fn spawn(place: &Place, arguments: &str) -> Child {
    place.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}
