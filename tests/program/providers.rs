//! Features that bring sections and secrets: `social=…` and `invitations`.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};

use crate::support::Place;

const SETTINGS: &str = "shop/settings.toml";
const SECRET: &str = "JWT_ALLAUTH__SOCIAL__PROVIDERS__GOOGLE__CLIENT_SECRET";
const KEY: &str = "JWT_ALLAUTH__SOCIAL__PROVIDERS__APPLE__PRIVATE_KEY";
const FILES: [&str; 3] = [SETTINGS, "shop/.env", "shop/.env.example"];

fn project() -> Place {
    let place = Place::new();
    place.start("shop").succeeded();
    place
}

/// Without the lines that were added, each of which has to be there once.
fn without(text: &str, added: &[String]) -> String {
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    added.iter().fold(text.to_owned(), |text, line| {
        let line = format!("{line}{end}");
        assert_eq!(text.matches(&line).count(), 1, "{line}");
        text.replacen(&line, "", 1)
    })
}

fn section(name: &str) -> String {
    format!("[social.providers.{name}]\nclient_ids = [\"replace me\"]\n")
}

fn commented(what: &str, variable: &str) -> String {
    format!("\n# {what}: fill in, and take away the mark before the name.\n# {variable}=\"\"")
}

#[test]
fn a_provider_is_a_section_beside_the_explanation_and_a_secret_is_a_name_without_a_value() {
    for end in ["\n", "\r\n"] {
        let place = project();
        for file in FILES {
            place.write(file, &place.read(file).replace('\n', end));
        }
        let before = FILES.map(|file| place.read(file));
        let ran = place.run("add social=google+apple --directory shop").succeeded();
        assert_eq!(ran.stdout, "updated   settings.toml\nupdated   .env\nupdated   .env.example\n");
        let with_ends = |text: &str| text.replace('\n', end);
        let sections = [section("google"), format!("{}team_id = \"\"\nkey_id = \"\"\n", section("apple"))];
        assert!(without(&place.read(SETTINGS), &sections.map(|text| with_ends(&text))) == before[0]);
        let names = [
            commented("Google's client secret", SECRET),
            commented("Apple's private key, or the name of its file", KEY),
        ];
        for (file, before) in FILES.iter().zip(&before).skip(1) {
            assert!(without(&place.read(file), &names.clone().map(|text| with_ends(&text))) == *before, "{file}");
        }
        let settings = place.read(SETTINGS);
        let [providers, google, codes] = ["\n[social.providers]", "\n[social.providers.google]", "\n[codes]"]
            .map(|text| settings.find(text).unwrap());
        assert!(providers < google && google < codes);
        assert_eq!(fs::metadata(place.work().join("shop/.env")).unwrap().mode() & 0o777, 0o600);
    }
}

#[test]
fn what_is_left_names_the_addresses_of_the_project() {
    let place = project();
    let ran = place.run("add social=google --directory shop").succeeded();
    let ran =
        ran.saying("http://localhost:8000/jwt-allauth/social/google/callback/, and <http.public_url>/jwt-allauth/");
    ran.saying(SECRET).saying("docs/social.md");
    let settings = place.read(SETTINGS).replacen("bind = \"127.0.0.1:8000\"", "bind = \"127.0.0.1:9000\"", 1);
    let settings = settings.replacen("prefix = \"/jwt-allauth\"", "prefix = \"\"", 1);
    place.write(SETTINGS, &settings);
    let ran = place.run("add social=github --directory shop").succeeded();
    ran.saying("http://localhost:9000/social/github/callback/, and <http.public_url>/social/github/callback/ for");
    place.run("add social=apple --directory shop").succeeded().saying("(none on localhost: use a tunnel)");
    place.write(SETTINGS, &settings.replacen("127.0.0.1:9000", "192.0.2.1:80", 1));
    place.run("add social=github --directory shop").succeeded().saying("http://192.0.2.1:80/social/github/callback/,");
}

#[test]
fn where_the_public_url_is_set_the_addresses_begin_with_it() {
    let place = project();
    let settings = place.read(SETTINGS).replacen("public_url = \"\"", "public_url = \"https://id.example.com/\"", 1);
    place.write(SETTINGS, &settings);
    for name in ["google", "apple"] {
        let ran = place.run(&format!("add social={name} --directory shop")).succeeded();
        let ran = ran.saying(&format!("redirect address https://id.example.com/jwt-allauth/social/{name}/callback/;"));
        assert!(!ran.stderr.contains("localhost") && !ran.stderr.contains("production"), "{}", ran.stderr);
    }
}

#[test]
fn all_of_the_features_are_added_or_none() {
    let place = project();
    place.run("add social=google --directory shop").succeeded();
    let before = FILES.map(|file| place.read(file));
    for (arguments, code, said) in [
        ("invitations social=google", 5, "`social=google` is in `settings.toml` already"),
        ("social=github+google", 5, "`social=google` is in `settings.toml` already"),
        ("invitations,mfa=optional", 5, "`mfa=optional` is in `settings.toml` already"),
        ("invitations social=gitlob", 2, "did you mean `gitlab`?"),
    ] {
        place.run(&format!("add --directory shop {arguments}")).ended_with(code).saying(said);
        assert!(FILES.map(|file| place.read(file)) == before, "{arguments}");
    }
    place.run("add invitations social=github,mfa=required --directory shop").succeeded();
    let settings: toml::Table = place.read(SETTINGS).parse().unwrap();
    assert_eq!(settings["social"]["providers"].as_table().unwrap().len(), 2);
    assert_eq!(
        (settings["invitations"]["enabled"].as_bool(), settings["mfa"]["totp"].as_str()),
        (Some(true), Some("required"))
    );
}

#[test]
fn a_secret_that_is_there_and_a_file_that_is_not_ours_are_left_alone() {
    let place = project();
    place.write("shop/.env", &format!("{SECRET}=\"mine\"\n"));
    fs::remove_file(place.work().join("shop/.env.example")).unwrap();
    place.write("elsewhere", "");
    symlink("../elsewhere", place.work().join("shop/.env.example")).unwrap();
    let ran = place.run("add social=google --directory shop").succeeded();
    assert_eq!(ran.stdout, "updated   settings.toml\n");
    assert_eq!((place.read("shop/.env"), place.read("elsewhere")), (format!("{SECRET}=\"mine\"\n"), String::new()));
}

#[test]
fn a_project_can_begin_with_all_of_them() {
    let place = Place::new();
    let ran = place.start("shop --with social=google,invitations,mfa=required").succeeded();
    ran.saying("Google: create an application there").saying("invitations: ").saying("mfa: ");
    place.run("check shop").succeeded().saying("up to date");
    place.run("update shop").succeeded().saying("up to date");
    let before = FILES.map(|file| place.read(file));
    assert!(before.iter().skip(1).all(|env| env.contains(SECRET)) && before[0].contains(&section("google")));
    let stamp: toml::Table = place.read("shop/.jwt-allauth.toml").parse().unwrap();
    assert_eq!(stamp["answers"]["with"], vec!["social=google", "invitations", "mfa=required"].into());
    assert!(FILES.map(|file| place.read(file)) == before);
}
