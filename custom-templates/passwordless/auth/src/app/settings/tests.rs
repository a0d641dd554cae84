//! Differs from the built-in project: it has other sections.

use std::collections::BTreeMap;
use std::path::Path;

use super::*;

fn load(text: &str) -> Result<Settings, String> {
    Settings::load(Path::new("settings.toml"), text, &BTreeMap::new()).map_err(|problems| problems.to_string())
}

#[test]
fn what_production_cannot_do_with_is_named_at_once() {
    let problems = load("environment = \"production\"\n[codes]\nsending = \"console\"").unwrap_err();
    for key in ["users.id_key", "http.public_url", "mail.transport", "codes.sending"] {
        assert!(problems.contains(&format!("`{key}`")), "{key}: {problems}");
    }
}

#[test]
fn a_request_has_more_time_than_its_mail() {
    let problem = load("[mail]\ntimeout = \"15s\"").unwrap_err();
    assert!(problem.contains("`mail.timeout` must be less than http.request_timeout"), "{problem}");
}

#[test]
fn what_every_token_has_cannot_be_a_claim_of_the_settings() {
    let problem = load("[tokens]\nclaims = { email = \"user.id\" }").unwrap_err();
    assert!(problem.contains("every token has it already"), "{problem}");
    load("[tokens]\nclaims = { team = \"user.domain\" }").unwrap();
}

#[test]
fn the_state_in_memory_is_warned_of() {
    let warned =
        |text: &str| load(text).unwrap().deployment_warnings().iter().any(|line| line.starts_with("redis.url:"));
    assert!(warned(""));
    assert!(!warned("[redis]\nurl = \"redis://127.0.0.1:6379\""));
}

#[test]
fn every_section_of_the_defaults_is_in_the_list_and_no_other() {
    let defaults: toml::Table = crate::settings::DEFAULTS.parse().unwrap();
    let mut expected: Vec<&str> =
        defaults.iter().filter(|(_, value)| value.is_table()).map(|(name, _)| name.as_str()).collect();
    let settings = load("").unwrap();
    let mut listed: Vec<&str> = settings.sections().iter().map(|(name, _)| *name).collect();
    expected.sort_unstable();
    listed.sort_unstable();
    listed.dedup();
    assert_eq!(listed, expected);
}
