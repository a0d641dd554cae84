//! Through the command line; every rule has its test beside the rules.

use crate::support::{Place, Ran};

fn refused(place: &Place, name: &str) -> Ran {
    let output = place.command_of(["startproject", "--vcs", "none", "--", name]).output().unwrap();
    Ran::of(&output).ended_with(3)
}

#[test]
fn a_name_that_would_not_build_is_refused_with_reason_and_suggestion() {
    let place = Place::new();
    refused(&place, "async").saying("keyword").saying("try `async-app`");
    refused(&place, "test").saying("test harness").saying("try `test-app`");
    refused(&place, "build").saying("cargo").saying("try `build-app`");
    refused(&place, "2fa").saying("digit").saying("try `app-2fa`");
    refused(&place, "-shop").saying("dash").saying("try `shop`");
    refused(&place, "my shop").saying("try `my-shop`");
    refused(&place, "a/b").saying("path").saying("try `jwt-allauth startproject b a/b`");
    refused(&place, "_").saying("neither a letter nor a digit").saying("try `myproject`");
    refused(&place, "panic_unwind").saying("standard library").saying("try `panic_unwind-app`");
    refused(&place, "NUL").saying("Windows");
    refused(&place, &"x".repeat(65)).saying("64");
    assert!(place.entries().is_empty());
}

#[test]
fn the_crates_of_the_rendered_project_are_refused_dashes_and_underscores_alike() {
    let place = Place::new();
    for name in ["axum", "auth", "serde_json", "serde-json"] {
        refused(&place, name).saying("contains or depends on");
    }
}

#[test]
fn a_suggestion_can_be_used_as_it_stands() {
    let place = Place::new();
    let said = refused(&place, "async").stderr;
    let suggestion = said.split("try `").nth(1).and_then(|rest| rest.split('`').next()).unwrap();
    place.start(suggestion).succeeded();
}
