use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use time::OffsetDateTime;

use super::*;
use crate::languages::Text;

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

fn written(templates: &Templates, mail: &impl Mail) -> Written {
    templates.mail(mail, Language::english()).unwrap()
}

fn reset(link: &str) -> mails::PassReset {
    mails::PassReset { email: "ada@example.com".into(), link: link.into(), lifetime: Duration::from_hours(1) }
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
fn a_mail_has_a_subject_a_text_and_html_in_which_values_are_escaped() {
    let mail = load(&[]).unwrap().mail(&reset("https://auth.example.com/?a=1&b=<2>"), Language::english()).unwrap();
    assert_eq!(mail.subject, "Reset your password for auth.example.com");
    assert!(mail.text.contains("\nhttps://auth.example.com/?a=1&b=<2>\n"), "{}", mail.text);
    assert!(mail.html.contains("a=1&amp;b=&lt;2&gt;"), "{}", mail.html);
    assert!(!mail.html.contains("<2>"));
}

#[test]
fn a_duration_and_a_time_are_worded_by_filters_and_without_one() {
    let worded = |text: &str| {
        let templates = load(&[("pass_reset_text", text)]).unwrap();
        templates.mail(&reset("there"), Language::english()).unwrap().text
    };
    assert_eq!(worded("{{ lifetime|duration }}, {{ lifetime }}, {{ 90|duration }}"), "1 hour, 1 hour, 90 seconds\n");
    assert_eq!(worded("{{ 3900|datetime }} {{ 3900|timestamp }}"), "1 January 1970, 01:05 UTC 1970-01-01 01:05\n");
    let deleted = mails::AccountDeleted { email: String::new(), time: OffsetDateTime::UNIX_EPOCH };
    let text = load(&[]).unwrap().mail(&deleted, Language::english()).unwrap().text;
    assert!(text.contains("on 1 January 1970, 00:00 UTC") || text.contains("\n1 January 1970, 00:00 UTC"), "{text}");
    let problem = problem("pass_reset_text", "{{ email|duration }}");
    assert!(
        problem.contains("line 1: invalid operation: `duration` takes a duration, or a number of seconds"),
        "{problem}"
    );
}

#[test]
fn what_does_not_fit_into_a_line_goes_on_in_the_next_of_its_paragraph() {
    let long = "word ".repeat(16);
    let filled = |text: &str| wrapped(text).lines().map(str::to_owned).collect::<Vec<_>>();
    let lines = filled(&format!("{}\nand more.\n\nEnd.", long.trim_end()));
    assert_eq!(lines[1..], ["word and more.", "", "End."]);
    for next in ["", "- a point", "https://example.com/"] {
        let lines = filled(&format!("{}\n{next}\nEnd.", long.trim_end()));
        assert_eq!(lines[1..], ["word", next, "End."]);
    }
}

#[test]
fn a_mail_that_says_to_reset_a_password_carries_the_way() {
    let templates = load(&[]).unwrap();
    for page in [None, Some("https://app.example.com/forgot-password".to_owned())] {
        let (email, time) = (|| "ada@example.com".to_owned(), || OffsetDateTime::UNIX_EPOCH);
        let (device, address) = (Text::from("Firefox on Linux"), Some("203.0.113.7".to_owned()));
        let mails = [
            written(&templates, &mails::PasswordChanged { email: email(), time: time(), reset_page: page.clone() }),
            written(&templates, &mails::AccountExists { email: email(), reset_page: page.clone() }),
            written(
                &templates,
                &mails::EmailChangeNotice { email: email(), new_email: email(), reset_page: page.clone() },
            ),
            written(
                &templates,
                &mails::NewDevice {
                    email: email(),
                    time: time(),
                    device: device.clone(),
                    address,
                    reset_page: page.clone(),
                },
            ),
            written(
                &templates,
                &mails::PasskeyAdded { email: email(), device, time: time(), reset_page: page.clone() },
            ),
            written(
                &templates,
                &mails::PasskeyRemoved { email: email(), added: time(), time: time(), reset_page: page.clone() },
            ),
            written(
                &templates,
                &mails::ProviderConnected {
                    email: email(),
                    provider: "Google".to_owned(),
                    time: time(),
                    reset_page: page.clone(),
                },
            ),
            written(
                &templates,
                &mails::ProviderDisconnected {
                    email: email(),
                    provider: "Google".to_owned(),
                    time: time(),
                    reset_page: page.clone(),
                },
            ),
            written(&templates, &mails::SessionCopied { email: email(), time: time(), reset_page: page.clone() }),
        ];
        for mail in mails {
            let Written { text, html, .. } = mail;
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            if let Some(page) = &page {
                assert!(text.contains(&format!(":\n\n{page}\n")), "{text}");
                assert!(html.contains(&format!("href=\"{page}\"")), "{html}");
                assert!(!words.contains("link where") && !words.contains("where you sign in"), "{text}");
            } else {
                let ways = ["where you sign in at auth.example.com", "ask there for a link"];
                assert!(ways.iter().any(|way| words.contains(way)), "{text}");
                assert!(ways.iter().any(|way| html.contains(way)) && !html.contains("None"), "{html}");
            }
        }
    }
}

#[test]
fn a_line_break_in_a_value_does_not_begin_another_header() {
    let templates = load(&[("pass_reset_subject", "Reset {{ email }}")]).unwrap();
    let mail = templates
        .mail(&mails::PassReset { email: "a\r\nBcc: b@example.com\u{0}".into(), ..reset("") }, Language::english())
        .unwrap();
    assert_eq!(mail.subject, "Reset a Bcc: b@example.com");
}

#[test]
fn a_mail_has_no_control_characters_and_a_subject_of_a_sane_length() {
    let templates = load(&[]).unwrap();
    let values = serde_json::json!({ "team": "x\u{0}\u{1b}[2J\u{85}\ty\r\nz", "long": "w\u{e9} ".repeat(10_000) });
    let own = templates
        .own_mail(["{{ team }} {{ long }}", "{{ team }}", "<p>{{ team }}</p>"], &values, Language::english())
        .unwrap();
    assert_eq!(own.subject.chars().count(), SUBJECT_LIMIT);
    assert!(own.subject.starts_with("x [2J y z w\u{e9} w\u{e9}") && own.subject.ends_with('…'), "{}", own.subject);
    assert_eq!((own.text.as_str(), own.html.as_str()), ("x[2J\ty\nz\n", "<p>x[2J\ty\nz</p>"));
    assert_eq!(one_line(&"x".repeat(SUBJECT_LIMIT)), "x".repeat(SUBJECT_LIMIT));

    let templates = load(&[("pass_reset_subject", "{{ email }}"), ("pass_reset_text", "{{ email }}")]).unwrap();
    let mail =
        templates.mail(&mails::PassReset { email: "a\u{7}".repeat(300), ..reset("") }, Language::english()).unwrap();
    assert_eq!((mail.subject.chars().count(), mail.text), (SUBJECT_LIMIT, "a".repeat(300) + "\n"));
}

#[test]
fn a_file_replaces_a_built_in_text_and_a_layout_every_page() {
    let templates = load(&[
        ("pass_reset_text", "Go to {{ link }} now."),
        ("page_layout", "<title>{% block title %}{% endblock %}</title>{% block content %}{% endblock %} by us"),
    ])
    .unwrap();
    assert_eq!(templates.mail(&reset("there"), Language::english()).unwrap().text, "Go to there now.\n");
    let page = templates.page(&pages::EmailVerified {}, Language::english(), "n").unwrap();
    assert!(page.starts_with("<title>Address confirmed</title>") && page.ends_with(" by us"), "{page}");
}

#[test]
fn the_settings_may_name_the_service() {
    let settings = Settings { service_name: Some("Acme & Söhne".into()), files: BTreeMap::new() };
    let templates = Templates::load(&settings, &Languages::default(), "auth.example.com").unwrap();
    assert_eq!(
        templates.mail(&reset(""), Language::english()).unwrap().subject,
        "Reset your password for Acme & Söhne"
    );
    assert!(templates.page(&pages::EmailVerified {}, Language::english(), "n").unwrap().contains("Acme &amp; Söhne"));
}

#[test]
fn an_unknown_variable_is_found_with_its_line_and_those_there_are() {
    assert_eq!(
        problem("pass_reset_email", "one\ntwo {{ lnk }}"),
        "`templates.pass_reset_email` cannot be used: mine/pass_reset_email, line 2: there is no variable `lnk`; it has `email`, \
         `lifetime`, `link`, `service`"
    );
}

#[test]
fn an_unknown_variable_is_found_where_no_sample_leads_and_inside_a_block() {
    let unreached = problem("pass_reset_text", "{% if not email %}\n{{ lnk }}\n{% endif %}");
    assert!(unreached.contains("mine/pass_reset_text, line 2: there is no variable `lnk`"), "{unreached}");
    let page = "{% extends 'pages/page_layout.html' %}\n{% block content %}\n{{ user.name }}{% endblock %}";
    let inside = problem("email_verified_page", page);
    assert!(inside.contains("mine/email_verified_page, line 3: there is no variable `user`"), "{inside}");
}

#[test]
fn every_branch_of_a_value_that_may_be_missing_is_tried() {
    let without_code =
        problem("email_verification_text", "{% if code %}{% else %}\n{{ link.nothing.more }}{% endif %}");
    assert!(without_code.contains("mine/email_verification_text, line 2"), "{without_code}");
}

#[test]
fn a_syntax_error_an_unknown_filter_and_a_strange_layout_are_found_with_their_line() {
    for (text, expected) in [
        ("fine\n{% if link %}\nno end", "mine/pass_reset_text, line 2: syntax error: unexpected end of input"),
        ("fine\n{{ link", "mine/pass_reset_text, line 2: syntax error"),
        ("{{ link|shout }}", "mine/pass_reset_text, line 1: unknown filter: filter shout is unknown"),
        ("{% extends 'base.html' %}", "mine/pass_reset_text, line 1"),
        (
            "{% extends 'base.html' %}",
            "what a template can extend, include or import is `email/email_layout.html`, `pages/page_layout.html`, ",
        ),
    ] {
        let problem = problem("pass_reset_text", text);
        assert!(problem.contains(expected), "{expected}\n---\n{problem}");
    }
}

#[test]
fn what_a_template_defines_itself_is_no_unknown_variable() {
    let text = "{% set x = 1 %}{{ x }}{% for letter in email %}{{ loop.index }}{{ letter }}{% endfor %}\n\
                {% macro shout(word, mark='!') %}{{ word|upper }}{{ mark }}{{ caller() }}{% endmacro %}\n\
                {% call shout('hey') %}you{% endcall %}{% with y = x %}{{ y }}{% endwith %}\n\
                {% for n in range(3) %}{{ n }}{% endfor %}{% block last %}{% set z = 2 %}{{ z }}{% endblock %}{{ self.last() }}";
    assert!(load(&[("pass_reset_text", text)]).is_ok(), "{}", problem("pass_reset_text", text));
}

#[test]
fn a_subject_of_two_lines_and_a_missing_file_are_found() {
    let problem = problem("pass_reset_subject", "one\ntwo");
    assert_eq!(
        problem,
        "`templates.pass_reset_subject` cannot be used: mine/pass_reset_subject: a subject must be one line"
    );
    let files = BTreeMap::from([("pass_reset_text", Path::new("no/such.txt").to_owned())]);
    let problems =
        Templates::load(&Settings { service_name: None, files }, &Languages::default(), "host").err().unwrap();
    assert!(
        problems[0].to_string().starts_with("`templates.pass_reset_text` names no/such.txt, which cannot be read"),
        "{problems:?}"
    );
}

#[test]
fn a_text_that_says_nothing_is_refused_once() {
    let expected = |key: &str| {
        format!(
            "`templates.{key}` cannot be used: mine/{key}: it is empty; write a text, or leave the file away to use the \
             built-in one"
        )
    };
    for key in ["pass_reset_text", "pass_reset_subject", "pass_reset_email", "email_layout"] {
        for text in ["", " \n", "{# later -#}\n{#- or never #}\n", "{# later"] {
            let problem = problem(key, text);
            let is_one = problem == expected(key) || text == "{# later" && problem.contains("syntax error");
            assert!(is_one, "{key} {text:?}: {problem}");
        }
    }
    assert_eq!(problem("pass_reset_text", "{% if not email %}{{ link }}{% endif %}"), expected("pass_reset_text"));
    assert!(load(&[("pass_reset_text", "{# short #}{{ link }}")]).is_ok());
}

#[test]
fn every_problem_of_every_file_is_reported_at_once() {
    let files = [
        ("pass_reset_text", "{{ a }}"),
        ("page_layout", "{% block content %}"),
        ("email_verified_page", "{% extends 'pages/page_layout.html' %}{% block content %}{{ b }}{% endblock %}"),
    ];
    let problems = load(&files).err().unwrap();
    assert_eq!(problems.lines().count(), files.len(), "{problems}");
}

#[test]
fn a_text_fits_into_76_columns_and_ends_in_a_line_break() {
    let link = format!("https://auth.example.com/{}", "x".repeat(100));
    let text = load(&[]).unwrap().mail(&reset(&link), Language::english()).unwrap().text;
    assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{text:?}");
    assert!(text.lines().all(|line| line.chars().count() <= COLUMNS || line.trim() == link), "{text}");
    let words = "word ".repeat(40);
    assert_eq!(wrapped(&words), format!("{}\n", ["word"; 15].join(" ")).repeat(2) + &["word"; 10].join(" ") + "\n");
    let wide = "你好，世界。".repeat(10);
    let lines: Vec<_> = wrapped(&wide).lines().map(str::to_owned).collect();
    assert!(
        lines.len() == 2 && lines.iter().all(|line| line.ends_with(['，', '。'])) && lines.concat() == wide,
        "{lines:?}"
    );
    assert_eq!(wrapped("  indented\n\nlast"), "  indented\n\nlast\n");
    assert_eq!(wrapped(&format!("see {link} there")), format!("see\n{link}\nthere\n"));
}
