//! What a release carries, held against where `cargo binstall` looks for it.

use std::fs;
use std::path::Path;
use std::process::Command;

use saphyr_parser::{Event, Parser};
use toml::Table;

use crate::support::Place;

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn of_repository(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Every text of the workflow, keys and values alike.
fn workflow() -> Vec<String> {
    let text = of_repository(".github/workflows/release.yml");
    let scalar = |event| if let Event::Scalar(text, ..) = event { Some(text.into_owned()) } else { None };
    Parser::new_from_str(&text).filter_map(|event| scalar(event.unwrap().0)).collect()
}

/// Of programs on a target.
fn extension(target: &str) -> &str {
    if target.contains("windows") { ".exe" } else { "" }
}

/// One of the templates of `[package.metadata.binstall]`, filled in as binstall does for a target.
fn looked_for(key: &str, target: &str) -> String {
    let manifest: Table = of_repository("Cargo.toml").parse().unwrap();
    let template = manifest["package"]["metadata"]["binstall"][key].as_str().unwrap();
    let known = [("repo", "https://example.com/me/it"), ("name", "jwt-allauth"), ("bin", "jwt-allauth")];
    let others = [("version", VERSION), ("target", target), ("binary-ext", extension(target))];
    let fill = |text: String, (name, value): (&str, &str)| text.replace(&format!("{{ {name} }}"), value);
    let filled = known.into_iter().chain(others).fold(template.to_owned(), fill);
    assert!(!filled.contains(['{', '}']), "{filled}");
    filled
}

#[test]
fn binstall_looks_where_a_release_puts_the_program() {
    let workflow = workflow();
    let pack = workflow.iter().find(|text| text.contains("tar czf")).unwrap();
    let targets: Vec<&String> = workflow.windows(2).filter(|pair| pair[0] == "target").map(|pair| &pair[1]).collect();
    for system in ["linux-gnu", "linux-musl", "apple-darwin", "windows-msvc"] {
        assert!(targets.iter().any(|target| target.ends_with(system)), "{system} is not among {targets:?}");
    }
    for target in targets {
        let place = Place::new();
        let built = place.work().join("target").join(target).join("release");
        fs::create_dir_all(&built).unwrap();
        for file in ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"] {
            fs::write(place.work().join(file), "").unwrap();
        }
        fs::write(built.join(format!("jwt-allauth{}", extension(target))), "the program").unwrap();
        let mut command = Command::new("bash");
        command.args(["-ec", pack]).current_dir(place.work());
        command.env("TARGET", target).env("GITHUB_REF_NAME", format!("v{VERSION}"));
        assert!(command.status().unwrap().success());

        let url = looked_for("pkg-url", target);
        let archive = url.strip_prefix(&format!("https://example.com/me/it/releases/download/v{VERSION}/")).unwrap();
        let program = looked_for("bin-dir", target);
        let mut command = Command::new("tar");
        let unpacked = command.args(["xzOf", archive, &program]).current_dir(place.work()).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&unpacked.stdout), "the program", "{target}: {unpacked:?}");
        let mut command = Command::new("sha256sum");
        let sum = command.args(["--check", &format!("{archive}.sha256")]).current_dir(place.work()).output().unwrap();
        assert!(sum.status.success(), "{target}: {sum:?}");
    }
}
