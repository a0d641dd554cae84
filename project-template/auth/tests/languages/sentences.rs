//! Pages say whole sentences: words that are put together have another order in another language.

use std::collections::BTreeMap;
use std::path::Path;

use auth::Settings;
use auth::languages::{Argument, Languages, Text};
use auth::templates::{Templates, pages};

const ALL: &str = "[languages]\noffered = [\"en\", \"cs\", \"de\", \"es\", \"fr\", \"ko\", \"pl\", \"pt-BR\", \"ru\", \"tr\", \
                   \"zh-Hans\", \"zh-Hant\"]\n";

fn load() -> (Languages, Templates) {
    let settings = Settings::load(Path::new("the test"), ALL, &BTreeMap::new()).unwrap();
    let (languages, problems) = Languages::load(&settings.languages);
    assert!(problems.is_empty(), "{problems:?}");
    let templates = Templates::load(&settings.templates, &languages, "auth.example.com");
    (languages, templates.unwrap_or_else(|problems| panic!("{problems:?}")))
}

fn password_reset() -> pages::PasswordReset {
    pages::PasswordReset {
        action: String::new(),
        csrf_token: String::new(),
        email: "<ada>@example.com".into(),
        min_length: 8,
        max_length: 256,
        errors: Vec::new(),
    }
}

/// What stands between these in a text.
fn between<'t>(text: &'t str, begin: &str, end: &str) -> &'t str {
    let (_, rest) = text.split_once(begin).unwrap_or_else(|| panic!("no {begin} in {text}"));
    rest.split_once(end).unwrap_or_else(|| panic!("no {end} in {text}")).0
}

#[test]
fn an_address_with_markup_has_its_place_in_the_sentence() {
    let (languages, templates) = load();
    let address = Argument::from("<span class=\"address\">&lt;ada&gt;@example.com</span>");
    let sentence = Text::new("for the account of {email}", vec![("email", address)]);
    for language in languages.offered() {
        let page = templates.page(&password_reset(), *language, "n").unwrap();
        assert_eq!(between(&page, "<p class=\"quiet\">", "</p>"), language.word(&sentence), "{language:?}");
    }
}

/// Who speaks to the browser says what is read (WCAG 2.2, criterion 2.5.3).
#[test]
fn a_button_that_shows_the_passwords_is_named_by_one_text_with_what_is_read_in_it() {
    let (languages, templates) = load();
    for language in languages.offered() {
        let page = templates.page(&password_reset(), *language, "n").unwrap();
        let toggle = between(&page, "id=\"show\"", "</button>");
        assert_eq!(between(toggle, "aria-label=\"", "\""), between(&page, "data-show-both=\"", "\""), "{language:?}");
        assert_eq!(toggle.rsplit_once('>').unwrap().1, between(&page, "data-show=\"", "\""), "{language:?}");
        for [read, named] in [["show", "show-both"], ["hide", "hide-both"]] {
            let [read, named] =
                [read, named].map(|name| between(&page, &format!("data-{name}=\""), "\"").to_lowercase());
            assert!(named.contains(&read) && named.len() > read.len(), "{language:?}: {read} {named}");
        }
    }
}

#[test]
fn korean_words_stay_whole_at_the_end_of_a_line() {
    let (languages, templates) = load();
    let page = templates.page(&pages::EmailVerified {}, languages.find("ko").unwrap(), "n").unwrap();
    assert!(page.contains("<html lang=\"ko\">") && page.contains(":lang(ko) { word-break: keep-all; }"), "{page}");
}
