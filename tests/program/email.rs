//! `--email`: the mails lie in the project where their owner edits them, and `settings.toml` names every one.

use std::collections::BTreeMap;

use crate::support::{Place, names_in};

const COMPILED_IN: &str = "auth/templates/email";
const EDITABLE: &str = "templates/email";

/// `[templates]` of a project's settings, as far as it names files.
fn named(place: &Place, project: &str) -> BTreeMap<String, String> {
    let settings: toml::Table = place.read(&format!("{project}/settings.toml")).parse().unwrap();
    let templates = settings["templates"].as_table().unwrap().iter();
    let named = templates.map(|(key, file)| (key.clone(), file.as_str().unwrap().to_owned()));
    named.filter(|(key, file)| key != "service_name" && !file.is_empty()).collect()
}

#[test]
fn every_mail_is_there_to_be_edited_and_is_the_one_that_is_sent() {
    let place = Place::new();
    place.start("shop --email").succeeded().saying("templates/email/");
    let compiled_in = names_in(&place.work().join("shop").join(COMPILED_IN));
    assert!(compiled_in.len() > 20);
    assert_eq!(names_in(&place.work().join("shop").join(EDITABLE)), compiled_in);
    let expected: BTreeMap<String, String> = compiled_in
        .iter()
        .map(|name| (name.split('.').next().unwrap().to_owned(), format!("{EDITABLE}/{name}")))
        .collect();
    assert_eq!(named(&place, "shop"), expected);
    for name in compiled_in {
        let [one, other] = [COMPILED_IN, EDITABLE].map(|folder| place.read(&format!("shop/{folder}/{name}")));
        assert_eq!(one, other, "{name}");
    }
}

#[test]
fn they_are_part_of_the_tree_the_stamp_and_the_image() {
    let place = Place::new();
    let promised = place.start("shop --email --dry-run").succeeded().stdout;
    assert!(promised.contains(" templates/email/email_layout.html"), "{promised}");
    place.start("shop --email").succeeded();
    let stamp: toml::Table = place.read("shop/.jwt-allauth.toml").parse().unwrap();
    assert_eq!(
        stamp["files"]["templates/email/email_layout.html"],
        stamp["files"]["auth/templates/email/email_layout.html"]
    );
    assert!(place.read("shop/Dockerfile").contains("\nCOPY templates templates\n"));
    assert!(!place.read("shop/.dockerignore").lines().any(|line| line.contains("template")));
}

#[test]
fn without_email_there_are_none_and_nothing_names_one() {
    let place = Place::new();
    let ran = place.start("shop").succeeded();
    assert!(!ran.stderr.contains("templates/email"), "{}", ran.stderr);
    assert!(!place.work().join("shop/templates").exists());
    assert_eq!(named(&place, "shop"), BTreeMap::new());
    assert!(!place.read("shop/Dockerfile").contains("COPY templates"));
}

#[test]
fn a_skeletons_mails_are_those_that_are_edited() {
    let place = Place::new();
    place.write("skeleton/auth/templates/email/login_code_text.txt.liquid", "{{ project_name }}");
    place.write("skeleton/templates/email/login_code.html", "ours");
    place.start("shop --email --template skeleton").succeeded();
    assert_eq!(place.read("shop/templates/email/login_code_text.txt"), "shop");
    assert_eq!(place.read("shop/templates/email/login_code.html"), "ours");
    assert_ne!(place.read("shop/auth/templates/email/login_code.html"), "ours");
}

#[test]
fn a_skeleton_without_mails_database_and_keys_is_not_asked_about_them() {
    let place = Place::new();
    let template = "--template resource-server -d issuer=shop -d audience=shop";
    for (flag, name) in [
        ("--email", "--email"),
        ("--email=no", "--email"),
        ("--database sqlite", "--database"),
        ("--algorithm ES256", "--algorithm"),
    ] {
        let ran = place.start(&format!("shop {template} {flag}")).ended_with(3);
        ran.saying(&format!("`{name}` changes nothing in a project of this template"));
    }
    assert!(place.entries().is_empty());
    place.start(&format!("shop {template}")).succeeded();
    let stamp: toml::Table = place.read("shop/.jwt-allauth.toml").parse().unwrap();
    assert_eq!(stamp["answers"].as_table().unwrap().keys().collect::<Vec<_>>(), ["name"]);
    let missing = place.start(&format!("{template} -y")).ended_with(6);
    for flag in ["--email", "--database", "--algorithm"] {
        assert!(!missing.stderr.contains(flag), "{}", missing.stderr);
    }
    let company = "--template company-skeleton -d owners=@us -d contact=a@b.example --email --database postgres";
    place.start(&format!("other {company}")).succeeded();
    assert!(place.read("other/Dockerfile").contains("COPY templates templates"));
}
