//! Texts and templates of the owner: another language without a build, and other words in those that are there.

use std::collections::BTreeMap;
use std::path::Path;

use auth::Settings;
use auth::languages::{Language, Languages};
use auth::templates::{Templates, mails, pages};
use tempfile::TempDir;

use super::OFFERED;

fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    directory
}

fn load(offered: &str, directory: &TempDir) -> Result<(Languages, Templates), String> {
    let toml = format!("{offered}directory = {:?}\n", directory.path().display().to_string());
    let settings = Settings::load(Path::new("the test"), &toml, &BTreeMap::new()).unwrap();
    let (languages, mut problems) = Languages::load(&settings.languages);
    match Templates::load(&settings.templates, &languages, "auth.example.com") {
        Ok(templates) if problems.is_empty() => return Ok((languages, templates)),
        found => problems.extend(found.err().unwrap_or_default()),
    }
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    Err(problems.join("\n").replace(&directory.path().display().to_string(), "mine"))
}

fn code() -> mails::LoginCode {
    mails::LoginCode {
        email: "ada@example.com".into(),
        code: "012345".into(),
        lifetime: std::time::Duration::from_hours(1),
    }
}

#[test]
fn a_folder_is_a_new_language() {
    let mine = directory(&[(
        "nl/texts.toml",
        "\"Your code to sign in at {service}\" = \"Je code voor {service}\"\n[\"{count} hours\"]\none = \"een uur\"\nother = \"{count} uur\"",
    )]);
    let (languages, templates) = load("[languages]\noffered = [\"en\", \"nl\"]\n", &mine).ok().unwrap();
    let mail = templates.mail(&code(), languages.find("nl").unwrap()).unwrap();
    assert_eq!(mail.subject, "Je code voor auth.example.com");
    assert!(mail.html.contains("<html lang=\"nl\">"), "{}", mail.html);
    assert!(mail.html.contains("It is valid for een uur."), "what is missing is in English: {}", mail.html);
}

#[test]
fn a_template_is_replaced_in_one_language_alone() {
    let mine = directory(&[
        ("de/email/login_code_subject.txt", "{{ code }} für {{ service }}"),
        ("de/pages/page_layout.html", "<html lang=\"{{ language }}\">{% block content %}{% endblock %} von uns"),
    ]);
    let (languages, templates) = load(OFFERED, &mine).ok().unwrap();
    let [english, german, french] = ["en", "de", "fr"].map(|tag| languages.find(tag).unwrap());
    assert_eq!(templates.mail(&code(), german).unwrap().subject, "012345 für auth.example.com");
    assert_eq!(templates.mail(&code(), english).unwrap().subject, "Your code to sign in at auth.example.com");
    let page = |language| templates.page(&pages::EmailVerified {}, language, "n").unwrap();
    assert!(page(german).starts_with("<html lang=\"de\">") && page(german).ends_with(" von uns"));
    assert!(!page(french).contains("von uns") && page(french).contains("Votre adresse est confirmée"));
}

#[test]
fn a_template_that_cannot_be_used_is_reported_with_its_file() {
    for (path, text, expected) in [
        (
            "de/email/login_code.html",
            "{{ cod }}",
            "mine/de/email/login_code.html, which cannot be used: line 1: there is no variable `cod`",
        ),
        ("de/email/login_code.html", "{% if %}", "mine/de/email/login_code.html, which cannot be used: line 1: "),
        ("de/email/login_code_subject.txt", "a\nb", "which cannot be used: a subject must be one line"),
        ("de/email/login_kode.html", "", "mine/de/email/login_kode.html, which replaces no template"),
        ("de/pages/page_colours.css", "", "mine/de/pages/page_colours.css, which replaces no template"),
        ("de/email/login_code.html", "{{ \"Hi {name}\"|t }}", "the text has {name}, and `t` no argument `name`"),
        ("de/texts.toml", "\"Not found.\" = \"\"", "mine/de/texts.toml, in which \"Not found.\" is empty"),
        ("de/mails/login_code.html", "", "mine/de/mails, which nothing reads"),
        ("german/texts.toml", "", ""),
        ("de_AT/texts.toml", "", "mine/de_AT, whose name is no language tag"),
    ] {
        let problems = load(OFFERED, &directory(&[(path, text)])).err().unwrap_or_default();
        assert!(problems.contains(expected) && problems.is_empty() == expected.is_empty(), "{path}: {problems:?}");
    }
}

#[test]
fn templates_are_tried_although_texts_are_broken() {
    let mine = directory(&[
        ("de/texts.toml", "\"a = "),
        ("de/email/login_code.html", "{{ cod }}"),
        ("fr/email/login_code_text.txt", " "),
        ("fr/texts.toml", "\"Not found.\" = \"{ name }\""),
        ("en/pages/page_layout.html", "{# nothing #}"),
    ]);
    let problems = load(OFFERED, &mine).err().unwrap();
    for expected in [
        "mine/de/texts.toml, in which TOML parse error",
        "mine/de/email/login_code.html, which cannot be used: line 1: there is no variable `cod`",
        "mine/fr/email/login_code_text.txt, which cannot be used: it is empty; write a text",
        "mine/fr/texts.toml, in which \"Not found.\" has a brace that is not part of a name",
        "mine/en/pages/page_layout.html, which cannot be used: it is empty",
    ] {
        assert!(problems.contains(expected), "{expected}\n---\n{problems}");
    }
    assert_eq!(problems.matches("`languages.directory` has").count(), 5, "{problems}");
}

/// Admin pages are in English.
#[test]
fn the_owners_english_texts_are_there_where_english_is_not_offered() {
    let mine = directory(&[("en/texts.toml", "\"Page not found\" = \"Nowhere\"")]);
    let (languages, templates) = load("[languages]\ndefault = \"de\"\noffered = [\"de\"]\n", &mine).ok().unwrap();
    let page = |language| templates.page(&pages::NotFound {}, language, "n").unwrap();
    assert!(page(Language::english()).contains("<title>Nowhere"), "{}", page(Language::english()));
    assert!(page(languages.default_language()).contains("<title>Seite nicht gefunden"));
}

#[test]
fn a_text_and_its_values_are_escaped_in_html_alone() {
    let mine = directory(&[
        (
            "de/email/login_code.html",
            "<p title=\"{{ \"a {x}\"|t(x=email) }}\">{{ \"a {x}\"|t(x=email) }} {{ \"{x}\"|t(x=\"<b>\"|safe) }}</p>",
        ),
        ("de/email/login_code_text.txt", "{{ \"a {x}\"|t(x=email) }}"),
        ("de/texts.toml", "\"a {x}\" = \"L'<i> & \\\"{x}\\\"\""),
    ]);
    let (languages, templates) = load(OFFERED, &mine).ok().unwrap();
    let mail = mails::LoginCode { email: "<ada>{x}".into(), ..code() };
    let mail = templates.mail(&mail, languages.find("de").unwrap()).unwrap();
    let escaped = "L&#x27;&lt;i&gt; &amp; &quot;&lt;ada&gt;{x}&quot;";
    assert_eq!(mail.html, format!("<p title=\"{escaped}\">{escaped} <b></p>"));
    assert_eq!(mail.text, "L'<i> & \"<ada>{x}\"\n");
}

#[test]
fn settings_that_offer_nothing_sensible_are_refused() {
    for (toml, expected) in [
        ("offered = [\"de\"]", "`languages.default` is `en`, which `languages.offered` does not have; add it there"),
        ("offered = [\"en\", \"EN\"]", "`languages.offered` has `EN` twice"),
        ("offered = [\"en\", \"d\"]", "`languages.offered` has `d`, which is no language tag such as cs, de, en"),
        ("offered = []", "`languages.default` is `en`, which"),
        ("default = \"\"", "`languages.default` must not be empty"),
    ] {
        let refused = Settings::load(Path::new("x"), &format!("[languages]\n{toml}"), &BTreeMap::new()).unwrap_err();
        assert!(refused.to_string().contains(expected), "{toml}: {refused}");
    }
}
