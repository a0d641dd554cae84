//! Renders every mail and page in every language, and looks for what is still in English.

use std::collections::BTreeSet;

use super::*;
use crate::languages::{Languages, Settings as Offered};

const TAGS: [&str; 11] = ["cs", "de", "es", "fr", "ko", "pl", "pt-BR", "ru", "tr", "zh-Hans", "zh-Hant"];

/// Of the samples.
const VALUES: [&str; 8] = [
    "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ",
    "Firefox on Linux",
    "This password is too common.",
    "Enter a valid email address.",
    "The address or the password is wrong.",
    "The server is busy. Please try again.",
    "That is not your password.",
    "TOTP not activated.",
];

fn load() -> (Languages, Templates) {
    let offered: Vec<String> = ["en"].into_iter().chain(TAGS).map(str::to_owned).collect();
    let (languages, problems) = Languages::load(&Offered { default: "en".into(), offered, directory: None });
    assert!(problems.is_empty(), "{problems:?}");
    let settings = Settings { service_name: Some("Acme".into()), files: std::collections::BTreeMap::new() };
    let templates = Templates::load(&settings, &languages, "").unwrap_or_else(|problems| panic!("{problems:?}"));
    (languages, templates)
}

/// The texts between tags, of three words and more: shorter ones may be the same in two languages.
fn said(rendered: &str) -> BTreeSet<String> {
    let mut texts = BTreeSet::new();
    let mut rest = rendered;
    while let Some((text, after)) = rest.split_once('<') {
        texts.extend(text.split(" · "));
        let skipped = ["style", "script"].into_iter().find(|tag| after.starts_with(tag));
        let end = skipped.map_or_else(|| ">".to_owned(), |tag| format!("</{tag}>"));
        rest = after.split_once(&end).map_or("", |(_, after)| after);
    }
    texts.extend(rest.split("\n\n"));
    let joined = texts.into_iter().map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    joined.filter(|text| text.split(' ').count() > 2 && !VALUES.contains(&text.as_str())).collect()
}

#[test]
fn no_mail_and_no_page_leaks_english_into_another_language() {
    let (languages, templates) = load();
    let mails = mails::ALL.iter().flat_map(|mail| mail.sources.map(|source| (source, mail.samples)));
    let pages = pages::ALL.iter().filter(|page| page.is_translated()).map(|page| (page.source, page.samples));
    let mut leaked = BTreeSet::new();
    for (source, samples) in mails.chain(pages) {
        for sample in samples() {
            let render = |language| {
                let (_, environment) = templates.environment(language);
                fill(environment, source, &templates.service, &sample, "n").unwrap_or_else(|error| panic!("{error:#}"))
            };
            let english = said(&render(Language::english()));
            for tag in TAGS {
                let rendered = render(languages.find(tag).unwrap());
                assert!(!rendered.contains("{{") && !rendered.contains("None"), "{tag} {}", source.file);
                let both = said(&rendered);
                leaked.extend(english.intersection(&both).map(|text| format!("{tag} {}: {text}", source.file)));
            }
        }
    }
    let worded = |error: &String| !["another", "Another"].iter().any(|name| error.ends_with(name));
    let leaked: Vec<_> = leaked.into_iter().filter(worded).collect();
    assert!(leaked.is_empty(), "{}", leaked.join("\n"));
}

#[test]
fn a_mail_says_in_which_language_it_is_written() {
    let (languages, templates) = load();
    let lifetime = std::time::Duration::from_hours(1);
    let mail = mails::LoginCode { email: String::new(), code: String::new(), lifetime };
    for language in languages.offered() {
        assert_eq!(templates.mail(&mail, *language).unwrap().language.tag(), language.tag());
    }
    let english = Templates::load(
        &Settings { service_name: None, files: std::collections::BTreeMap::new() },
        &Languages::default(),
        "auth.example.com",
    );
    let german = languages.find("de").unwrap();
    let written = english.ok().unwrap().mail(&mail, german).unwrap();
    assert_eq!(
        (written.language.tag(), written.subject.starts_with("Your code")),
        ("en", true),
        "as it is, not as asked"
    );
}

#[test]
fn a_subject_is_short_and_one_line_in_every_language() {
    let (languages, templates) = load();
    for mail in mails::ALL {
        for sample in (mail.samples)() {
            for language in languages.offered() {
                let (_, environment) = templates.environment(*language);
                let subject = fill(environment, mail.sources[0], &templates.service, &sample, "").unwrap();
                assert!(subject.trim().lines().count() == 1 && subject.chars().count() < 120, "{language:?} {subject}");
            }
        }
    }
}
