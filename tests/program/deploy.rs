//! The files a project is deployed with, held against the project: nothing in them names what is not there.

use std::collections::BTreeSet;
use std::fs;

use saphyr_parser::{Event, Parser};

use crate::support::Place;

/// Variables of other programs: the database's image, and the shell of a workflow.
const FOREIGN: [&str; 4] = ["POSTGRES_DB", "POSTGRES_HOST_AUTH_METHOD", "POSTGRES_PASSWORD", "PUBLIC_URL"];
const OPTIONS: [&str; 5] = ["", "--database postgres", "--email", "--database postgres --email", SKELETON];
/// Its image is one of its own, and the built-in files go on deploying it.
const SKELETON: &str = "--template company-skeleton -d owners=@example/platform -d contact=help@example.com";

fn each_project(check: impl Fn(&Place)) {
    for options in OPTIONS {
        let place = Place::new();
        place.start(&format!("my-shop {options}")).succeeded();
        check(&place);
    }
}

/// What follows an instruction of the Dockerfile, with continued lines put together.
fn instructions(dockerfile: &str, name: &str) -> Vec<String> {
    let whole = dockerfile.replace("\\\n", " ");
    whole.lines().filter_map(|line| Some(line.strip_prefix(name)?.strip_prefix(' ')?.trim().to_owned())).collect()
}

/// Every text in a YAML file, keys and values alike.
fn scalars(yaml: &str) -> Vec<String> {
    let events = Parser::new_from_str(yaml).map(|event| event.unwrap().0);
    let scalar = |event| if let Event::Scalar(text, ..) = event { Some(text.into_owned()) } else { None };
    events.filter_map(scalar).collect()
}

/// Words that look like variables: capitals, digits and at least one underscore.
fn variables(text: &str) -> BTreeSet<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_variable = |word: &&str| {
        word.contains('_')
            && word.starts_with(|c: char| c.is_ascii_uppercase())
            && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    text.split(|c| !is_part(c)).filter(is_variable).collect()
}

/// Whether the settings have it among their well-known variables, or it names one of their keys.
fn is_known(place: &Place, variable: &str) -> bool {
    let variable = variable.strip_suffix("_FILE").unwrap_or(variable);
    let Some(key) = variable.strip_prefix("JWT_ALLAUTH__") else {
        let settings = place.read("my-shop/auth/src/settings/well_known.rs");
        return settings.contains(&format!("(\"{variable}\", \""));
    };
    let settings: toml::Table = place.read("my-shop/settings.toml").parse().unwrap();
    let (section, key) = key.split_once("__").unwrap();
    settings[&section.to_lowercase()].get(key.to_lowercase()).is_some()
}

#[test]
fn every_variable_that_a_deploy_file_names_is_one_that_the_settings_know() {
    each_project(|place| {
        let mut count = 0;
        for file in
            ["Dockerfile", "compose.yaml", "render.yaml", ".github/workflows/flush-tokens.yml", ".env", ".env.example"]
        {
            let text = place.read(&format!("my-shop/{file}"));
            let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
            for variable in lines.flat_map(variables) {
                count += 1;
                assert!(is_known(place, variable) || FOREIGN.contains(&variable), "{file}: {variable}");
            }
        }
        assert!(count > 30, "only {count} variables were found");
    });
}

#[test]
fn every_variable_of_the_readme_is_one_that_the_settings_know() {
    each_project(|place| {
        let readme = place.read("my-shop/README.md");
        let (_, deploy) = readme.split_once("## Deploy").unwrap();
        let others = ["SUPERUSER_EMAIL", "SUPERUSER_PASSWORD", "_FILE"];
        for variable in variables(deploy) {
            let is_theirs = FOREIGN.contains(&variable) || others.contains(&variable);
            assert!(is_known(place, variable) || is_theirs, "{variable}");
        }
    });
}

#[test]
fn everything_the_image_is_made_of_is_there_and_no_secret_gets_near_it() {
    each_project(|place| {
        let dockerfile = place.read("my-shop/Dockerfile");
        let root = place.work().join("my-shop");
        let mut copied = 0;
        for copy in instructions(&dockerfile, "COPY").iter().filter(|copy| !copy.starts_with("--from")) {
            let mut sources: Vec<&str> = copy.split(' ').collect();
            sources.pop();
            for source in sources {
                copied += 1;
                assert!(root.join(source).exists(), "COPY {source}");
            }
        }
        assert!(copied > 3);
        let workspace: toml::Table = place.read("my-shop/Cargo.toml").parse().unwrap();
        for member in workspace["workspace"]["members"].as_array().unwrap() {
            let member = member.as_str().unwrap();
            for part in [format!("COPY {member}/Cargo.toml {member}/"), format!("{member}/src/lib.rs")] {
                assert!(dockerfile.contains(&part), "{member}: {part}");
            }
        }
        let manifest: toml::Table = place.read("my-shop/auth/Cargo.toml").parse().unwrap();
        for bench in manifest["bench"].as_array().unwrap() {
            let stand_in = format!("auth/benches/{}.rs", bench["name"].as_str().unwrap());
            assert!(dockerfile.contains(&stand_in), "cargo wants every target that a manifest names: {stand_in}");
        }
        let ignored = place.read("my-shop/.dockerignore");
        for secret in [".env*", "keys", "*.db*"] {
            assert!(ignored.lines().any(|line| line == secret), "{secret}");
        }
        let built = instructions(&dockerfile, "COPY").iter().any(|copy| copy.contains("/target/release/my-shop "));
        assert!(built, "the program is called as its package");
        assert!(dockerfile.contains("FROM gcr.io/distroless/cc-debian12:nonroot"), "not root");
    });
}

#[test]
fn the_image_runs_commands_that_the_program_has() {
    each_project(|place| {
        let dockerfile = place.read("my-shop/Dockerfile");
        assert_eq!(instructions(&dockerfile, "ENTRYPOINT"), ["[\"my-shop\"]"]);
        assert_eq!(instructions(&dockerfile, "CMD"), ["[\"serve\", \"--migrate\"]"]);
        assert!(instructions(&dockerfile, "HEALTHCHECK")[0].ends_with("CMD [\"my-shop\", \"health\"]"));
        let compose = scalars(&place.read("my-shop/compose.yaml"));
        assert!(compose.windows(3).any(|words| words == ["keys", "rotate", "--if-none"]));
        let commands =
            place.read("my-shop/auth/src/commands/mod.rs") + &place.read("my-shop/auth/src/commands/keys.rs");
        for command in ["Serve {", "migrate: bool", "Health,", "Rotate {", "if_none: bool"] {
            assert!(commands.contains(command), "{command}");
        }
    });
}

#[test]
fn what_the_server_writes_is_on_a_volume_that_its_user_may_write_to() {
    each_project(|place| {
        let dockerfile = place.read("my-shop/Dockerfile");
        let variables = instructions(&dockerfile, "ENV").join(" ");
        assert!(variables.contains("JWT_ALLAUTH__HTTP__BIND=0.0.0.0:8000"), "reached from outside: {variables}");
        assert!(variables.contains("JWT_ALLAUTH__TOKENS__KEYS=/data/keys"), "{variables}");
        let copied = instructions(&dockerfile, "COPY");
        assert!(copied.iter().any(|copy| copy == "--from=build --chown=nonroot:nonroot /data /data"), "{copied:?}");
        let compose = scalars(&place.read("my-shop/compose.yaml"));
        assert_eq!(compose.iter().filter(|text| *text == "data:/data").count(), 2, "the server and what makes its key");
        let database =
            if place.read("my-shop/.env").contains("postgres://") { "postgres://" } else { "sqlite:///data/" };
        assert!(compose.windows(2).any(|pair| pair[0] == "DATABASE_URL" && pair[1].starts_with(database)));
    });
}

#[test]
fn one_toolchain_builds_the_image_and_runs_the_tests_and_is_new_enough() {
    let place = Place::new();
    place.start("my-shop").succeeded();
    let dockerfile = place.read("my-shop/Dockerfile");
    let version = dockerfile.split_once("FROM rust:").unwrap().1.split('-').next().unwrap();
    let workflow = scalars(&place.read("my-shop/.github/workflows/ci.yml"));
    assert!(workflow.windows(2).any(|pair| pair == ["RUST", version]), "{version}");
    let manifest: toml::Table = place.read("my-shop/Cargo.toml").parse().unwrap();
    let least = manifest["workspace"]["package"]["rust-version"].as_str().unwrap();
    let minor = |version: &str| version.split('.').nth(1).unwrap().parse::<u32>().unwrap();
    assert!(minor(version) >= minor(least));
}

#[test]
fn expressions_of_workflows_survive_and_no_secret_stands_in_a_deploy_file() {
    each_project(|place| {
        let workflow = place.read("my-shop/.github/workflows/flush-tokens.yml");
        assert!(workflow.contains("${{ secrets.CRON_SECRET_KEY }}"));
        let secrets = place.secrets("my-shop");
        assert!(secrets.len() >= 3);
        for file in place.promised().iter().filter(|file| *file != ".env" && !file.starts_with("keys/")) {
            let text = fs::read(place.work().join("my-shop").join(file)).unwrap();
            let text = String::from_utf8_lossy(&text);
            assert!(!secrets.iter().any(|secret| text.contains(secret.as_str())), "{file}");
        }
    });
}

#[test]
fn deploy_files_start_with_the_database_that_was_chosen() {
    for (database, url) in [("sqlite", "sqlite:///data/app.db"), ("postgres", "postgres://postgres:")] {
        let place = Place::new();
        place.start(&format!("my-shop --database {database}")).succeeded();
        let compose = scalars(&place.read("my-shop/compose.yaml"));
        assert!(compose.windows(2).any(|pair| pair[0] == "DATABASE_URL" && pair[1].starts_with(url)), "{compose:?}");
        let render = scalars(&place.read("my-shop/render.yaml"));
        let is_postgres = database == "postgres";
        assert_eq!(render.contains(&"fromDatabase".to_owned()), is_postgres);
        assert_eq!(render.contains(&"disk".to_owned()), !is_postgres);
    }
}
