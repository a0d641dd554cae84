//! `add` and `startproject --with`: features by settings alone.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::support::{Place, Ran};

const SETTINGS: &str = "shop/settings.toml";
const DEFAULTS: &str = "shop/auth/defaults.toml";
const STAMP: &str = "shop/.jwt-allauth.toml";

fn project() -> Place {
    let place = Place::new();
    place.start("shop").succeeded();
    place
}

fn add(place: &Place, arguments: &str) -> Ran {
    place.run(&format!("add --directory shop {arguments}"))
}

/// The files that `add` may write.
fn written(place: &Place) -> [Option<Vec<u8>>; 3] {
    ["settings.toml", ".env", ".env.example"].map(|path| fs::read(place.work().join("shop").join(path)).ok())
}

#[track_caller]
fn is_refused(place: &Place, arguments: &str, code: i32, said: &[&str]) {
    let before = written(place);
    let ran = said.iter().fold(add(place, arguments).ended_with(code), |ran, text| ran.saying(text));
    assert_eq!((ran.stdout.as_str(), written(place)), ("", before), "{arguments}");
}

#[test]
fn a_feature_is_set_where_its_setting_stands_and_nothing_else_changes() {
    for end in ["\n", "\r\n"] {
        let place = project();
        let mine = place.read(SETTINGS).replace("[mfa]\n", "[mfa] # mine\n").replace('\n', end);
        place.write(SETTINGS, &mine);
        let [_, env, example] = written(&place);
        let ran = add(&place, "mfa=required").succeeded();
        ran.saying("Added `mfa=required` to `shop`").saying("Left to do\n  mfa: everybody sets up");
        let expected = mine.replacen("totp = \"optional\"", "totp = \"required\"", 1);
        assert!(expected != mine && written(&place) == [Some(expected.into_bytes()), env, example]);
    }
}

#[test]
fn the_files_that_were_written_are_the_result() {
    let place = project();
    assert_eq!(add(&place, "mfa=required").succeeded().stdout, "updated   settings.toml\n");
    let ran = add(&place, "mfa=disabled --format json").succeeded();
    let json = ran.json();
    assert_eq!(ran.stderr, "");
    assert_eq!(json["path"].as_str(), place.work().join("shop").to_str());
    assert_eq!((&json["added"], &json["files"]), (&["mfa=disabled"].into(), &["settings.toml"].into()));
    assert!(json["notes"][0].as_str().unwrap().starts_with("mfa: "), "{json}");
    assert_eq!(add(&place, "mfa=optional -q").succeeded().stderr, "");
}

#[test]
fn what_is_no_feature_is_refused_with_what_was_meant_and_what_there_is() {
    let place = project();
    is_refused(&place, "mfaa=required", 2, &["no feature `mfaa`", "did you mean `mfa`?", "there is invitations"]);
    is_refused(&place, "mfa=requird", 2, &["did you mean `required`?", "the values are optional, required, disabled"]);
    is_refused(&place, "mfa", 2, &["`mfa` needs a value"]);
    is_refused(&place, "invitations=yes", 2, &["`invitations` takes no value"]);
    is_refused(&place, "mfa=required,mfa=optional", 2, &["exclude each other"]);
    is_refused(&place, "social=oidc", 2, &["`oidc` is no value of `social`", "docs/social.md"]);
    is_refused(&place, "", 2, &["required arguments"]);
    is_refused(&place, "mfa=required,captcha sociall=google", 2, &["`captcha`", "did you mean `social`?"]);
    let json = add(&place, "mfaa,invitatoins --format json").ended_with(2).json();
    let problems = json["error"]["problems"].as_array().unwrap();
    assert_eq!(
        problems.iter().map(|problem| &problem["hints"][0]).collect::<Vec<_>>(),
        ["did you mean `mfa`?", "did you mean `invitations`?"]
    );
}

#[test]
fn what_is_there_already_is_refused() {
    let place = project();
    is_refused(&place, "mfa=optional", 5, &["`mfa=optional` is in `settings.toml` already"]);
    add(&place, "mfa=required").succeeded();
    is_refused(&place, "mfa=required", 5, &["`mfa=required` is in `settings.toml` already", "nothing was changed"]);
}

#[test]
fn a_project_that_is_older_than_a_feature_is_to_be_updated_first() {
    let place = project();
    place.write(STAMP, &place.read(STAMP).replacen(env!("CARGO_PKG_VERSION"), "0.0.1", 1));
    place.write(DEFAULTS, &place.read(DEFAULTS).replacen("\ntotp = ", "\nother = ", 1));
    is_refused(
        &place,
        "mfa=required",
        3,
        &[
            "`shop` has no `mfa=required`: there is no `mfa.totp` in its `auth/defaults.toml`",
            "`jwt-allauth update shop` first",
        ],
    );
}

#[test]
fn a_project_of_a_template_without_the_feature_says_so() {
    for template in ["passwordless", "resource-server -d issuer=shop -d audience=shop"] {
        let place = Place::new();
        place.start(&format!("shop --template {template} --with mfa=required")).ended_with(3).saying("`mfa.totp`");
        assert!(place.entries().is_empty());
        place.start(&format!("shop --template {template}")).succeeded();
        let name = template.split(' ').next().unwrap();
        is_refused(&place, "mfa=required", 3, &["has no `mfa=required`", &format!("`{name}`, leaves that part out")]);
    }
}

#[test]
fn a_project_of_a_complete_template_has_no_features() {
    let place = Place::new();
    place.write("t/cargo-generate.toml", "");
    for path in ["settings.toml", "auth/defaults.toml", ".env", ".env.example"] {
        place.write(&format!("t/{path}"), "mfa.totp = \"optional\"\n");
    }
    place.start("shop --template t --with mfa=required").ended_with(3).saying("`--with` changes nothing");
    assert!(!place.work().join("shop").exists());
    place.start("shop --template t").succeeded();
    is_refused(&place, "mfa=required", 3, &["`shop` has nothing of this program in it"]);
}

#[test]
fn what_is_no_project_is_refused() {
    let place = project();
    place.run("add mfa=required").ended_with(2).saying("is not a project of jwt-allauth");
    place.run("add mfa=required --directory missing").ended_with(2).saying("cannot be read");
    let mut below = place.command("add mfa=required");
    Ran::of(&below.current_dir(place.work().join("shop/src")).output().unwrap()).ended_with(2).saying("has no `.jwt");
    let mut above = place.command("add mfa=required --directory ..");
    Ran::of(&above.current_dir(place.work().join("shop/src")).output().unwrap()).succeeded();
}

#[test]
fn settings_that_cannot_be_written_are_refused_with_the_reason() {
    let place = project();
    let settings = place.read(SETTINGS);
    place.write(SETTINGS, "[mfa]\ntotp\n");
    is_refused(&place, "mfa=required", 5, &["settings.toml:2:"]);
    place.write(SETTINGS, "mfa.issuer = \"Shop\"\n");
    is_refused(&place, "mfa=required", 5, &["write it yourself: mfa.totp = \"required\""]);
    let path = place.work().join(SETTINGS);
    fs::remove_file(&path).unwrap();
    add(&place, "mfa=required").ended_with(5).saying("`settings.toml` is missing");
    place.write("elsewhere.toml", &settings);
    symlink("../elsewhere.toml", &path).unwrap();
    is_refused(&place, "mfa=required", 5, &["`settings.toml` cannot be read"]);
}

#[test]
fn a_directory_that_may_not_be_written_stays_as_it_is() {
    let place = project();
    let before = written(&place);
    fs::set_permissions(place.work().join("shop"), fs::Permissions::from_mode(0o555)).unwrap();
    let output = place.unprivileged("add mfa=required --directory shop").output().unwrap();
    Ran::of(&output).ended_with(5).saying("nothing was changed");
    fs::set_permissions(place.work().join("shop"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(written(&place), before);
}

#[test]
fn a_project_can_begin_with_features() {
    let place = Place::new();
    place.start("shop plain").succeeded();
    let ran = place.start("shop --with mfa=required --format json").succeeded().json();
    assert_eq!(ran["answers"]["with"], serde_json::json!(["mfa=required"]));
    assert!(ran["notes"].to_string().contains("mfa: everybody sets up"), "{ran}");
    let plain = place.read("plain/settings.toml");
    assert!(place.read(SETTINGS) == plain.replacen("totp = \"optional\"", "totp = \"required\"", 1));
    let hash =
        |arguments: &str| place.start(&format!("x --dry-run --format json {arguments}")).json()["tree_hash"].clone();
    assert_eq!(hash("--with mfa=required"), hash("--with mfa=required --with mfa=required"));
    assert_ne!(hash("--with mfa=required"), hash(""));
    // It is what was asked for.
    place.start("same --with mfa=optional").succeeded();
}

#[test]
fn a_project_does_not_begin_with_what_is_no_feature() {
    let place = Place::new();
    place.start("shop --with mfa=requird,nothing").ended_with(2).saying("did you mean `required`?").saying("`nothing`");
    place.start("--with mfa=required -y").ended_with(6).saying("NAME");
    assert!(place.start("-y").ended_with(6).stderr.contains("--with FEATURE,…: "));
    assert!(place.entries().is_empty());
}

#[test]
fn languages_are_added_to_those_that_are_offered() {
    let place = project();
    let before = place.read(SETTINGS);
    let ran = add(&place, "languages=de+pt-BR").succeeded();
    assert_eq!(ran.stdout, "updated   settings.toml\n");
    ran.saying("languages: `Accept-Language: pt-BR`").saying("docs/languages.md");
    let expected = before.replacen("offered = [\"en\"]", "offered = [\"en\", \"de\", \"pt-BR\"]", 1);
    assert!(expected != before && place.read(SETTINGS) == expected);
    is_refused(&place, "languages=de", 5, &["`languages=de` is in `settings.toml` already"]);
    is_refused(&place, "languages=DE", 5, &["`languages=de` is in `settings.toml` already"]);
    is_refused(&place, "languages=dee", 2, &["did you mean `de`?", "see docs/languages.md"]);
    is_refused(&place, "languages=pt", 2, &["did you mean `pt-BR`?"]);
    add(&place, "languages=fr").succeeded();
    assert!(place.read(SETTINGS).contains("offered = [\"en\", \"de\", \"pt-BR\", \"fr\"]"));
    place.start("other --with languages=de --with languages=fr").succeeded();
    assert!(place.read("other/settings.toml").contains("offered = [\"en\", \"de\", \"fr\"]"));
}

#[test]
fn every_language_of_a_project_can_be_added() {
    let place = project();
    for folder in fs::read_dir(place.work().join("shop/auth/languages")).unwrap() {
        let tag = folder.unwrap().file_name().into_string().unwrap();
        if tag != "en" {
            add(&place, &format!("languages={tag}")).succeeded();
        }
    }
}
