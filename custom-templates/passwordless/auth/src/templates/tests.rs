//! Differs from the built-in project: there is one mail and no page.

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;

/// Loads the texts, some of them replaced by files with this content.
fn load(files: &[(&'static str, &str)]) -> Result<Templates, String> {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = Settings { service_name: None, files: BTreeMap::new() };
    for (key, text) in files {
        let path = directory.path().join(key);
        std::fs::write(&path, text).unwrap();
        settings.files.insert(key, path);
    }
    let shown = format!("{}/", directory.path().display());
    Templates::load(&settings, &Languages::default(), "auth.example.com").map_err(|problems| {
        problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n").replace(&shown, "mine/")
    })
}

fn problem(key: &'static str, text: &str) -> String {
    load(&[(key, text)]).err().unwrap_or_else(|| panic!("{key} with {text:?} was accepted"))
}

#[test]
fn the_built_in_texts_are_without_fault() {
    load(&[]).unwrap();
}

#[test]
fn every_text_has_a_key_of_its_own_and_a_line_in_the_defaults() {
    let keys: Vec<&str> = sources().map(Source::key).collect();
    let unique: std::collections::BTreeSet<&&str> = keys.iter().collect();
    assert_eq!(unique.len(), keys.len());
    let defaults: toml::Table = crate::settings::DEFAULTS.parse().unwrap();
    let mut settings: Vec<&str> = defaults["templates"].as_table().unwrap().keys().map(String::as_str).collect();
    settings.retain(|key| *key != "service_name");
    assert_eq!(unique, settings.iter().collect());
}

#[test]
fn a_built_in_text_begins_with_the_variables_it_may_use() {
    for (source, samples) in mails::ALL
        .iter()
        .flat_map(|mail| mail.sources.map(|source| (source, mail.samples)))
        .chain(pages::ALL.iter().map(|page| (page.source, page.samples)))
    {
        let head = source.text.split("-#}").next().unwrap();
        for name in check::names(&samples()[0]) {
            assert!(head.contains(&format!("`{name}`")), "{}: {name}", source.file);
        }
    }
}

#[test]
fn a_mail_has_a_subject_a_text_and_html_and_the_code_is_in_no_subject() {
    let code = mails::LoginCode { email: "<b>@a.b".into(), code: "012345".into(), lifetime: Duration::from_mins(5) };
    let mail = load(&[]).unwrap().mail(&code, Language::english()).unwrap();
    assert_eq!(mail.subject, "Your code to sign in at auth.example.com");
    assert!(mail.text.contains("012345") && mail.html.contains("012345") && mail.html.contains("&lt;b&gt;@a.b"));
}

#[test]
fn a_text_that_cannot_be_filled_in_is_found_when_the_program_starts() {
    let problem = problem("login_code", "{{ name }}");
    assert!(
        problem.contains("there is no variable `name`; it has `code`, `email`, `lifetime`, `service`"),
        "{problem}"
    );
    load(&[("login_code", "{{ code }}")]).unwrap();
}
