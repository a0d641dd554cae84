//! Projects of a template that is not, or not only, the program's.

use std::process::Command;

use super::{Project, outcome};
use crate::support::{PROGRAM, Place, Ran};

fn with_skeleton(manifest: &str) -> Place {
    let place = Place::new();
    place.write("skeleton/jwt-allauth.toml", manifest);
    place.write("skeleton/NOTICE.liquid", "{{ company }}\n");
    place
}

const COMPANY: &str = "[placeholders.company]\n";

#[test]
fn where_a_directory_lies_now_has_to_be_said() {
    let project = Project { place: with_skeleton(COMPANY) };
    project.start("--template skeleton -d company=Example");
    for command in ["update", "check"] {
        project.run(command).ended_with(4).saying("a directory called `skeleton`").saying("--template PATH");
    }
    project.update("--template ../skeleton").succeeded().saying("up to date");
    project.run("check --template ../skeleton").succeeded();
    project.run("check --security").succeeded();
}

#[test]
fn a_directory_is_called_by_its_own_name_also_where_its_template_has_another() {
    let project = Project { place: with_skeleton("[template]\nname = \"company-skeleton\"\n[placeholders.company]\n") };
    project.start("--template skeleton -d company=Example");
    for command in ["update", "check"] {
        let ran = project.run(command).ended_with(4);
        let ran = ran.saying("a directory called `skeleton`, whose template is called `company-skeleton`");
        ran.saying("the `company-skeleton` that comes with the program is another one").saying("--template PATH");
    }
    project.update("--template ../skeleton").succeeded().saying("up to date");
}

#[test]
fn a_check_says_the_command_that_updates() {
    let project = Project { place: with_skeleton(COMPANY) };
    project.start("--template skeleton -d company=Example");
    let place = &project.place;
    let check = |options: &[&str]| {
        let given = [&["check", "shop", "--template", "skeleton"], options].concat();
        Ran::of(&place.command_of(given).output().unwrap()).ended_with(8)
    };
    let run = |line: &str| {
        let words = line.strip_prefix("jwt-allauth ").unwrap();
        let output = Command::new("sh").args(["-c", &format!("{PROGRAM} {words}")]).current_dir(place.work()).output();
        Ran::of(&output.unwrap())
    };
    check(&["-d", "company=My shop"])
        .saying("`jwt-allauth update --template skeleton -d 'company=My shop' shop` brings");
    place.write("skeleton/NOTICE.liquid", "by {{ company }}\n");
    let line = "jwt-allauth update --template skeleton shop";
    check(&[]).saying(&format!("`{line}` brings")).saying(&format!("`{line} --dry-run` says"));
    let json = check(&["-d", "company=My shop", "--format", "json"]).json();
    run(json["update"].as_str().unwrap()).succeeded();
    assert_eq!(project.read("NOTICE"), "by My shop\n");
    place.run("check shop --template skeleton").succeeded();
}

#[test]
fn answers_are_remembered_and_can_be_changed_and_new_ones_are_asked_for() {
    let project = Project { place: with_skeleton(COMPANY) };
    project.start("--template skeleton -d company=Example");
    project.place.write("skeleton/NOTICE.liquid", "by {{ company }}\n");
    project.update("--template ../skeleton").succeeded();
    assert_eq!(project.read("NOTICE"), "by Example\n");
    project.update("--template ../skeleton -d company=Other").succeeded();
    assert_eq!(project.read("NOTICE"), "by Other\n");
    project.place.write("skeleton/jwt-allauth.toml", &format!("{COMPANY}[placeholders.town]\n"));
    project.place.write("skeleton/NOTICE.liquid", "{{ company }}, {{ town }}\n");
    project.update("--template ../skeleton").ended_with(6).saying("-d town=TEXT");
    project.update("--template ../skeleton -d town=Here").succeeded();
    assert_eq!(project.read("NOTICE"), "Other, Here\n");
    assert_eq!(project.stamp()["placeholders"]["town"].as_str(), Some("Here"));
    project.place.write("skeleton/jwt-allauth.toml", "[placeholders.company]\nchoices = [\"A\"]\n");
    project
        .update("--template ../skeleton")
        .ended_with(3)
        .saying("`Other` to `company` (when the project was rendered)");
}

#[test]
fn a_template_that_comes_with_the_program_is_known_by_its_name() {
    let project = Project { place: Place::new() };
    project.start("--template company-skeleton -d owners=@us -d contact=a@b.example");
    project.update("").succeeded().saying("up to date");
    let project = project.aged(&[(".github/CODEOWNERS", "old\n")]);
    assert_eq!(outcome(&project.update("").succeeded(), ".github/CODEOWNERS"), "updated");
}

#[test]
fn a_repository_is_fetched_again_and_a_branch_moves_on() {
    let project = Project { place: with_skeleton("") };
    project.place.write("skeleton/NOTICE.liquid", "one\n");
    let url = project.place.repository("skeleton");
    project.start(&format!("--template {url}"));
    project.run("check").succeeded();
    project.place.write("skeleton/NOTICE.liquid", "two\n");
    for arguments in ["-c user.name=A -c user.email=a@b.c commit -qam two", &format!("push -q {url} main")] {
        let skeleton = project.place.work().join("skeleton");
        assert!(Command::new("git").args(arguments.split(' ')).current_dir(skeleton).status().unwrap().success());
    }
    project.run("check").ended_with(8);
    project.update("").succeeded();
    assert_eq!(project.read("NOTICE"), "two\n");
    project.run("check").succeeded();
}

#[test]
fn a_complete_template_is_rendered_anew_and_merged_like_any_other() {
    let project = Project { place: Place::new() };
    project.place.write("t/cargo-generate.toml", "[placeholders.town]\nprompt = \"Town\"\n");
    project.place.write("t/NOTICE", "{{ town }}\ntwo\nthree\n");
    project.place.write("t/.env", "A=\"1\"\n");
    project.start("--template t -d town=Here");
    project.write("NOTICE", "Here\ntwo\nmine\n");
    project.write(".env", "A=\"mine\"\n");
    project.commit();
    project.place.write("t/NOTICE", "in {{ town }}\ntwo\nthree\n");
    project.place.write("t/.env", "A=\"1\"\nB=\"2\"\n");
    project.run("check --template ../t").ended_with(8);
    let ran = project.update("--template ../t").succeeded();
    assert_eq!(outcome(&ran, "NOTICE"), "merged");
    assert_eq!(project.read("NOTICE"), "in Here\ntwo\nmine\n");
    assert_eq!(project.read(".env"), "A=\"mine\"\n\nB=\"2\"\n");
    project.run("check --template ../t").succeeded();
}

#[test]
fn scripts_of_a_template_are_not_run_unasked() {
    let project = Project { place: Place::new() };
    project.place.write("t/cargo-generate.toml", "");
    project.place.write("t/NOTICE", "one\n");
    project.start("--template t");
    project.place.write("t/cargo-generate.toml", "[hooks]\npost = [\"post.rhai\"]\n");
    project.place.write("t/post.rhai", "file::write(\"made\", \"by a script\");");
    project.update("--template ../t").ended_with(7).saying("--allow-commands");
    project.update("--template ../t --allow-commands").succeeded();
    assert_eq!(project.read("made"), "by a script");
}

#[test]
fn mails_that_are_edited_are_merged_where_they_are_edited() {
    let (text, editable) = ("auth/templates/email/login_code_text.txt", "templates/email/login_code_text.txt");
    let project = Project::of("--email");
    let now = project.read(text);
    let old = format!("{now}The end.\n");
    let project = project.aged(&[(text, &old), (editable, &old)]);
    project.write(editable, &format!("{{# ours #}}\n{old}"));
    project.commit();
    let ran = project.update("").succeeded();
    assert_eq!((outcome(&ran, text), outcome(&ran, editable)), ("updated".to_owned(), "merged".to_owned()));
    assert_eq!(project.read(editable), format!("{{# ours #}}\n{now}"));
}
