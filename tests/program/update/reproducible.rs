//! Who looks, on which machine and when makes no difference: as long as its template is the same, a project is up to date.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::{Project, hash, outcome};
use crate::support::{Place, Ran};

const MANIFEST: &str = "[package]\nname = \"{{project-name}}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

/// A complete template of these files.
fn with_template(files: &[(&str, &str)]) -> Project {
    let project = Project { place: Place::new() };
    project.place.write("t/cargo-generate.toml", "");
    project.place.write("t/Cargo.toml", MANIFEST);
    for (path, contents) in files {
        project.place.write(&format!("t/{path}"), contents);
    }
    project
}

fn run_as(project: &Project, name: &str, arguments: &str) -> Ran {
    let mut command = project.command(arguments);
    command.env("GIT_AUTHOR_NAME", name).env("GIT_AUTHOR_EMAIL", format!("{name}@b.example"));
    Ran::of(&command.output().unwrap())
}

#[test]
fn rust_is_left_as_the_template_has_it_whatever_formatter_there_is() {
    let rust = "fn main(){let x=1;println!(\"{x}\")}\n";
    let project = with_template(&[("src/main.rs", rust)]);
    let bin = project.place.fake_git("exit 1");
    let ran = project.place.work().join("ran");
    fs::write(bin.join("rustfmt"), format!("#!/bin/sh\ntouch {}\n", ran.display())).unwrap();
    fs::set_permissions(bin.join("rustfmt"), Permissions::from_mode(0o755)).unwrap();
    project.place.write("t/cargo-generate.toml", "[template]\nfmt = true\n[hooks]\npost = [\"fmt\"]\n");
    let mut command = project.place.command("startproject shop --template t --vcs none");
    command.env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
    Ran::of(&command.output().unwrap()).succeeded();
    assert_eq!(project.read("src/main.rs"), rust);
    assert!(!ran.exists());
    project.run("check --template ../t").succeeded();
}

#[test]
fn who_rendered_it_is_remembered_and_rendered_with() {
    let project = with_template(&[("NOTICE", "{{ authors }}, {{ username }}, {{ os-arch }}\n")]);
    let root = project.place.command("startproject shop --template t --vcs none").env("CARGO_NAME", "Ann").status();
    assert!(root.unwrap().success());
    let notice = project.read("NOTICE");
    assert!(notice.starts_with("Ann, Ann, "), "{notice}");
    run_as(&project, "Bob", "check --template ../t").succeeded();
    project.place.write("t/NOTICE", "by {{ authors }}, {{ username }}, {{ os-arch }}\n");
    run_as(&project, "Bob", "update --template ../t").succeeded();
    assert_eq!(project.read("NOTICE"), format!("by {notice}"));
    run_as(&project, "Bob", "update --template ../t -d authors=Eve").succeeded();
    assert!(project.read("NOTICE").starts_with("by Eve, Ann, "));
    assert!(project.stamp()["placeholders"].get("rendered_at").is_none(), "nobody asked for the time");
}

#[test]
fn when_it_was_rendered_is_remembered_and_rendered_with() {
    let overlay = Project { place: Place::new() };
    overlay.place.write("t/NOTICE.liquid", "{{ 'now' | date: '%Y-%m-%d' }}\n");
    let complete = with_template(&[("NOTICE", "{{ 'now' | date: '%Y-%m-%d' }}\n")]);
    for (project, file) in [(overlay, "NOTICE.liquid"), (complete, "NOTICE")] {
        project.start("--template t");
        assert_ne!(project.read("NOTICE"), "1970-01-02\n");
        project.restamp(|stamp| {
            stamp["placeholders"]["rendered_at"] = "86400".into();
            stamp["files"]["NOTICE"] = hash("1970-01-02\n").into();
        });
        project.write("NOTICE", "1970-01-02\n");
        project.commit();
        project.run("check --template ../t").succeeded();
        project.place.write(&format!("t/{file}"), "since {{ 'now' | date: '%Y-%m-%d' }}\n");
        assert_eq!(outcome(&project.update("--template ../t").succeeded(), "NOTICE"), "updated");
        assert_eq!(project.read("NOTICE"), "since 1970-01-02\n");
        assert_eq!(project.stamp()["placeholders"]["rendered_at"].as_str(), Some("86400"));
    }
}

#[test]
fn a_name_that_has_the_date_in_it_stays() {
    let name = "{{'now'|date:'%Y'}}.md";
    let project = with_template(&[(name, "one\n")]);
    project.start("--template t");
    project.restamp(|stamp| {
        let files = stamp["files"].as_table_mut().unwrap();
        let year = files.keys().find(|path| path.starts_with("20")).unwrap().clone();
        let hash = files.remove(&year).unwrap();
        files.insert("1970.md".into(), hash);
        stamp["placeholders"]["rendered_at"] = "86400".into();
        fs::rename(project.root().join(year), project.root().join("1970.md")).unwrap();
    });
    project.commit();
    project.place.write(&format!("t/{name}"), "two\n");
    let ran = project.update("--template ../t").succeeded();
    assert_eq!(outcome(&ran, "1970.md"), "updated");
    assert!(!ran.stdout.contains("new "), "{}", ran.stdout);
}

/// What a script draws from elsewhere is no news, and it need not run to know that.
#[test]
fn the_same_template_with_the_same_answers_is_up_to_date_without_being_rendered() {
    let project = with_template(&[("post.rhai", "file::write(\"drawn\", `${timestamp()}`);")]);
    project
        .place
        .write("t/cargo-generate.toml", "[hooks]\npost = [\"post.rhai\"]\n[placeholders.town]\nprompt = \"Town\"\n");
    project.start("--template t --allow-commands -d town=Here");
    assert!(project.has("drawn"));
    project.run("check --template ../t").succeeded().saying("up to date");
    project.update("--template ../t").succeeded().saying("up to date");
    project.remove("drawn");
    assert_eq!(outcome(&project.update("--template ../t").succeeded(), "drawn"), "deleted");
    project.update("--template ../t -d town=There").ended_with(7);
}
