//! Differs from the built-in project: there is one mail and no page.

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;

fn load(key: &'static str, text: &str) -> Result<Templates, Vec<String>> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(key);
    std::fs::write(&path, text).unwrap();
    let settings = Settings { service_name: None, files: BTreeMap::from([(key, path)]) };
    let loaded = Templates::load(&settings, "auth.example.com");
    loaded.map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

#[test]
fn a_mail_has_a_subject_a_text_and_html_and_the_code_is_in_no_subject() {
    let templates = Templates::load(&Settings { service_name: None, files: BTreeMap::new() }, "auth.example.com");
    let code = mails::LoginCode { email: "<b>@a.b".into(), code: "012345".into(), lifetime: Duration::from_mins(5) };
    let mail = templates.unwrap().mail(&code).unwrap();
    assert_eq!(mail.subject, "Your code to sign in at auth.example.com");
    assert!(mail.text.contains("012345") && mail.html.contains("012345") && mail.html.contains("&lt;b&gt;@a.b"));
}

#[test]
fn every_text_has_a_line_in_the_defaults() {
    let defaults: toml::Table = crate::settings::DEFAULTS.parse().unwrap();
    let mut keys: Vec<&str> = defaults["templates"].as_table().unwrap().keys().map(String::as_str).collect();
    keys.retain(|key| *key != "service_name");
    let mut sources: Vec<&str> = sources().map(Source::key).collect();
    keys.sort_unstable();
    sources.sort_unstable();
    assert_eq!(keys, sources);
}

#[test]
fn a_text_that_cannot_be_filled_in_is_found_when_the_program_starts() {
    let problem = load("login_code", "{{ name }}").err().unwrap().join("\n");
    assert!(
        problem.contains("there is no variable `name`; it has `code`, `email`, `lifetime`, `service`"),
        "{problem}"
    );
    load("login_code", "{{ code }}").unwrap();
}
