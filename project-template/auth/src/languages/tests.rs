use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::{HeaderMap, header};
use time::OffsetDateTime;

use super::catalog::{Catalog, SHIPPED};
use super::*;

fn settings(offered: &[&str], directory: Option<&Path>) -> Settings {
    Settings {
        default: offered[0].to_owned(),
        offered: offered.iter().map(|tag| (*tag).to_owned()).collect(),
        directory: directory.map(Path::to_owned),
    }
}

fn load(offered: &[&str]) -> Languages {
    Languages::load(&settings(offered, None)).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn chosen(languages: &Languages, header: &str) -> &'static str {
    let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, header.parse().unwrap())]);
    languages.of_request(&headers).tag()
}

#[test]
fn a_request_gets_the_offered_language_that_is_nearest_to_what_it_asks_for() {
    let all: Vec<&str> =
        ["en"].into_iter().chain(SHIPPED.iter().map(|(tag, _)| *tag).filter(|tag| *tag != "en")).collect();
    let languages = load(&all);
    for (header, tag) in [
        ("de", "de"),
        ("de-AT", "de"),
        ("de-CH-1901", "de"),
        ("DE-at", "de"),
        ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", "fr"),
        ("en;q=0.8, de;q=0.9", "de"),
        ("es;q=0.5, ko;q=0.5", "es"),
        ("pt", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("zh", "zh-Hans"),
        ("zh-CN", "zh-Hans"),
        ("zh-SG", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("zh-mo", "zh-Hant"),
        ("zh-Hant-CN", "zh-Hant"),
        ("zh-Hans-TW", "zh-Hans"),
        ("zh-hant", "zh-Hant"),
        ("nl, ko", "ko"),
        ("nl", "en"),
        ("*", "en"),
        ("*, de", "en"),
        ("de;q=0, *", "en"),
        ("en;q=0, *", "cs"),
        ("de;q=0, de", "en"),
        ("de-AT, de;q=0", "en"),
        ("de;q=0, fr;q=0.1", "fr"),
        ("en;q=0", "en"),
        ("de-*", "de"),
        ("de ; q=1.000 , fr", "de"),
        ("de;Q=0.5,fr;q=0.4", "de"),
        (", ,de,", "de"),
        // Unknown, malformed or huge.
        ("", "en"),
        ("de;q=2", "en"),
        ("de;q=0.1234", "en"),
        ("de;q=-1", "en"),
        ("de;q=a", "en"),
        ("de;level=1", "en"),
        ("de;q=", "en"),
        ("de_DE", "en"),
        ("abcdefghi", "en"),
        ("i-klingon", "en"),
        ("x-private", "en"),
        (&"de,".repeat(60), "en"),
        (&format!("de,{}", "a-b-c-d,".repeat(200)), "en"),
    ] {
        assert_eq!(chosen(&languages, header), tag, "{header}");
    }
    assert_eq!(languages.of_request(&HeaderMap::new()).tag(), "en");
    let twice = [(header::ACCEPT_LANGUAGE, "fr;q=0.5"), (header::ACCEPT_LANGUAGE, "ko")];
    let mut headers = HeaderMap::new();
    for (name, value) in twice {
        headers.append(name, value.parse().unwrap());
    }
    assert_eq!(languages.of_request(&headers).tag(), "ko");
}

#[test]
fn what_is_not_offered_is_unknown_and_the_default_takes_its_place() {
    let languages = load(&["de", "zh-Hant"]);
    for (header, tag) in [("fr", "de"), ("en", "de"), ("zh-CN", "de"), ("zh-TW", "zh-Hant"), ("*;q=0.1", "de")] {
        assert_eq!(chosen(&languages, header), tag, "{header}");
    }
    let alone = load(&["fr"]);
    assert_eq!(chosen(&alone, "de"), "fr");
    assert!(!alone.are_several() && languages.are_several());
}

#[test]
fn a_language_of_the_owner_is_matched_exactly_before_any_rule() {
    let own = tempfile::tempdir().unwrap();
    for tag in ["zh-TW", "pt-PT", "nl"] {
        std::fs::create_dir(own.path().join(tag)).unwrap();
        std::fs::write(own.path().join(tag).join("texts.toml"), "\"Not found.\" = \"-\"").unwrap();
    }
    let offered = ["en", "zh-TW", "zh-Hans", "pt-PT", "nl"];
    let languages = Languages::load(&settings(&offered, Some(own.path()))).ok().unwrap();
    for (header, tag) in [("zh-TW", "zh-TW"), ("zh", "zh-Hans"), ("pt-BR", "pt-PT"), ("nl-BE", "nl")] {
        assert_eq!(chosen(&languages, header), tag, "{header}");
    }
    assert_eq!(languages.find("NL").unwrap().word(&"Not found.".into()), "-");
    assert_eq!(languages.find("nl").unwrap().word(&"Invalid code.".into()), "Invalid code.");
    assert_eq!(languages.nearest("nl-NL").map(Language::tag), Some("nl"));
}

#[test]
fn a_shipped_language_has_texts_of_the_right_form() {
    for (tag, text) in SHIPPED {
        if let Err(problems) = Catalog::parse(tag, text) {
            panic!("{tag}: {}", problems.join("\n"));
        }
    }
}

#[test]
fn a_text_is_worded_with_its_values_in_the_form_of_its_number() {
    let german = load(&["de"]).default_language();
    let wait = Duration::from_hours(72);
    assert_eq!(
        german.word(&text!("The link is valid for {lifetime}.", lifetime = wait)),
        "Der Link ist 3 Tage lang gültig."
    );
    assert_eq!(german.duration(Duration::from_hours(1)), "1 Stunde");
    assert_eq!(german.time(OffsetDateTime::UNIX_EPOCH), "1. Januar 1970, 00:00 UTC");
    assert_eq!(Language::english().time(OffsetDateTime::UNIX_EPOCH), "1 January 1970, 00:00 UTC");
    assert_eq!(Language::english().duration(Duration::from_secs(1)), "1 second");
    assert_eq!(german.word(&text!("{name} is not a text.", name = "x")), "x is not a text.");
    assert_eq!(german.word(&String::from("Invalid code.").into()), "Ungültiger Code.");
}

#[test]
fn english_plurals_hold_in_languages_that_lack_a_text() {
    let own = tempfile::tempdir().unwrap();
    std::fs::create_dir(own.path().join("nl")).unwrap();
    std::fs::write(own.path().join("nl/texts.toml"), "").unwrap();
    let dutch = Languages::load(&settings(&["nl"], Some(own.path()))).ok().unwrap().default_language();
    assert_eq!(dutch.duration(Duration::from_mins(1)), "1 minute");
}

#[test]
fn every_problem_of_the_owners_directory_is_reported_with_what_to_do() {
    let own = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path: PathBuf = own.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("README.md", "for people");
    write("de/texts.toml", "\"Not found.\" = \"{x}\"\n\"Invalid code.\" = \"\"");
    write("de/notes.txt", "?");
    write("de_DE/texts.toml", "");
    write("fr/texts.toml", "\"a = ");
    let problems = Languages::load(&settings(&["en", "de", "fr", "xx"], Some(own.path()))).err().unwrap();
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    for expected in [
        "de/texts.toml, in which \"Not found.\" has {x}, which the English text has not",
        "de/texts.toml, in which \"Invalid code.\" is empty",
        "de/notes.txt, which nothing reads; a language has `texts.toml`, `email/` and `pages/`",
        "de_DE, whose name is no language tag, such as `nl` or `pt-PT`; rename it",
        "fr/texts.toml, in which TOML parse error",
        "`languages.offered` has `xx`, which is neither built in (cs, de, en",
    ] {
        assert!(problems.iter().any(|problem| problem.contains(expected)), "{expected}\n---\n{}", problems.join("\n"));
    }
    assert_eq!(problems.len(), 6, "{problems:?}");
    let missing = settings(&["en"], Some(Path::new("no/such/directory")));
    let problem = Languages::load(&missing).err().unwrap()[0].to_string();
    assert!(problem.starts_with("`languages.directory` has no/such/directory, which cannot be listed"), "{problem}");
}

#[test]
fn texts_of_the_owner_are_laid_over_those_that_are_built_in_of_english_too() {
    let own = tempfile::tempdir().unwrap();
    for tag in ["de", "en"] {
        std::fs::create_dir(own.path().join(tag)).unwrap();
        std::fs::write(own.path().join(tag).join("texts.toml"), "\"Invalid code.\" = \"Nope.\"").unwrap();
    }
    let languages = Languages::load(&settings(&["en", "de"], Some(own.path()))).ok().unwrap();
    for language in languages.offered() {
        assert_eq!(language.word(&"Invalid code.".into()), "Nope.");
    }
    assert_eq!(languages.find("de").unwrap().word(&"Not found.".into()), "Nicht gefunden.");
    assert_eq!(Language::english().word(&"Invalid code.".into()), "Invalid code.");
}
