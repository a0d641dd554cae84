//! What the templates that come with the program have of their own, held against what the built-in project has.

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
