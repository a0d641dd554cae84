//! What the templates that come with the program have of their own, held against what the built-in project has.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};
use walkdir::{DirEntry, WalkDir};

use crate::support::Place;

const OF_THEIR_OWN: [(&str, &str); 2] =
    [("passwordless", ""), ("resource-server", "-d issuer=myproject -d audience=myproject")];

/// A project of each of them, beside one of the built-in template.
fn each_beside_the_built_in(check: impl Fn(&Place, &str)) {
    let place = Place::new();
    place.start("built-in-one").succeeded();
    for (template, answers) in OF_THEIR_OWN {
        place.start(&format!("my-{template} --template {template} {answers}")).succeeded();
        check(&place, &format!("my-{template}"));
    }
}

/// What follows a word at the beginning of a line.
fn after<'t>(text: &'t str, word: &str) -> Vec<&'t str> {
    text.lines().filter_map(|line| line.trim_start().strip_prefix(word)).collect()
}

#[test]
fn their_images_are_built_and_run_by_what_the_built_in_one_is() {
    each_beside_the_built_in(|place, project| {
        let [ours, built_in] = [project, "built-in-one"].map(|project| place.read(&format!("{project}/Dockerfile")));
        assert_eq!(after(&ours, "FROM "), after(&built_in, "FROM "));
        assert!(after(&ours, "FROM ").last().unwrap().ends_with(":nonroot") && after(&ours, "USER ").is_empty());
        assert_eq!(after(&ours, "ENTRYPOINT "), [format!("[\"{project}\"]")]);
        for copied in after(&ours, "COPY ").iter().filter(|copied| !copied.starts_with("--from")) {
            let (sources, _) = copied.rsplit_once(' ').unwrap();
            for source in sources.split(' ') {
                assert!(place.work().join(project).join(source).exists(), "{project}: {source}");
            }
        }
        let ignored = place.read(&format!("{project}/.dockerignore"));
        assert!(ignored.lines().any(|line| line == "keys") && ignored.lines().any(|line| line == ".env*"));
    });
}

#[test]
fn their_workflows_use_the_actions_and_the_rust_of_the_built_in_one() {
    each_beside_the_built_in(|place, project| {
        let workflow = |project| place.read(&format!("{project}/.github/workflows/ci.yml"));
        let (ours, built_in) = (workflow(project), workflow("built-in-one"));
        let known = after(&built_in, "- uses: ");
        let used = after(&ours, "- uses: ");
        assert!(used.len() > 3 && used.iter().all(|action| known.contains(action)), "{used:?}");
        assert_eq!(after(&ours, "RUST: "), after(&built_in, "RUST: "));
    });
}

/// The Rust files below a directory, with `/` between the parts of their paths.
fn rust_files(place: &Place, directory: &str) -> Vec<String> {
    let (root, mut open, mut found) = (place.work(), vec![place.work().join(directory)], Vec::new());
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn no_file_is_kept_that_no_module_declares() {
    each_beside_the_built_in(|place, project| {
        let mut files = rust_files(place, &format!("{project}/auth/src"));
        files.extend(rust_files(place, &format!("{project}/auth-tokens/src")));
        for file in files.iter().filter(|file| !file.ends_with("/lib.rs")) {
            let module = file.strip_suffix("/mod.rs").or_else(|| file.strip_suffix(".rs")).unwrap();
            let (parent, name) = module.rsplit_once('/').unwrap();
            let candidates = [format!("{parent}/mod.rs"), format!("{parent}.rs"), format!("{parent}/lib.rs")];
            let declared = candidates.iter().filter(|candidate| files.contains(candidate)).any(|candidate| {
                let text = place.read(candidate);
                text.lines().any(|line| line.trim_end().ends_with(&format!("mod {name};")))
            });
            let (_, room) = parent.rsplit_once('/').unwrap();
            let named = [format!("#[path = \"{name}.rs\"]"), format!("#[path = \"../{room}/{name}.rs\"]")];
            let declared = declared
                || files.iter().any(|other| {
                    let (directory, _) = other.rsplit_once('/').unwrap();
                    let named = if directory == parent { &named[0] } else { &named[1] };
                    place.read(other).contains(named)
                });
            assert!(declared, "no module declares {file}: leave it out of `keep`, or use it");
        }
    });
}

/// What the built-in project has at the paths of files that these templates have of their own, as somebody last compared them.
const SHADOWED: &str = include_str!("shadowed.txt");

/// What the first comment of a file says that a template has in place of a built-in one, before its reason.
const DIFFERS: &str = "Differs from the built-in project: ";

#[test]
fn a_file_in_place_of_a_built_in_one_says_why_in_its_first_comment() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (template, _) in OF_THEIR_OWN {
        let own = root.join("custom-templates").join(template);
        for file in WalkDir::new(&own).into_iter().map(Result::unwrap) {
            let inner = file.path().strip_prefix(&own).unwrap().to_str().unwrap();
            let is_source = file.path().extension().is_some_and(|extension| extension == "rs");
            let is_of_crate = inner.starts_with("src/") || inner.starts_with("auth/src/");
            if is_source && is_of_crate && root.join("project-template").join(inner).is_file() {
                let text = fs::read_to_string(file.path()).unwrap();
                let comment = text.lines().take_while(|line| line.starts_with("//! "));
                let comment = comment.map(|line| &line["//! ".len()..]).collect::<Vec<_>>().join(" ");
                assert!(comment.contains(DIFFERS), "custom-templates/{template}/{inner} does not say why: {DIFFERS}…");
            }
        }
    }
}

/// A mend in a file that is shadowed reaches the template only by hand.
#[test]
fn no_file_that_a_template_shadows_has_changed_unseen() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut now = String::new();
    for (template, _) in OF_THEIR_OWN {
        let own = root.join("custom-templates").join(template);
        let mut paths: Vec<_> = WalkDir::new(&own).into_iter().map(Result::unwrap).map(DirEntry::into_path).collect();
        paths.sort();
        for path in paths {
            let inner = path.strip_prefix(&own).unwrap().to_str().unwrap();
            let built_in = root.join("project-template").join(inner);
            if built_in.is_file() && path.extension().is_some_and(|extension| extension == "rs") {
                let hash = Sha256::digest(fs::read(built_in).unwrap());
                hash.iter().take(8).for_each(|byte| write!(now, "{byte:02x}").unwrap());
                writeln!(now, " {template}/{inner}").unwrap();
            }
        }
    }
    let changed: Vec<&str> = now.lines().filter(|line| !SHADOWED.lines().any(|seen| seen == *line)).collect();
    let gone: Vec<&str> = SHADOWED.lines().filter(|seen| !now.lines().any(|line| line == *seen)).collect();
    assert!(
        changed.is_empty() && gone.is_empty(),
        "the built-in files at the paths of these have changed; see whether the template's need the same, then write the first \
         lines into tests/program/shadowed.txt in place of the second:\n{}\n\n{}\n",
        changed.join("\n"),
        gone.join("\n"),
    );
}

#[test]
fn the_mails_of_passwordless_are_read_from_where_their_owner_edits_them() {
    let place = Place::new();
    place.start("door --template passwordless --email").succeeded();
    let settings: toml::Table = place.read("door/settings.toml").parse().unwrap();
    let mut texts = settings["templates"].as_table().unwrap().clone();
    assert_eq!(texts.remove("service_name").unwrap().as_str(), Some("door"));
    let defaults: toml::Table = place.read("door/auth/defaults.toml").parse().unwrap();
    assert_eq!(texts.len(), crate::support::names_in(&place.work().join("door/templates/email")).len());
    for (key, path) in &texts {
        assert!(defaults["templates"].get(key).is_some(), "{key}");
        assert!(place.work().join("door").join(path.as_str().unwrap()).is_file(), "{path}");
    }
}

#[test]
fn what_has_no_database_is_not_told_of_one() {
    let place = Place::new();
    for (template, answers) in OF_THEIR_OWN {
        let ran = place.start(&format!("shop --template {template} --database postgres {answers}")).ended_with(3);
        ran.saying("`--database` changes nothing in a project of this template");
    }
}
