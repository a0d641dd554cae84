use super::*;
use crate::answers::{Algorithm, Database};
use crate::failure::Kind;
use crate::names::ProjectName;
use crate::tree::Mode;

const MANIFEST: (&str, &str) = ("Cargo.toml.liquid", "[package]\nname = \"{{ project_name }}\"\n");

fn answers() -> Answers {
    Answers {
        name: ProjectName::parse("my-shop", &[]).unwrap(),
        email: Some(true),
        database: Some(Database::Postgres),
        algorithm: Some(Algorithm::Es256),
        features: Vec::new(),
        placeholders: BTreeMap::new(),
    }
}

fn render(files: &[(&str, &str)]) -> Result<Tree, Failure> {
    let files: Vec<_> = [&[MANIFEST], files].concat();
    Template::of(&files).rendered(&answers(), &Secrets::generate(Algorithm::EdDsa).unwrap())
}

fn text(tree: &Tree, path: &str) -> String {
    String::from_utf8(tree.get(path).unwrap_or_else(|| panic!("no {path}")).contents.clone()).unwrap()
}

fn refusal(files: &[(&str, &str)]) -> String {
    let failure = render(files).err().expect("the template is refused");
    assert_eq!(failure.kind, Kind::Template);
    failure.message
}

#[test]
fn liquid_files_are_rendered_and_lose_their_suffix() {
    let source = "{{ project_name }} {{ crate_name }} {{ database }}{% if email %} mail{% endif %}";
    let tree = render(&[("a/README.md.liquid", source)]).unwrap();
    assert_eq!(text(&tree, "a/README.md"), "my-shop my_shop postgres mail");
}

#[test]
fn all_other_files_are_copied_byte_for_byte() {
    let source = "{{ project_name }} {% nonsense";
    assert_eq!(text(&render(&[("page.html", source)]).unwrap(), "page.html"), source);
}

#[test]
fn a_file_that_begins_with_an_interpreter_is_executable() {
    let tree = render(&[("run", "#!/bin/sh\n"), ("lib.rs", "#![no_std]\n")]).unwrap();
    assert_eq!(tree.get("run").unwrap().mode, Mode::Executable);
    assert_eq!(tree.get("lib.rs").unwrap().mode, Mode::Plain);
}

#[test]
fn an_included_file_is_taken_as_it_is_and_can_be_adapted() {
    let settings = "{% capture all %}{% include \"auth/defaults.toml\" %}{% endcapture %}\
                    {{ all | replace: 'mode = \"none\"', 'mode = \"mandatory\"' }}";
    let tree =
        render(&[("auth/defaults.toml", "mode = \"none\"\nx = \"{{ y }}\"\n"), ("settings.toml.liquid", settings)]);
    assert_eq!(text(&tree.unwrap(), "settings.toml"), "mode = \"mandatory\"\nx = \"{{ y }}\"\n");
}

#[test]
fn an_unknown_variable_is_an_error_with_file_line_and_column_wherever_it_stands() {
    let message = refusal(&[("a/x.md.liquid", "one\n  {{ nmae }}")]);
    assert!(message.starts_with("a/x.md.liquid:2:3: ") && message.contains("`nmae`"), "{message}");
    let message = refusal(&[("x.md.liquid", "{% if emial %}{% endif %}")]);
    assert!(message.starts_with("x.md.liquid:1:1: ") && message.contains("`emial`"), "{message}");
    let message = refusal(&[("x.md.liquid", "{% if email == false %}\n{{ hidden }}{% endif %}")]);
    assert!(message.starts_with("x.md.liquid:2:1: "), "{message}");
}

#[test]
fn a_text_that_is_not_liquid_is_an_error_with_file_line_and_column() {
    let message = refusal(&[("x.md.liquid", "one\n{% if email %}")]);
    assert!(message.starts_with("x.md.liquid:2:"), "{message}");
    assert!(!message.contains('\n'), "{message}");
}

#[test]
fn an_error_while_rendering_points_at_its_tag() {
    let message = refusal(&[("x.md.liquid", "{{ database }}\n\n {{ 1 | divided_by: 0 }}")]);
    assert!(message.starts_with("x.md.liquid:3:2: "), "{message}");
    let message = refusal(&[("x.md.liquid", "{{ database }}\n{% include \"gone.toml\" %}")]);
    assert!(message.starts_with("x.md.liquid:2:1: "), "{message}");
}

#[test]
fn a_file_that_does_not_parse_is_refused() {
    for (path, source) in [("a.toml", "a = = 1"), ("b.json", "{,}"), ("c.yaml", "a: [1"), ("d.yml", "a: 'x")] {
        let message = refusal(&[(path, source)]);
        assert!(message.starts_with(path), "{message}");
    }
}

#[test]
fn a_tag_left_over_is_refused_but_foreign_tags_are_not_ours() {
    let message = refusal(&[("x.yml.liquid", "a: 1\nb: \"{% raw %}{{ project_name }}{% endraw %}\"")]);
    assert!(message.starts_with("x.yml:2:5: "), "{message}");
    render(&[("x.yml.liquid", "a: \"{% raw %}${{ secrets.TOKEN }}{% endraw %}\"")]).unwrap();
}

#[test]
fn the_manifest_has_to_carry_the_name() {
    let template = Template::of(&[("Cargo.toml", "[package]\nname = \"other\"\n")]);
    let failure = template.rendered(&answers(), &Secrets::generate(Algorithm::EdDsa).unwrap()).err().unwrap();
    assert!(failure.message.contains("`my-shop`"), "{}", failure.message);
}

#[test]
fn files_with_secrets_are_their_owners_alone() {
    let tree =
        render(&[(".env.liquid", "K=\"{{ signing_key }}\""), ("keys/a.pem.liquid", "{{ signing_key }}")]).unwrap();
    assert_eq!(tree.get(".env").unwrap().mode, Mode::Secret);
    assert_eq!(tree.get("keys/a.pem").unwrap().mode, Mode::Secret);
    assert!(text(&tree, "keys/a.pem").starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert_eq!(text(&tree, ".env").lines().count(), 1);
}

#[test]
fn files_for_secrets_are_their_owners_alone_even_while_they_hold_none() {
    let tree = render(&[(".env.liquid", "A=1"), ("keys/README", "")]).unwrap();
    assert_eq!(tree.get(".env").unwrap().mode, Mode::Secret);
    assert_eq!(tree.get("keys/README").unwrap().mode, Mode::Secret);
}

#[test]
fn a_secret_anywhere_else_is_refused_even_in_a_branch_not_taken() {
    assert!(refusal(&[("x.md.liquid", "{{ cron_secret }}")]).contains("secret"));
    assert!(refusal(&[("x.md.liquid", "{% if email == false %}{{ cron_secret }}{% endif %}")]).contains("secret"));
}

#[test]
fn the_stamp_tells_template_answers_and_hashes_and_no_secret() {
    let tree = render(&[(".env.liquid", "C={{ cron_secret }}"), ("a.txt", "hello")]).unwrap();
    let stamp: toml::Table = text(&tree, stamp::PATH).parse().unwrap();
    assert_eq!(stamp["template"]["version"].as_str(), Some("1.0.0"));
    assert_eq!(stamp["answers"]["name"].as_str(), Some("my-shop"));
    assert_eq!(stamp["answers"]["email"].as_bool(), Some(true));
    assert_eq!(stamp["files"][".env"].as_str(), Some("secret"));
    assert_eq!(stamp["files"]["a.txt"].as_str(), Some(crate::tree::sha256(b"hello").as_str()));
    assert!(stamp["files"].get(stamp::PATH).is_none());
}

#[test]
fn the_same_answers_give_the_same_hash_whatever_the_secrets() {
    let files = [(".env.liquid", "C={{ cron_secret }}")];
    assert_eq!(render(&files).unwrap().hash(), render(&files).unwrap().hash());
}

#[test]
fn the_lock_file_is_renamed_and_its_crates_are_taken() {
    let lock = "version = 4\n\n[[package]]\nname = \"axum\"\nversion = \"0.8.9\"\n\n[[package]]\nname = \"myproject\"\nversion = \"0.1.0\"\n";
    assert!(text(&render(&[("Cargo.lock", lock)]).unwrap(), "Cargo.lock").contains("\"my-shop\""));
    assert_eq!(Template::of(&[("Cargo.lock", lock)]).crates(), ["axum"]);
}

#[test]
fn no_file_of_the_built_in_project_lacks_its_suffix() {
    for source in Template::built_in().sources.iter().filter(|source| !source.is_rendered()) {
        let text = String::from_utf8_lossy(&source.contents);
        for name in ["project_name", "crate_name", "signing_key", "cron_secret", "database_password"] {
            let left = verify::no_tag_is_left(source, &text, &[name]);
            assert!(left.is_ok() || source.path.contains("/templates/"), "{}: {name}", source.path);
        }
    }
}

#[test]
fn the_built_in_project_renders_with_every_combination_of_answers() {
    let template = Template::built_in();
    for email in [true, false] {
        for database in [Database::Sqlite, Database::Postgres] {
            for algorithm in Algorithm::ALL {
                let (email, database) = (Some(email), Some(database));
                let answers = Answers { email, database, algorithm: Some(algorithm), ..answers() };
                if let Err(failure) = template.rendered(&answers, &Secrets::generate(algorithm).unwrap()) {
                    panic!("{failure}: {:?}", failure.hints);
                }
            }
        }
    }
}

#[test]
fn the_settings_and_the_key_are_of_the_algorithm_that_was_chosen() {
    for (algorithm, key) in [
        (Algorithm::EdDsa, Some("keys/0001.pem")),
        (Algorithm::Es256, Some("keys/0001.pem")),
        (Algorithm::Rs256, None),
        (Algorithm::Hs256, Some("keys/0001.secret")),
    ] {
        let answers = Answers { algorithm: Some(algorithm), ..answers() };
        let secrets = Secrets::generate(algorithm).unwrap();
        let tree = Template::built_in().rendered(&answers, &secrets).unwrap();
        let settings: toml::Table = text(&tree, "settings.toml").parse().unwrap();
        assert_eq!(settings["tokens"]["algorithm"].as_str(), Some(algorithm.to_string().as_str()));
        let keys: Vec<_> = tree.files().iter().filter(|file| file.path.starts_with("keys/")).collect();
        assert_eq!(keys.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), key.into_iter().collect::<Vec<_>>());
        for file in keys {
            assert_eq!(file.mode, Mode::Secret);
            assert_eq!(text(&tree, &file.path).trim_end(), secrets.signing_key.trim_end());
        }
        assert!(text(&tree, ".jwt-allauth.toml").contains(&format!("algorithm = \"{algorithm}\"")));
    }
}
