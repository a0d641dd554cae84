//! `--template`: a directory or a repository laid over the project. What makes one unsafe is tested beside the reading.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use crate::support::{Place, Ran, is_secret};

pub(crate) const QUESTIONS: &str = r#"
[template]
name = "ours"

[placeholders.company]
prompt = "Name of the company"
regex = "[A-Z][a-z]+"

[placeholders.tier]
choices = ["gold", "silver"]

[placeholders.public]
type = "bool"
default = false
"#;

fn with_skeleton() -> Place {
    let place = Place::new();
    place.write("skeleton/NOTICE.liquid", "{{ project_name }} by us\n");
    place.write("skeleton/deny.toml", "# ours\n");
    place.write("skeleton/run", "#!/bin/sh\n");
    fs::set_permissions(place.work().join("skeleton/run"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("deny.toml", place.work().join("skeleton/link")).unwrap();
    place
}

fn with_questions() -> Place {
    let place = Place::new();
    place.write("skeleton/jwt-allauth.toml", QUESTIONS);
    place.write("skeleton/NOTICE.liquid", "{{ company }} {{ tier }} {{ public }}");
    place
}

fn start(place: &Place, arguments: &str) -> Ran {
    place.start(&format!("shop --template skeleton {arguments}"))
}

#[test]
fn a_skeleton_replaces_adds_and_leaves_the_rest() {
    let place = with_skeleton();
    start(&place, "-v").succeeded().saying("template: skeleton");
    assert_eq!(place.read("shop/NOTICE"), "shop by us\n");
    assert_eq!(place.read("shop/deny.toml"), "# ours\n");
    assert!(place.is_whole("shop"));
    let root = place.work().join("shop");
    assert_eq!(fs::read_link(root.join("link")).unwrap().to_str(), Some("deny.toml"));
    assert_ne!(fs::metadata(root.join("run")).unwrap().permissions().mode() & 0o100, 0);
}

#[test]
fn a_dry_run_says_where_each_file_is_from() {
    let place = with_skeleton();
    let listed = start(&place, "--dry-run").succeeded().stdout;
    let line = |path: &str| listed.lines().find(|line| line.split_whitespace().nth(2) == Some(path)).unwrap();
    assert!(line("NOTICE").ends_with("[skeleton]"), "{listed}");
    assert!(line("deny.toml").ends_with("[skeleton, instead of built-in]"), "{listed}");
    assert!(line("Cargo.toml").ends_with("[built-in]"), "{listed}");
    assert!(line("link").ends_with("link -> deny.toml  [skeleton]"), "{listed}");
    let json = start(&place, "--dry-run --format json").json();
    let file = |path| json["files"].as_array().unwrap().iter().find(|file| file["path"] == path).unwrap();
    assert_eq!([&file("NOTICE")["origin"], &file("deny.toml")["origin"]], ["added", "replaced"]);
    assert_eq!(json["overlay"]["name"], "skeleton");
    assert_eq!(place.entries(), ["skeleton"]);
}

#[test]
fn the_same_project_again_is_the_same_under_merge_and_overwrite() {
    let place = with_skeleton();
    start(&place, "").succeeded();
    for policy in ["merge", "overwrite"] {
        let json = start(&place, &format!("--if-exists {policy} --format json")).succeeded().json();
        let kept = json["kept"].as_array().unwrap();
        assert!(kept.iter().all(|path| is_secret(path.as_str().unwrap())), "{kept:?}");
        assert_eq!(json["replaced"], serde_json::json!([]));
    }
}

#[test]
fn what_is_no_template_is_refused_and_nothing_is_written() {
    let place = with_skeleton();
    fs::create_dir(place.work().join("empty")).unwrap();
    for (template, why) in [
        ("missing", "cannot be read"),
        ("skeleton/run", "is a file"),
        ("empty", "holds no files"),
        ("gh:us", "not of that form"),
        ("https://a.example/b", "does not end with `.git`"),
    ] {
        place.start(&format!("shop --template {template}")).ended_with(4).saying(why);
    }
    place.write("skeleton/broken.toml.liquid", "= 1");
    place.write("skeleton/other.yaml.liquid", "a: [");
    start(&place, "").ended_with(4).saying("broken.toml:1:1: ").saying("other.yaml:2:1: ");
    assert_eq!(place.entries(), ["empty", "skeleton"]);
}

#[test]
fn a_mistake_in_its_manifest_is_named_with_line_and_column() {
    for (manifest, complaint) in [
        ("[template]\nnam = \"x\"", "jwt-allauth.toml:2:1: `nam` is not a key"),
        ("[placeholders]\nemail = {}", "jwt-allauth.toml:2:1: `email` is a variable"),
        ("[placeholders]\nmy-name = {}", "jwt-allauth.toml:2:1: `my-name` cannot be"),
        ("[placeholders]\na = { type = \"strng\" }", "jwt-allauth.toml:2:7: `strng` is no type"),
        ("[placeholders]\na = { regex = \"(\" }", "jwt-allauth.toml:2:7: `(` is not a regular expression"),
        ("[placeholders]\na = { default = \"x\", choices = [\"y\"] }", "jwt-allauth.toml:2:7: the default of `a`"),
        ("[placeholders]\na = { type = \"bool\", regex = \"x\" }", "jwt-allauth.toml:2:22: `regex` has no meaning"),
        ("[template]\nignore = [\"*.md\"]", "jwt-allauth.toml:2:1: `*.md` is a pattern"),
        ("[template", "jwt-allauth.toml:1:"),
    ] {
        let place = with_skeleton();
        place.write("skeleton/jwt-allauth.toml", manifest);
        start(&place, "").ended_with(4).saying(complaint);
    }
}

#[test]
fn the_command_line_goes_before_the_file_and_the_file_before_the_environment() {
    let place = with_questions();
    place.write("values.toml", "[values]\ntier = \"silver\"\npublic = true\nof_another_template = 1\n");
    let mut command = place.command("startproject shop --vcs none --template skeleton --values-file values.toml");
    command.args(["-d", "tier=gold"]).env("JWT_ALLAUTH_VALUE_PUBLIC", "no").env("JWT_ALLAUTH_VALUE_COMPANY", "Example");
    Ran::of(&command.output().unwrap()).succeeded();
    assert_eq!(place.read("shop/NOTICE"), "Example gold true");
    let stamp = place.read("shop/.jwt-allauth.toml");
    assert!(stamp.contains("company = \"Example\"") && stamp.contains("public = true"), "{stamp}");
}

#[test]
fn all_answers_that_are_missing_are_listed_at_once_with_the_name() {
    let place = with_questions();
    let ran = place.start("--template skeleton").ended_with(6);
    ran.saying("NAME").saying("-d company=TEXT: Name of the company").saying("-d tier=gold|silver");
    start(&place, "-y -d tier=gold").ended_with(6).saying("-d company");
    assert_eq!(place.entries(), ["skeleton"]);
}

#[test]
fn an_answer_that_is_not_valid_or_answers_nothing_is_refused() {
    let place = with_questions();
    let company = "-d company=Example";
    start(&place, "-d company=example").ended_with(3).saying("has to match").saying("(-d)");
    start(&place, &format!("{company} -d tier=bronze")).ended_with(3).saying("one of gold, silver");
    start(&place, &format!("{company} -d tier=gold -d public=perhaps")).ended_with(3).saying("true or false");
    let ran = start(&place, &format!("{company} -d teir=gold")).ended_with(3);
    ran.saying("did you mean `tier`?").saying("it asks for company, tier, public");
    place.start("shop -d company=Example").ended_with(3).saying("answers no question");
    start(&place, "-d company").ended_with(2).saying("-d key=value");
    start(&place, "-d company -d =x").ended_with(2).saying("'company' for").saying("'=x' for");
    start(&place, "--values-file missing.toml").ended_with(3).saying("missing.toml");
    let lines = place.command_of(["startproject", "shop", "--template", "skeleton", "-d", "company=A\nB"]).output();
    Ran::of(&lines.unwrap()).ended_with(3).saying("single line");
}

#[test]
fn a_repository_is_fetched_at_a_branch_a_tag_or_a_commit() {
    let place = with_skeleton();
    let url = place.repository("skeleton");
    for (number, reference) in ["", "@main", "@v1"].into_iter().enumerate() {
        place.start(&format!("shop shop{number} --template {url}{reference}")).succeeded();
        assert_eq!(place.read(&format!("shop{number}/NOTICE")), "shop by us\n");
    }
    let stamp: toml::Table = place.read("shop1/.jwt-allauth.toml").parse().unwrap();
    assert_eq!(stamp["overlay"]["source"].as_str(), Some(format!("{url}@main").as_str()));
    let commit = stamp["overlay"]["commit"].as_str().unwrap();
    place.start(&format!("shop last --template {url}@{commit}")).succeeded();
}

#[test]
fn a_repository_that_cannot_be_fetched_is_12_with_the_reason() {
    let place = with_skeleton();
    let url = place.repository("skeleton");
    place.start(&format!("shop --template {url}@nowhere")).ended_with(12).saying("nowhere");
    place.start("shop --template file:///nowhere/a.git").ended_with(12).saying("cannot be fetched");
    let output = place.command(&format!("startproject shop --template {url}")).env("PATH", "/nowhere").output();
    Ran::of(&output.unwrap()).ended_with(12).saying("needs git, which is not installed");
    assert_eq!(place.entries(), ["skeleton"]);
}

#[test]
fn nothing_of_a_fetched_repository_stays_behind_not_even_after_a_signal() {
    let place = with_skeleton();
    let url = place.repository("skeleton");
    let temporary = place.work().join("tmp");
    fs::create_dir(&temporary).unwrap();
    let ends =
        [("", 0), ("case \"$*\" in *fetch*) kill -TERM $PPID; exec tail -f /dev/null;; esac;", 143), ("exit 1;", 12)];
    for (script, code) in ends {
        let git = place.fake_git(&format!("{script} PATH=/usr/bin:/bin exec git \"$@\""));
        let mut command = place.command(&format!("startproject shop{code} --vcs none --template {url}"));
        command.env("TMPDIR", &temporary).env("PATH", format!("{}:/usr/bin:/bin", git.display()));
        Ran::of(&command.output().unwrap()).ended_with(code);
        assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "{code}");
    }
}

#[test]
fn a_password_in_an_address_is_neither_shown_nor_kept() {
    let place = Place::new();
    let ran = place.start("shop --template https://me:hidden@127.0.0.1:1/a.git --format json").ended_with(12);
    assert!(!ran.stdout.contains("hidden") && !ran.stderr.contains("hidden"), "{}", ran.stdout);
}

#[test]
fn a_file_that_is_copied_is_its_authors_even_if_it_is_broken() {
    let place = with_skeleton();
    place.write("skeleton/broken.toml", "= 1");
    place.write("skeleton/ci/config.yml", "a: [");
    start(&place, "").succeeded().saying("warning: broken.toml:1:1: ").saying("warning: ci/config.yml:");
    let json = start(&place, "--dry-run --if-exists merge --format json").succeeded().json();
    assert_eq!(json["warnings"].as_array().unwrap().len(), 2);
    place.write("t/cargo-generate.toml", "[template]\nexclude = [\".circleci\"]\n");
    place.write("t/.circleci/config.yml", "a: [");
    place.write("t/plain.json", "{");
    place.start("other --template t").succeeded().saying("warning: .circleci/config.yml:").saying("plain.json");
    place.write("t/made.json", "{ {{ crate_name }}");
    place.start("third --template t").ended_with(4).saying("`t`: made.json:1:3: ");
}

#[test]
fn names_that_not_every_system_can_keep_come_with_a_warning() {
    let place = Place::new();
    for (file, why) in [
        ("src/aux.rs", "Windows can have no file called `aux.rs`"),
        ("trailing.", "Windows can have no file called `trailing.`"),
        ("readme.md", "only capitals tell it from `README.md`"),
    ] {
        place.write(&format!("of-{why}/{file}"), "");
        let template = place.work().join(format!("of-{why}"));
        let mut command = place.command("startproject shop --vcs none --dry-run --template");
        let ran = Ran::of(&command.arg(template).output().unwrap()).succeeded();
        ran.saying(&format!("warning: {file}: {why}"));
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let place = with_questions();
    let ran = start(&place, "-d company=example -d tier=bronze -d teir=gold -d public=perhaps").ended_with(3);
    let ran =
        ran.saying("to `company`").saying("to `tier`").saying("`-d teir` answers no question").saying("to `public`");
    assert_eq!(ran.stderr.matches("error: ").count(), 4, "{}", ran.stderr);
    let ran =
        place.start("async --template nowhere").ended_with(3).saying("keyword").saying("`nowhere` cannot be read");
    assert_eq!(ran.stderr.matches("error: ").count(), 2, "{}", ran.stderr);
    place
        .start("async --template skeleton -d tier=bronze")
        .ended_with(3)
        .saying("keyword")
        .saying("one of gold, silver");
}

#[test]
fn a_bad_name_does_not_hide_what_is_wrong_with_a_complete_template() {
    let place = Place::new();
    place.write("t/cargo-generate.toml", "");
    place.write("t/a.md", "{{ nmae }}");
    place.write("t/{{u6}}.txt", "");
    place.write("t/{{ crate_name }}.toml", "{{ crate_name }} = = 1");
    let ran = place.start("fn --template t").ended_with(3).saying("keyword").saying("a.md:1:1: `nmae`");
    let ran = ran.saying("`u6` in the name of the file").saying("(rendered from `{{ crate_name }}.toml`)");
    assert_eq!(ran.stderr.matches("error: ").count(), 4, "{}", ran.stderr);
    // Scripts do not run for what is refused.
    place.write("t/cargo-generate.toml", "[hooks]\npre = [\"pre.rhai\"]\n");
    place.write("t/pre.rhai", &format!("system::command(\"touch {}/touched\");", place.work().display()));
    place.start("fn --template t").ended_with(3).saying("keyword").saying("runs scripts on this machine: pre.rhai");
    let ran = place.start("fn --template t --allow-commands").ended_with(3).saying("keyword");
    assert_eq!(ran.stderr.matches("error: ").count(), 1, "{}", ran.stderr);
    assert_eq!(place.entries(), ["t"]);
}

#[test]
fn whatever_is_wrong_with_a_request_is_said_beside_the_rest() {
    let place = Place::new();
    place.write("t/a.liquid", "{{ nmae }}");
    place.write("there/mine", "");
    let others = "there --template t --values-file gone.toml --with nothing";
    let all = ["keyword", "there is no feature `nothing`", "`gone.toml` cannot be used", "holds files: `mine`"];
    let said = |ran: Ran, said: &[&str]| {
        let ran = said.iter().fold(ran, |ran, text| ran.saying(text));
        assert_eq!(ran.stderr.matches("error: ").count(), said.len(), "{}", ran.stderr);
    };
    said(place.start(&format!("fn {others}")).ended_with(3), &all);
    said(place.start(&format!("shop {others}")).ended_with(2), &all[1..]);
    said(place.start("fn there --template t").ended_with(3), &["keyword", "`mine`", "a.liquid:1:1: `nmae`"]);
    said(place.start("shop there --template t").ended_with(5), &["`mine`", "a.liquid:1:1: `nmae`"]);
    said(place.start("fn there --template gone").ended_with(3), &["keyword", "`gone` cannot be read", "`mine`"]);
    let passwordless = "fn --template passwordless --with mfa=required -d nothing=asked";
    let all_three = ["keyword", "`-d nothing` answers no question", "there is no `mfa.totp`"];
    said(place.start(passwordless).ended_with(3), &all_three);
    let passwordless = "fn --template passwordless --with mfa=required";
    said(place.start(passwordless).ended_with(3), &["keyword", "there is no `mfa.totp`"]);
    let output = place.command("startproject fn there --vcs git").env("PATH", "/nowhere").output().unwrap();
    said(Ran::of(&output).ended_with(3), &["keyword", "`mine`", "`--vcs git` needs git"]);
    // Beside mistakes of the command line, too, and then the usage comes last.
    let line = format!("startproject fn {others} --database mysql --if-exists=never -d novalue --colour");
    let ran = place.run(&line).ended_with(2);
    let usage = ["'mysql' for '--database", "'never' for '--if-exists", "'--colour' found", "'novalue' for '--define"];
    assert!(ran.stderr.ends_with("For more information, try '--help'.\n"), "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("Usage: ").count(), 1, "{}", ran.stderr);
    said(ran, &[&usage[..], &all].concat());
    let json = place.run(&format!("{line} --format json")).ended_with(2).json();
    let problems = json["error"]["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 8, "{json}");
    assert!(problems.iter().all(|problem| !problem["hints"].as_array().unwrap().is_empty()), "{json}");
    // Nothing is fetched for it, and what is missing may be in what was not understood.
    let output = place.command("startproject --email shop --template file:///nowhere.git").env("PATH", "").output();
    said(Ran::of(&output.unwrap()).ended_with(2), &["invalid value 'shop'"]);
    assert_eq!(place.entries(), ["t", "there"]);
}

#[test]
fn the_other_commands_say_all_that_is_wrong_as_well() {
    let place = Place::new();
    place.start("shop").succeeded();
    let said = |line: &str, code: i32, said: &[&str]| {
        let ran = said.iter().fold(place.run(line).ended_with(code), |ran, text| ran.saying(text));
        assert_eq!(ran.stderr.matches("error: ").count(), said.len(), "{line}: {}", ran.stderr);
    };
    for command in ["check", "update"] {
        said(&format!("{command} nowhere --values-file gone"), 2, &["not a project", "`gone` cannot be used"]);
        said(&format!("{command} . --values-file gone"), 2, &["has no `.jwt-allauth.toml`", "`gone` cannot be used"]);
        let both = ["`away` cannot be read", "`gone` cannot be used"];
        said(&format!("{command} shop --template away --values-file gone"), 4, &both);
        said(&format!("{command} nowhere -d b"), 2, &["'b' for '--define", "not a project"]);
    }
    said(
        "update shop --template away --base nothing",
        4,
        &["`away` cannot be read", "`nothing`, which `--base` names"],
    );
    said("add mfaa --directory nowhere", 2, &["no feature `mfaa`", "not a project"]);
    said("add mfaa --directory nowhere --colour", 2, &["'--colour' found", "no feature `mfaa`", "not a project"]);
    said("templates export nothing shop", 5, &["is there already and holds files", "no template `nothing`"]);
}

#[test]
fn every_mistake_of_a_manifest_is_said_at_once_with_what_to_do() {
    let place = with_skeleton();
    place.write(
        "skeleton/jwt-allauth.toml",
        "[template]\nnaame = \"x\"\nversion = 1\n[placeholders]\na = { type = \"text\", prompt = 1 }\n\
         b = { regex = \"(\", default = \"x\" }\nc = { type = \"bool\", default = \"perhaps\", colour = 1 }\nProject = {}\n",
    );
    symlink("/etc/passwd", place.work().join("skeleton/out")).unwrap();
    let json = start(&place, "--format json").ended_with(4).json();
    let problems = json["error"]["problems"].as_array().unwrap();
    let places: Vec<String> =
        problems.iter().map(|problem| format!("{}:{}", problem["file"].as_str().unwrap(), problem["line"])).collect();
    let lines = [2, 3, 5, 5, 6, 7, 7, 8];
    let expected = lines.iter().map(|line| format!("jwt-allauth.toml:{line}")).chain(["out:null".to_owned()]);
    assert_eq!(places, expected.collect::<Vec<_>>(), "{json}");
    assert!(problems.iter().all(|problem| !problem["hints"].as_array().unwrap().is_empty()), "{json}");
    let of_type = problems.iter().find(|problem| problem["message"].as_str().unwrap().contains("`text` is no type"));
    assert!(of_type.unwrap()["hints"][0].as_str().unwrap().contains("write `type = \"string\"`"), "{json}");
    // With its TOML broken, what it leaves out is not known.
    place.write("skeleton/jwt-allauth.toml", "[template\n");
    assert_eq!(start(&place, "").ended_with(4).stderr.matches("error: ").count(), 1);
    let place = Place::new();
    place.write("t/cargo-generate.toml", "[template]\ninclude = 1\nignore = [\"../a\", \"/b\"]\n[hooks]\npre = 1\n");
    symlink("/etc/passwd", place.work().join("t/out")).unwrap();
    let ran = place.start("shop --template t").ended_with(4);
    let ran = ran.saying("out: a link out").saying("`include` has to be").saying("`../a` is").saying("`/b` is");
    assert_eq!(ran.saying("`pre` has to be").stderr.matches("error: ").count(), 5);
}

#[test]
fn what_was_rendered_and_is_broken_is_said_beside_an_undefined_variable() {
    let place = with_skeleton();
    place.write("skeleton/a.md.liquid", "{{ nmae }}");
    place.write("skeleton/Cargo.toml.liquid", "[package]\nname = \n");
    place.write("skeleton/b.json.liquid", "{\n  \"{{ project_name }}\": }");
    let json = start(&place, "--format json").ended_with(4).json();
    let of = |problem: &serde_json::Value| {
        let text = |key: &str| problem[key].as_str().unwrap_or_default().to_owned();
        (text("file"), problem["line"].as_u64(), problem["column"].as_u64(), text("message"))
    };
    let problems: Vec<_> = json["error"]["problems"].as_array().unwrap().iter().map(of).collect();
    assert_eq!(problems.len(), 3, "{json}");
    let said = |file: &str| problems.iter().find(|problem| problem.0 == file).unwrap();
    assert_eq!((said("a.md.liquid").1, said("a.md.liquid").2), (Some(1), Some(1)));
    assert_eq!((said("Cargo.toml").1, said("b.json").1, said("b.json").2), (Some(2), Some(2), Some(11)));
    for file in ["Cargo.toml", "b.json"] {
        assert!(said(file).3.contains(&format!("(rendered from `{file}.liquid`)")), "{json}");
    }
    // A manifest that cannot be read has no name either.
    fs::remove_file(place.work().join("skeleton/a.md.liquid")).unwrap();
    fs::remove_file(place.work().join("skeleton/b.json.liquid")).unwrap();
    let ran = start(&place, "--with mfa=required").ended_with(4).saying("Cargo.toml:2:");
    assert_eq!(ran.stderr.matches("error: ").count(), 1, "{}", ran.stderr);
    place.write("skeleton/settings.toml.liquid", "[mfa\n");
    let ran = start(&place, "--with mfa=required,invitations").ended_with(4).saying("settings.toml:1:");
    assert_eq!(ran.saying("rendered from `settings.toml.liquid`").stderr.matches("error: ").count(), 2);
    // The same in a complete template.
    let place = Place::new();
    place.write("t/cargo-generate.toml", "");
    place.write("t/a.md", "{{ nmae }}");
    place.write("t/src/{{ crate_name }}.toml.liquid", "a = 1\na = 2\n");
    place.write("t/b.yaml", "{{ crate_name }}: [");
    place.write("t/c.json", "{{ nmae }}");
    let ran = place.start("shop --template t").ended_with(4).saying("a.md:1:1: `nmae`").saying("c.json:1:1: `nmae`");
    let ran = ran.saying("src/shop.toml:2:1: ").saying("(rendered from `src/{{ crate_name }}.toml.liquid`)");
    assert_eq!(ran.saying("b.yaml:2:1: ").stderr.matches("error: ").count(), 4);
}

#[test]
fn an_overlay_that_takes_all_memory_or_time_is_refused() {
    let nested = format!("{}{}", "{% if email %}".repeat(100_000), "{% endif %}".repeat(100_000));
    for (text, said) in [
        ("{% for i in (1..7000000000) %}{% endfor %}".to_owned(), "MiB of memory"),
        (nested, "nested more than 64 deep"),
    ] {
        let place = with_skeleton();
        place.write("skeleton/NOTICE.liquid", &text);
        place.write("skeleton/A.liquid", "{{ email }} {{ nowhere }}");
        place.write("skeleton/b.liquid", "{{ email }}");
        let ran = start(&place, "").ended_with(4).saying("the template `skeleton`: NOTICE.liquid").saying(said);
        ran.saying("A.liquid:1:13: `nowhere` is not a variable");
        place.write("skeleton/A.liquid", "{{ email }}");
        let linted = place.run("templates lint skeleton").ended_with(4).stdout;
        assert!(linted.starts_with("NOTICE.liquid:1:1: "), "{linted}");
        if said.contains("nested") {
            place.run("templates lint skeleton").ended_with(4);
        }
        assert_eq!(place.entries(), ["skeleton"]);
    }
}

fn with_several() -> Place {
    let place = Place::new();
    for folder in ["cargo", "other/make"] {
        place.write(&format!("several/{folder}/cargo-generate.toml"), "");
        place.write(&format!("several/{folder}/a.md"), "{{ crate_name }}");
    }
    place.write("several/README.md", "");
    place
}

#[test]
fn a_directory_that_only_holds_templates_is_a_choice_and_one_can_be_named() {
    let place = with_several();
    for (command, by) in [
        ("startproject shop --vcs none --template several", "--template"),
        ("templates show several", "jwt-allauth templates show"),
        ("templates lint several", "jwt-allauth templates lint"),
    ] {
        let ran = place.run(command).ended_with(6).saying("a choice of 2: cargo, other/make");
        let ran = ran.saying(&format!("  {by} several/cargo\n")).saying(&format!("  {by} several/other/make\n"));
        assert_eq!(ran.stderr.contains("--template"), by == "--template", "{}", ran.stderr);
    }
    for command in ["templates show several --subfolder cargo", "templates lint several --subfolder cargo"] {
        place.run(command).succeeded();
    }
    assert_eq!(place.entries(), ["several"]);
    place.start("shop --template several/other/make").succeeded();
    assert_eq!(place.read("shop/a.md"), "shop");
    place.start("apart --template several/ --subfolder other/make").succeeded();
    assert_eq!(place.read("apart/a.md"), "apart");
    place.start("none --template several --subfolder nowhere").ended_with(4).saying("several//nowhere");
    place.start("none --subfolder other").ended_with(2).saying("--template");
    // Said to be an overlay, it is one.
    place.write("several/jwt-allauth.toml", "");
    place.start("over --template several").succeeded();
    assert!(place.is_whole("over") && place.read("over/cargo/a.md").contains("{{"));
}

#[test]
fn overlays_and_complete_templates_are_choices_alike() {
    let place = Place::new();
    place.write("several/one/jwt-allauth.toml", "[placeholders]\na = {}\n");
    place.write("several/one/NOTICE.liquid", "{{ a }}");
    place.write("several/two/jwt-allauth.toml", "");
    place.write("several/two/NOTICE", "two");
    place.start("shop --template several").ended_with(6).saying("a choice of 2: one, two");
    place.write("several/three/cargo-generate.toml", "");
    place.write("several/three/a.md", "");
    // Twice a template, it is one choice.
    place.write("several/three/jwt-allauth.toml", "");
    let url = place.repository("several");
    for (template, joint) in [("several", "/"), (&url[..], "//")] {
        let ran = place.start(&format!("shop --template {template}")).ended_with(6);
        ran.saying("a choice of 3: one, three, two").saying(&format!("--template {template}{joint}two\n"));
    }
    let shown = place.run(&format!("templates show {url}")).ended_with(6);
    shown.saying(&format!("  jwt-allauth templates show {url}//two\n"));
    assert_eq!(place.entries(), ["several"]);
    place.start("one --template several/one -d a=x").succeeded();
    place.start("two --template several --subfolder two").succeeded();
    place.start(&format!("three --template {url}//two")).succeeded();
    assert_eq!(place.read("one/NOTICE"), "x");
    assert_eq!((place.read("two/NOTICE"), place.read("three/NOTICE")), ("two".into(), "two".into()));
}

#[test]
fn instead_of_a_folder_that_is_not_there_those_are_named_that_are() {
    let place = with_several();
    let url = place.repository("several");
    for template in ["several//nowhere", "several/nowhere", "several/nowhere/at/all"] {
        let ran = place.start(&format!("shop --template {template}")).ended_with(4).saying("no folder `nowhere");
        let ran = ran.saying("the folders in `several` are cargo, other/make\n");
        assert!(!ran.stderr.contains("gh:"), "{}", ran.stderr);
    }
    place.start(&format!("shop --template {url}//nowhere")).ended_with(4).saying("are cargo, other/make\n");
    place.write("plain/src/a", "");
    place.start("shop --template plain/nowhere").ended_with(4).saying("the folders in `plain` are src\n");
    place.start("shop --template nowhere/at-all").ended_with(4).saying("`gh:nowhere/at-all`");
}

#[test]
fn a_folder_of_a_repository_is_named_after_two_slashes_and_remembered() {
    let place = with_several();
    let url = place.repository("several");
    place.start(&format!("shop --template {url}")).ended_with(6).saying(&format!("--template {url}//cargo\n"));
    place.start(&format!("shop --template {url}@v1")).ended_with(6).saying(&format!("--template {url}@v1//cargo\n"));
    place.start(&format!("shop --template {url}//nowhere")).ended_with(4).saying("no folder `nowhere`");
    place.start(&format!("shop --template {url}@v1//cargo")).succeeded();
    assert_eq!(place.read("shop/a.md"), "shop");
    assert!(place.read("shop/.jwt-allauth.toml").contains(&format!("{url}//cargo@v1")));
    place.run("check shop").succeeded();
    place.start(&format!("apart --template {url}@v1 --subfolder cargo")).succeeded();
    assert!(place.read("apart/.jwt-allauth.toml").contains(&format!("{url}//cargo@v1")));
    place.start(&format!("shop two --template {url}@abcd123")).ended_with(12).saying("its 40 digits");
}

#[test]
fn a_bare_repository_is_fetched_not_laid_over() {
    let place = with_skeleton();
    let url = place.repository("skeleton");
    let path = url.strip_prefix("file://").unwrap();
    place.start(&format!("shop --template {path}")).succeeded();
    assert_eq!(place.read("shop/NOTICE"), "shop by us\n");
    assert!(!place.work().join("shop/HEAD").exists());
}

#[test]
fn a_bare_repository_of_several_is_a_choice_and_the_path_that_is_printed_works() {
    let place = with_several();
    let url = place.repository("several");
    let path = url.strip_prefix("file://").unwrap();
    for (command, by) in [
        ("startproject shop --vcs none --template", "--template"),
        ("templates show", "jwt-allauth templates show"),
        ("templates lint", "jwt-allauth templates lint"),
    ] {
        for of in ["", "/", "@v1"] {
            let ran =
                place.run(&format!("{command} {path}{of}")).ended_with(6).saying("a choice of 2: cargo, other/make");
            let reference = of.trim_matches('/');
            ran.saying(&format!("  {by} {path}{reference}//cargo\n")).saying("//other/make\n");
        }
        place.run(&format!("{command} {path}//nowhere")).ended_with(4).saying("are cargo, other/make\n");
        place.run(&format!("{command} {path}//other")).ended_with(6).saying(&format!("{path}//other/make\n"));
    }
    for (at, named) in ["//cargo", "/cargo", "@v1//cargo", "//cargo@v1", " --subfolder cargo"].iter().enumerate() {
        place.start(&format!("shop p{at} --template {path}{named}")).succeeded();
        assert_eq!(place.read(&format!("p{at}/a.md")), "shop", "{named}");
        place.run(&format!("check p{at}")).succeeded();
        place.run(&format!("templates show {path}{named}")).succeeded();
        place.run(&format!("templates lint {path}{named}")).succeeded().saying("nothing found");
    }
    assert!(place.read("p0/.jwt-allauth.toml").contains(&format!("{path}//cargo\"")));
    // A working copy inside of it, and a path that leads out of it, are directories.
    fs::create_dir(place.work().join("kept")).unwrap();
    let kept = place.work().join("kept/all.git");
    fs::rename(path, &kept).unwrap();
    let mut git = Command::new("git");
    let added = git.args(["worktree", "add", "-q", "--detach", "main", "HEAD"]).current_dir(&kept).status().unwrap();
    assert!(added.success());
    place.write("kept/all.git/main/cargo/new.md", "not committed");
    place.start("shop worked --template kept/all.git/main/cargo").succeeded();
    assert_eq!(place.read("worked/new.md"), "not committed");
    place.run("templates show kept/all.git/../../several/cargo").succeeded();
}

#[test]
fn a_manifest_in_the_language_of_cargo_generate_is_told_what_it_lacks() {
    let place = Place::new();
    place.write("t/Cargo.toml", "[package]\nname = \"{{project-name}}\"\n");
    place.write("t/README.md", "one\n\n# {{project-name}}\n");
    place.write("t/src/main.rs", "use {{crate_name}}::run;\n");
    place.write("t/src/{{ crate_name }}.rs", "");
    place.write("t/ci.yml", "a: ${{ github.ref }} ${{ matrix.os }}\n");
    place.write("t/chart.yaml", "a: {{ .Values.name }}\n");
    for command in ["startproject shop --template t", "templates lint t"] {
        let ran = place.run(command).ended_with(4);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        for place in ["README.md:3:3: ", "src/main.rs:1:5: ", "src/{{ crate_name }}.rs:"] {
            assert!(said.contains(place), "{place} is not in {said}");
        }
        assert!(!said.contains("ci.yml") && !said.contains("chart.yaml"), "{said}");
        assert!(said.contains("Cargo.toml:2:9") && said.contains("an empty `cargo-generate.toml` beside it"), "{said}");
    }
    place.run("templates lint t").ended_with(4);
    fs::remove_file(place.work().join("t/chart.yaml")).unwrap();
    place.write("t/cargo-generate.toml", "");
    place.start("shop --template t").succeeded();
    assert!(place.read("shop/Cargo.toml").contains("\"shop\""));
}

#[test]
fn a_submodule_is_refused_rather_than_left_out() {
    let place = with_several();
    let inner = place.repository("several");
    place.write("outer/one/cargo-generate.toml", "");
    place.write("outer/one/a.md", "");
    let git = |arguments: &[&str]| {
        let outer = place.work().join("outer");
        let status = Command::new("git").args(arguments).current_dir(outer).status().unwrap();
        assert!(status.success(), "{arguments:?}");
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &inner, "vendor/lib"]);
    git(&["add", "."]);
    git(&["-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-qm", "one"]);
    let url = format!("file://{}/.git", place.work().join("outer").display());
    place
        .start(&format!("shop --template {url}"))
        .ended_with(4)
        .saying("vendor/lib: a submodule")
        .saying("--recurse-submodules");
    place.start(&format!("shop --template {url}//one")).succeeded();
}

#[test]
fn a_submodule_in_a_directory_is_told_what_to_do_as_well() {
    let place = with_skeleton();
    place.write("skeleton/vendor/lib/.git", "gitdir: ../../.git/modules/vendor/lib\n");
    start(&place, "").ended_with(4).saying("vendor/lib/.git: a repository or a submodule").saying("remove this `.git`");
}

#[test]
fn a_project_remembers_the_directory_of_its_template_by_the_name_that_it_had() {
    let place = Place::new();
    place.write("mine/jwt-allauth.toml", "[template]\nname = \"passwordless\"\nversion = \"2\"\n");
    place.write("mine/NOTICE", "");
    place.start("shop --template mine -v").succeeded().saying("template: passwordless 2, in the directory `mine`\n");
    let json = place.start("shop --template mine --dry-run --if-exists merge --format json").succeeded().json();
    assert_eq!(json["overlay"]["directory"], "mine");
    let stamp: toml::Table = place.read("shop/.jwt-allauth.toml").parse().unwrap();
    assert_eq!(stamp["overlay"]["directory"].as_str(), Some("mine"));
    place.run("check shop").ended_with(4).saying("a directory called `mine`");
    place.run("check shop --template mine").succeeded();
    place.write("mine/broken.toml.liquid", "= 1");
    place.start("two --template mine").ended_with(4).saying("the template `mine`: broken.toml");
}

#[test]
fn a_value_of_a_file_that_answers_nothing_is_said() {
    let place = Place::new();
    place
        .write("skeleton/jwt-allauth.toml", "[template]\nname = \"s\"\n[placeholders.company]\nprompt = \"Company\"\n");
    place.write("skeleton/a.liquid", "{{ company }}");
    place.write("values.toml", "[values]\ncompany = \"Example\"\ncompny = \"Exmple\"\n");
    let line = "shop --template skeleton --values-file values.toml";
    let ran = place.start(line).succeeded();
    assert!(ran.stderr.contains("`compny` in `values.toml` answers no question"), "{}", ran.stderr);
    assert!(ran.stderr.contains("did you mean `company`?"), "{}", ran.stderr);
    let json = place.start(&format!("two {} --format json", line.trim_start_matches("shop "))).succeeded().json();
    assert!(json["warnings"][0].as_str().unwrap().contains("`compny`"), "{json}");
}

#[test]
fn no_mistake_hides_another() {
    let place = Place::new();
    place.write("t/a.liquid", "{{ one }}\n{% if %}\n{{ two }}\n");
    let told = |line: &str, code: i32, words: &[&str]| {
        let ran = place.start(line).ended_with(code);
        for word in words {
            assert!(ran.stderr.contains(word), "{line}: {word} is missing in {}", ran.stderr);
        }
    };
    let faults = ["a.liquid:2:", "`one` is not a variable", "`two` is not a variable"];
    told("shop --template t", 4, &faults);
    told("fn --template t", 3, &[&["keyword"][..], &faults[..]].concat());
    let page = "[template]\nname = \"u\"\n[placeholders.port]\nprompt = \"Port\"\nregex = \"^[0-9]+$\"\n\
                [placeholders.company]\nprompt = \"Company\"\n";
    place.write("u/jwt-allauth.toml", page);
    place.write("u/a.liquid", "{{ port }} {{ company }}");
    told("shop --template u -d port=x", 3, &["the answer `x` to `port`", "answers are missing", "-d company="]);
}
