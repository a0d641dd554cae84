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
    let (languages, problems) = Languages::load(&settings(offered, None));
    assert!(problems.is_empty(), "{problems:?}");
    languages
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
    let (languages, _) = Languages::load(&settings(&offered, Some(own.path())));
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
        let (_, problems) = Catalog::parse(tag, text);
        assert!(problems.is_empty(), "{tag}: {}", problems.join("\n"));
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
    let dutch = Languages::load(&settings(&["nl"], Some(own.path()))).0.default_language();
    assert_eq!(dutch.duration(Duration::from_mins(1)), "1 minute");
}

/// A directory with these files.
fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
    let own = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path: PathBuf = own.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    own
}

/// With the directory's own path as `mine`.
fn problems(offered: &[&str], own: &Path) -> Vec<String> {
    let (_, problems) = Languages::load(&settings(offered, Some(own)));
    let own = own.display().to_string();
    problems.iter().map(|problem| problem.to_string().replace(&own, "mine")).collect()
}

#[test]
fn every_problem_of_the_owners_directory_is_reported_with_what_to_do() {
    let own = directory(&[
        ("README.md", "for people"),
        ("de/texts.toml", "\"Not found.\" = \"{x}\"\n\"Invalid code.\" = \"\"\n\"{email}\" = \"{ email }\""),
        ("de/notes.txt", "?"),
        ("de_DE/texts.toml", ""),
        ("fr/texts.toml", "\"a = "),
    ]);
    let problems = problems(&["en", "de", "fr", "xx"], own.path());
    for expected in [
        "mine/de/texts.toml, in which \"Not found.\" has {x}, which the English text has not",
        "mine/de/texts.toml, in which \"Invalid code.\" is empty",
        "mine/de/texts.toml, in which \"{email}\" has a brace that is not part of a name: write names like {email}",
        "mine/de/notes.txt, which nothing reads; a language has `texts.toml`, `email/` and `pages/`",
        "mine/de_DE, whose name is no language tag, such as `nl` or `pt-PT`; rename it",
        "mine/fr/texts.toml, in which TOML parse error",
        "`languages.offered` has `xx`, which is neither built in (cs, de, en",
    ] {
        assert!(problems.iter().any(|problem| problem.contains(expected)), "{expected}\n---\n{}", problems.join("\n"));
    }
    assert_eq!(problems.len(), 7, "{problems:?}");
}

#[test]
fn what_cannot_be_read_is_one_problem_whatever_would_have_been_in_it() {
    let missing = problems(&["en", "nl"], Path::new("no/such/directory"));
    assert!(
        missing.len() == 1 && missing[0].starts_with("`languages.directory` has mine, which cannot be listed"),
        "{missing:?}"
    );
    for (tag, expected) in [("nl", "mine/nl/texts.toml, which cannot be read"), ("en", "mine/en/texts.toml, which")] {
        let own = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(own.path().join(tag)).unwrap();
        std::fs::write(own.path().join(tag).join("texts.toml"), b"\"Not found.\" = \"\xff\"").unwrap();
        let unreadable = problems(&["de", tag], own.path());
        assert!(unreadable.len() == 1 && unreadable[0].contains(expected), "{unreadable:?}");
        assert!(unreadable[0].contains("it must be text in UTF-8"), "{unreadable:?}");
    }
    // The English texts are asked for by every other language.
    let broken = problems(&["de", "nl", "en"], directory(&[("en/texts.toml", "\"a = "), ("nl/texts.toml", "")]).path());
    assert!(broken.len() == 1 && broken[0].contains("mine/en/texts.toml, in which TOML parse error"), "{broken:?}");
}

#[test]
fn folders_that_no_offered_language_needs_are_not_read() {
    let own = directory(&[
        ("it/texts.toml", "\"a = "),
        ("it/notes.txt", "?"),
        (".git/HEAD", "ref"),
        ("de/.DS_Store", "?"),
        ("de/email/.keep", ""),
        ("de/.drafts/texts.toml", "\"a = "),
    ]);
    assert_eq!(problems(&["en", "de"], own.path()), Vec::<String>::new());
    assert_eq!(problems(&["en", "it"], own.path()).len(), 2);
    let english = directory(&[("en/texts.toml", "\"a = ")]);
    assert_eq!(problems(&["de"], english.path()).len(), 1, "English fills what others lack");
}

#[test]
fn folders_of_one_language_in_different_cases_are_reported() {
    let own = directory(&[("nl/texts.toml", ""), ("NL/texts.toml", "")]);
    // Not every file system tells them apart.
    if std::fs::read_dir(own.path()).unwrap().count() == 2 {
        let same = problems(&["en", "Nl"], own.path());
        assert!(same.len() == 1 && same[0].contains("mine/nl, which is the same language as mine/NL"), "{same:?}");
        assert_eq!(problems(&["en"], own.path()), Vec::<String>::new());
    }
}

#[test]
fn a_language_whose_texts_are_broken_is_there_for_its_templates_to_be_tried() {
    let own = directory(&[("nl/texts.toml", "\"a = "), ("nl/email/login_code.html", "x")]);
    let (languages, problems) = Languages::load(&settings(&["nl", "xx"], Some(own.path())));
    assert_eq!(problems.len(), 2, "{problems:?}");
    let tags: Vec<_> = languages.offered().iter().map(|language| language.tag()).collect();
    assert_eq!((tags, languages.default_language().tag()), (vec!["nl"], "nl"));
    assert_eq!(languages.templates(languages.find("nl").unwrap()).count(), 1);
    let (none, _) = Languages::load(&settings(&["xx"], None));
    assert_eq!(none.default_language(), Language::english());
}

#[test]
fn what_a_language_lacks_the_owners_english_texts_fill_before_the_built_in_ones() {
    let own = directory(&[
        (
            "en/texts.toml",
            "\"Invalid code.\" = \"Nope.\"\n\"We are closed.\" = \"Closed!\"\n\
             [\"{count} days\"]\none = \"one single day\"\nother = \"{count} whole days\"",
        ),
        ("ja/texts.toml", "\"Not found.\" = \"-\""),
    ]);
    for offered in [&["en", "de", "ja"][..], &["de", "ja"]] {
        let (languages, problems) = Languages::load(&settings(offered, Some(own.path())));
        assert!(problems.is_empty(), "{problems:?}");
        let [german, japanese] = ["de", "ja"].map(|tag| languages.find(tag).unwrap());
        assert_eq!(japanese.word(&"Not found.".into()), "-");
        assert_eq!(japanese.word(&"Invalid code.".into()), "Nope.");
        assert_eq!(japanese.word(&"This language is not offered.".into()), "This language is not offered.");
        assert_eq!(german.word(&"Invalid code.".into()), "Ungültiger Code.");
        assert_eq!(german.word(&"We are closed.".into()), "Closed!");
        assert_eq!(japanese.duration(Duration::from_hours(24)), "one single day", "in the form of English");
        assert_eq!(languages.english().word(&"Invalid code.".into()), "Nope.");
    }
}

#[test]
fn texts_of_the_owner_are_laid_over_those_that_are_built_in_of_english_too() {
    let own = tempfile::tempdir().unwrap();
    for tag in ["de", "en"] {
        std::fs::create_dir(own.path().join(tag)).unwrap();
        std::fs::write(own.path().join(tag).join("texts.toml"), "\"Invalid code.\" = \"Nope.\"").unwrap();
    }
    let (languages, _) = Languages::load(&settings(&["en", "de"], Some(own.path())));
    for language in languages.offered() {
        assert_eq!(language.word(&"Invalid code.".into()), "Nope.");
    }
    assert_eq!(languages.find("de").unwrap().word(&"Not found.".into()), "Nicht gefunden.");
    assert_eq!(Language::english().word(&"Invalid code.".into()), "Invalid code.");
}
