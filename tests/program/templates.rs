//! `templates …`: what comes with the program, what a template is, what its author got wrong. The rules themselves are
//! tested beside them.

use std::fs;

use crate::support::Place;

const ANSWERS: &str = "-d owners=@example/platform -d contact=help@example.com";

fn names(place: &Place) -> Vec<String> {
    let json = place.run("templates list --format json").succeeded().json();
    json.as_array().unwrap().iter().map(|template| template["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_template_of_the_program_is_listed_with_what_it_is_for() {
    let place = Place::new();
    let json = place.run("templates list --format json").succeeded().json();
    for template in json.as_array().unwrap() {
        assert!(template["description"].as_str().is_some_and(|text| !text.is_empty()), "{template}");
    }
    let names = names(&place);
    assert!(names.starts_with(&["built-in".to_owned()]) && names.contains(&"company-skeleton".to_owned()), "{names:?}");
    let listed = place.run("templates list").succeeded().stdout;
    assert_eq!(listed.lines().count(), names.len());
}

#[test]
fn a_template_is_shown_by_name_by_path_and_by_address() {
    let place = Place::new();
    let shown = place.run("templates show company-skeleton").succeeded().stdout;
    for text in
        ["overlay", "-d company=TEXT", "[default: Example Ltd]", "src/main.rs.liquid  [rendered, instead of built-in]"]
    {
        assert!(shown.contains(text), "{text} is not in {shown}");
    }
    place.run("templates export company-skeleton mine").succeeded();
    let url = place.repository("mine");
    assert_eq!(place.run("templates show mine").succeeded().stdout, shown);
    let json = place.run(&format!("templates show {url} --format json")).succeeded().json();
    assert_eq!(json["source"]["repository"], url.as_str());
    let company = json["placeholders"].as_array().unwrap().iter().find(|asked| asked["name"] == "logs").unwrap();
    assert_eq!((&company["choices"], &company["default"]), (&serde_json::json!(["json", "text"]), &"json".into()));
}

#[test]
fn of_a_complete_template_the_conditions_and_the_scripts_are_shown() {
    let place = Place::new();
    place.write(
        "t/cargo-generate.toml",
        "[hooks]\npre = [\"pre.rhai\"]\n[conditional.'is_init'.placeholders.a]\nprompt = \"A\"",
    );
    place.write("t/pre.rhai", "");
    let shown = place.run("templates show t").succeeded().stdout;
    assert!(shown.contains("-d a=TEXT: A  [required, asked if is_init]"), "{shown}");
    assert!(shown.contains("pre: pre.rhai"), "{shown}");
}

#[test]
fn a_template_is_taken_by_its_name_unless_there_is_a_directory_of_that_name() {
    let place = Place::new();
    place.start(&format!("shop --template company-skeleton {ANSWERS}")).succeeded();
    assert!(place.read("shop/src/lib.rs").starts_with("// Copyright Example Ltd."));
    place.start("plain --template built-in").succeeded();
    assert!(place.is_whole("plain"));
    place.write("company-skeleton/NOTICE", "ours");
    let other = "other --template company-skeleton";
    place.start(other).succeeded().saying("warning: `company-skeleton` is the directory here, not the template");
    let ran = place.start("clear --template ./company-skeleton").succeeded();
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    assert_eq!(place.read("other/NOTICE"), "ours");
    place.start("third --template skeleton").ended_with(4).saying("templates list");
    // An empty one is no template.
    fs::create_dir(place.work().join("passwordless")).unwrap();
    for command in ["startproject fourth --vcs none --template passwordless", "templates show passwordless"] {
        let ran = place.run(command).succeeded();
        ran.saying("warning: `passwordless` is the template that comes with the program");
    }
    assert!(place.read("fourth/.jwt-allauth.toml").contains("source = \"passwordless\""));
}

#[test]
fn an_exported_template_renders_the_same_project() {
    let place = Place::new();
    for name in names(&place).iter().filter(|name| *name != "built-in") {
        place.run(&format!("templates export {name} copies/{name}")).succeeded();
        let answers = match name.as_str() {
            "company-skeleton" => ANSWERS,
            "resource-server" => "-d issuer=myproject -d audience=myproject",
            _ => "",
        };
        // All but where the template is to be found again.
        let of = |template: &str, project: &str| {
            place.start(&format!("shop {project} --template {template} {answers}")).succeeded();
            let stamp: toml::Table = place.read(&format!("{project}/.jwt-allauth.toml")).parse().unwrap();
            (stamp["files"].clone(), stamp["overlay"]["hash"].clone())
        };
        assert_eq!(of(&format!("copies/{name}"), &format!("{name}-1")), of(name, &format!("{name}-2")));
    }
    place.run("templates export built-in copies/built-in").succeeded();
    place.start("shop --template copies/built-in").succeeded();
    assert!(place.is_whole("shop"));
}

#[test]
fn an_export_takes_no_directory_that_holds_files_and_no_unknown_name() {
    let place = Place::new();
    place.write("there/a", "");
    place.run("templates export company-skeleton there").ended_with(5).saying("not there yet, or empty");
    place.run("templates export ../there copy").ended_with(4).saying("there are built-in, company-skeleton");
    assert_eq!(place.entries(), ["there"]);
}

#[test]
fn the_templates_of_the_program_are_clean() {
    let place = Place::new();
    for name in names(&place) {
        place.run(&format!("templates export {name} {name}")).succeeded();
        let ran = place.run(&format!("templates lint {name}")).succeeded().saying("nothing found");
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn a_finding_has_file_line_rule_and_fix_and_ends_with_4() {
    let place = Place::new();
    place.write("t/jwt-allauth.toml", "[template]\nnam = \"x\"\n");
    place.write("t/a", "");
    let ran = place.run("templates lint t").ended_with(4).saying("1 finding");
    assert!(ran.stdout.starts_with("jwt-allauth.toml:2:1: unknown-key: `nam`") && ran.stdout.contains("write `name`"));
    let json = place.run("templates lint t --format json").ended_with(4).json();
    assert_eq!(json["kind"], "overlay");
    let finding = &json["findings"][0];
    assert_eq!((&finding["file"], &finding["line"]), (&"jwt-allauth.toml".into(), &2.into()));
    assert_eq!((&finding["rule"], &finding["fix"]), (&"unknown-key".into(), &"write `name`".into()));
    place.run("templates lint missing").ended_with(4).saying("cannot be read");
}

#[test]
fn what_no_rule_finds_is_found_by_rendering_every_branch() {
    let place = Place::new();
    place.write(
        "t/jwt-allauth.toml",
        "[placeholders]\nport = { regex = '[0-9]+' }\nlist = { choices = [\"a\", \"b\"] }\n",
    );
    place.write("t/a.yaml.liquid", "port: {{ port }}\n");
    place.run("templates lint t").ended_with(4).saying("1 finding");
    let yaml = "port: {{ port }}\n{% if list == \"b\" %}a: [{% endif %}\n";
    place.write("t/a.yaml.liquid", yaml);
    let ran = place.run("templates lint t").ended_with(4);
    assert!(ran.stdout.starts_with("a.yaml:3:1: does-not-render:") && ran.stdout.contains("list=b"), "{}", ran.stdout);
    place.write("t/a.yaml.liquid", &yaml.replace("a: [", "a: []"));
    place.run("templates lint t").succeeded();
}

#[test]
fn a_complete_template_is_rendered_on_trial_without_its_scripts() {
    let place = Place::new();
    let config = "[placeholders]\nweb = { type = \"bool\", prompt = \"Web\" }\n";
    place.write("t/cargo-generate.toml", config);
    place.write("t/a.md", "{% if web %}{{ crate_name | divided_by: 0 }}{% endif %}");
    let ran = place.run("templates lint t").ended_with(4);
    assert!(ran.stdout.starts_with("a.md:1:13: does-not-render:"), "{}", ran.stdout);
    place.write("t/a.md", "{% if web %}{{ crate_name }}{% endif %}");
    place.run("templates lint t").succeeded();
    place.write("t/cargo-generate.toml", &format!("{config}[hooks]\npost = [\"post.rhai\"]\n"));
    place.write("t/post.rhai", "system::command(\"touch\", [\"../../touched\"]);");
    place.run("templates lint t").succeeded();
    assert_eq!(place.entries(), ["t"]);
}

#[test]
fn what_a_template_takes_from_whoever_renders_it_is_named_and_no_mistake() {
    let place = Place::new();
    place.write("t/cargo-generate.toml", "");
    place.write("t/a.md", "{{ authors }} {{ username }} {{ os-arch }} {{ \"now\" | date: \"%Y\" }}");
    let names = ["authors", "os-arch", "rendered_at", "username"];
    let ran = place.run("templates lint t").succeeded().saying("nothing found");
    assert_eq!(ran.stdout, "");
    ran.saying(&format!("who rendered it, where or when: {}\n", names.join(", ")));
    assert_eq!(
        place.run("templates lint t --format json").succeeded().json()["circumstances"],
        serde_json::json!(names)
    );
    place.write("t/a.md", "{{ crate_name }}");
    assert!(!place.run("templates lint t").succeeded().stderr.contains("remembers"));
}

#[test]
fn what_a_complete_template_would_remove_outside_of_itself_stays() {
    let place = Place::new();
    place.write("theirs/a", "");
    let path = place.work().join("theirs");
    place.write("t/cargo-generate.toml", &format!("[template]\nignore = [\"{}\"]\n", path.display()));
    place.write("t/a", "");
    place.start("shop --template t").ended_with(4).saying("cargo-generate.toml:2:1").saying("not inside");
    assert!(fs::exists(path.join("a")).unwrap());
    assert_eq!(place.entries(), ["t", "theirs"]);
}
