//! What continuous integration asks.

use super::Project;
use crate::support::Place;

#[test]
fn a_project_that_is_up_to_date_is_0_whatever_its_owner_has_changed() {
    let project = Project::new();
    project.write("README.md", "mine");
    project.remove("deny.toml");
    let ran = project.run("check").succeeded().saying("up to date");
    assert_eq!(ran.stdout, "");
    let json = project.run("check --format json").succeeded().json();
    assert_eq!((&json["behind"], &json["files"]), (&false.into(), &serde_json::json!([])));
}

#[test]
fn a_project_that_is_behind_is_8_and_the_files_are_named() {
    let project = Project::new().aged(&[("deny.toml", "# old\n"), ("docs/gone.md", "a\n")]).without(&["clippy.toml"]);
    project.write("deny.toml", "mine");
    let before = project.everything();
    let ran = project.run("check").ended_with(8).saying("`shop` is behind, 3 files").saying("from 0.0.1 to");
    assert_eq!(ran.stdout, "new       clippy.toml\nupdated   deny.toml\nremoved   docs/gone.md\n");
    let json = project.run("check --format json").ended_with(8).json();
    assert_eq!((&json["behind"], &json["project_version"]), (&true.into(), &"0.0.1".into()));
    assert_eq!(project.everything(), before);
}

/// That one which is missing is told, with 10, is tested beside the list.
#[test]
fn no_security_fix_is_missing_as_long_as_none_is_listed() {
    let project = Project::new().aged(&[("deny.toml", "# old\n")]);
    project.run("check --security").succeeded().saying("every security fix");
    let json = project.run("check --security --format json").succeeded().json();
    assert_eq!(json["missing"], serde_json::json!([]));
}

#[test]
fn the_algorithm_is_an_answer_that_stays() {
    for (algorithm, key) in [("es256", Some("keys/0001.pem")), ("HS256", Some("keys/0001.secret")), ("RS256", None)] {
        let place = Place::new();
        place.start(&format!("shop --algorithm {algorithm}")).succeeded();
        let project = Project { place };
        assert_eq!(project.root().join("keys").exists(), key.is_some());
        let drawn = key.map(|key| project.read(key));
        project.run("check").succeeded().saying("up to date");
        project.run("update").succeeded();
        assert_eq!(key.map(|key| project.read(key)), drawn, "a key is its owner's");
        let settings = project.read("settings.toml");
        assert!(settings.contains(&format!("\nalgorithm = \"{}\"\n", algorithm.to_uppercase())), "{settings}");
        assert_eq!(project.stamp()["answers"]["algorithm"].as_str(), Some(algorithm.to_uppercase().as_str()));
    }
}

#[test]
fn a_directory_can_be_named() {
    let project = Project::new();
    project.place.run("check shop").succeeded();
    project.place.run("update shop").succeeded();
}
