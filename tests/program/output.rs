use std::path::Path;
use std::process::Stdio;

use crate::support::{Place, Ran};

fn colours(ran: &Ran) -> bool {
    ran.stderr.contains('\u{1b}')
}

#[test]
fn people_read_stderr_and_scripts_read_the_path_on_stdout() {
    let place = Place::new();
    let ran = place.start("shop").succeeded().saying("Created `shop`").saying("cd shop").saying("cargo run");
    assert_eq!(ran.stdout, format!("{}\n", place.work().join("shop").display()));
}

#[test]
fn quiet_leaves_the_path_alone_and_errors_as_they_are() {
    let place = Place::new();
    assert_eq!(place.start("shop -q").succeeded().stderr, "");
    place.start("shop -q").ended_with(5).saying("error:");
}

#[test]
fn quiet_leaves_warnings_as_they_are() {
    let place = Place::new();
    place.write("shop/.gitignore", "");
    let ran = place.start("shop -q --if-exists merge").succeeded();
    assert!(ran.stderr.starts_with("warning: ") && ran.stderr.lines().count() == 1, "{}", ran.stderr);
}

#[test]
fn quiet_leaves_the_tree_of_a_dry_run_alone() {
    let place = Place::new();
    let [plain, quiet] = ["shop --dry-run", "shop --dry-run -q"].map(|line| place.start(line).succeeded());
    assert_eq!((&quiet.stdout, &quiet.stderr[..]), (&plain.stdout, ""));
    let line = quiet.stdout.lines().find(|line| line.ends_with(" Cargo.toml")).unwrap();
    let [mode, size, _] = line.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{line}") };
    assert!(mode == "0644" && size.parse::<usize>().is_ok_and(|size| size > 0), "{line}");
    assert!(plain.stderr.contains("Nothing was written"), "{}", plain.stderr);
    assert_eq!(place.start("shop --dry-run -q --format json").succeeded().json()["dry_run"], true);
}

#[test]
fn verbose_names_every_file() {
    Place::new().start("shop -v").succeeded().saying("auth/Cargo.toml").saying("git: no repository");
}

#[test]
fn json_is_one_object_on_stdout_and_nothing_on_stderr() {
    let place = Place::new();
    let ran = place.start("shop --email --database postgres --format json").succeeded();
    assert_eq!(ran.stderr, "");
    let json = ran.json();
    assert_eq!(json["path"].as_str(), place.work().join("shop").to_str());
    assert_eq!(
        json["answers"],
        serde_json::json!({ "name": "shop", "email": true, "database": "postgres", "algorithm": "EdDSA" })
    );
    assert!(json["tree_hash"].as_str().unwrap().starts_with("sha256:"));
    let files = json["files"].as_array().unwrap();
    let promised = place.start("shop two --email --database postgres --dry-run").stdout;
    assert_eq!(files.len(), promised.lines().count());
}

#[test]
fn a_failure_is_json_as_well() {
    let json = Place::new().start("fn --format json").ended_with(3).json();
    assert_eq!(json["error"]["code"], 3);
    assert_eq!(json["error"]["kind"], "answer_not_valid");
    assert!(json["error"]["message"].as_str().unwrap().contains("keyword"));
    assert_eq!(json["error"]["hints"][0], "try `fn-app`");
}

#[test]
fn every_problem_is_in_the_document_with_its_place_and_remedy() {
    let place = Place::new();
    let json = place.start("fn --template missing --format json").ended_with(3).json();
    let problems = json["error"]["problems"].as_array().unwrap();
    let kinds: Vec<&str> = problems.iter().map(|problem| problem["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["answer_not_valid", "template_not_valid"]);
    assert!(problems.iter().all(|problem| !problem["hints"].as_array().unwrap().is_empty()), "{json}");
    place.write("t/a.liquid", "{{ one }}\n {{ two }}");
    place.write("t/b.liquid", "{{ three }}");
    let json = place.start("shop --template t --format json").ended_with(4).json();
    let of = |problem: &serde_json::Value| {
        format!("{} {}:{}:{}", problem["template"], problem["file"], problem["line"], problem["column"])
    };
    let places: Vec<String> = json["error"]["problems"].as_array().unwrap().iter().map(of).collect();
    assert_eq!(places, ["\"t\" \"a.liquid\":1:1", "\"t\" \"a.liquid\":2:2", "\"t\" \"b.liquid\":1:1"]);
    for line in [
        "startprojekt --format json",
        "startproject shop --format=json --vcs hg",
        "--format json check --security -d a=b",
    ] {
        let ran = place.run(line).ended_with(2);
        assert_eq!((ran.json()["error"]["code"].as_i64(), &ran.stderr[..]), (Some(2), ""), "{line}");
    }
    assert_eq!(place.run("startproject shop --email=perhaps --format json").ended_with(2).json()["error"]["code"], 2);
}

#[test]
fn every_problem_has_the_same_keys_whatever_found_it() {
    let place = Place::new();
    let of = |line: &str| place.run(&format!("{line} --format json")).json()["error"].clone();
    let keys = |problem: &serde_json::Value| problem.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let expected = keys(&of("startproject fn")["problems"][0]);
    assert_eq!(expected.len(), 7, "{expected:?}");
    for line in [
        "",
        "startprojekt",
        "startproject a --vcs hg",
        "startproject a -d b",
        "templates export",
        "check",
        "check missing",
    ] {
        let error = of(line);
        assert_eq!((error["code"].as_i64(), error["kind"].as_str()), (Some(2), Some("usage")), "{line}");
        for problem in error["problems"].as_array().unwrap() {
            assert_eq!(keys(problem), expected, "{line}");
            assert!(!problem["message"].as_str().unwrap().contains('\n'), "{problem}");
            assert!(!problem["hints"].as_array().unwrap().is_empty(), "{line}");
        }
    }
    let error = of("startproject a --vcs hg");
    assert_eq!(error["message"], "invalid value 'hg' for '--vcs <VCS>'");
    assert_eq!(error["hints"][0], "[possible values: git, none]");
    let problems = of("startproject a -d b -d c")["problems"].clone();
    assert_eq!(problems.as_array().unwrap().len(), 2, "{problems}");
    assert_eq!(of("check missing")["problems"][0]["file"], "missing");
}

/// An escape sequence, a bell, a C1 control and a mark that turns the writing round.
const NASTY: &str = "a\u{1b}[31m\u{7}\u{9b}1m\u{202e}b";

#[test]
fn what_comes_from_outside_cannot_command_the_terminal() {
    let place = Place::new();
    let is_plain = |ran: &Ran| {
        let nasty = ['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}'];
        assert!(!ran.stdout.contains(nasty) && !ran.stderr.contains(nasty), "{}{}", ran.stdout, ran.stderr);
    };
    let run = |arguments: &[&str]| {
        let ran = Ran::of(&place.command_of(arguments).output().unwrap());
        is_plain(&ran);
        ran
    };
    place.write(&format!("t{NASTY}/x\u{202e}y.md"), "");
    place.write(
        &format!("t{NASTY}/jwt-allauth.toml"),
        "[placeholders.\"a\"]\nprompt = \"\\u001b[31m \\u202e\"\ndefault = \"\\u001b\u{202e}\"\n",
    );
    let template = format!("t{NASTY}");
    run(&["startproject", "shop", "--template", &template, "--vcs", "none"]).ended_with(4);
    place.write(
        &format!("t{NASTY}/jwt-allauth.toml"),
        "[template]\nname = \"\\u001b\u{202e}\"\n[placeholders]\na = { prompt = \"\\u001b[31m \\u202e\" }\n",
    );
    run(&["startproject", "shop", "--template", &template]).ended_with(6).saying("\\u{1b}[31m \\u{202e}");
    let listed = run(&["startproject", "shop", "--template", &template, "-d", "a=b", "--dry-run"]).succeeded();
    assert!(listed.stdout.contains("x\\u{202e}y.md"), "{}", listed.stdout);
    let shown = run(&["startproject", "shop", "--template", &template, "-d", "a=b", "--dry-run", "--format", "json"]);
    let json = shown.succeeded().json();
    assert!(json["files"].as_array().unwrap().iter().any(|file| file["path"] == "x\u{202e}y.md"), "{json}");
    run(&["templates", "show", &template]).succeeded();
    run(&["templates", "lint", &template]);
    for line in [["startproject", NASTY], ["templates", NASTY], ["check", NASTY], ["update", NASTY], ["add", NASTY]] {
        run(&line);
        run(&[&line[..], &["--format", "json"]].concat());
    }
    run(&["startproject", "shop", "-d", NASTY]).ended_with(2);
    run(&["startproject", "shop", "--template", &format!("gh:{NASTY}")]).ended_with(4);
    run(&["startproject", "shop", "--template", &format!("file:///{NASTY}.git")]).ended_with(12);
    place.write("broken/cargo-generate.toml", &format!("[template]\n{NASTY} = 1"));
    run(&["startproject", "shop", "--template", "broken"])
        .ended_with(4)
        .saying("the template `broken`: cargo-generate.toml:2:");
    std::fs::write(place.work().join(format!("broken/{NASTY}")), "").unwrap();
    run(&["startproject", "shop", "--template", "broken"]).ended_with(4);
    run(&["templates", "lint", "broken"]).ended_with(4);
    let root = Path::new(&template);
    assert!(place.work().join(root).is_dir());
    let ran =
        Ran::of(&place.command_of(["startproject", "shop", NASTY, "--vcs", "none"]).output().unwrap()).succeeded();
    // A script gets the path as it is.
    assert_eq!(ran.stdout, format!("{}\n", place.work().join(NASTY).display()));
}

#[test]
fn mails_and_pages_call_the_service_by_the_projects_name() {
    let place = Place::new();
    place.start("corner-shop").succeeded();
    assert!(place.read("corner-shop/settings.toml").contains("\nservice_name = \"corner-shop\"\n"));
}

#[test]
fn no_secret_is_ever_printed() {
    let place = Place::new();
    for format in ["human", "json"] {
        let ran = place.start(&format!("shop {format} -v --format {format}")).succeeded();
        let secrets = place.secrets(format);
        assert!(!secrets.is_empty());
        for secret in secrets {
            assert!(!ran.stdout.contains(&secret) && !ran.stderr.contains(&secret));
        }
    }
}

#[test]
fn the_hash_depends_on_the_answers_and_on_nothing_else() {
    let place = Place::new();
    let hash = |arguments: &str| place.start(arguments).succeeded().json()["tree_hash"].clone();
    let first = hash("shop one --format json");
    assert_eq!(first, hash("shop two --format json"));
    assert_eq!(first, hash("shop three --dry-run --format json"));
    assert_ne!(first, hash("store --dry-run --format json"));
}

#[test]
fn pipes_have_no_colour_unless_it_is_wished_for() {
    let place = Place::new();
    assert!(!colours(&place.start("one")));
    assert!(colours(&place.start("two --color always")));
    assert!(!colours(&place.start("fn")));
    assert!(colours(&place.start("fn --color always")));
}

#[test]
fn the_next_steps_are_true_for_the_answers() {
    let place = Place::new();
    let plain = place.start("one").stderr;
    assert!(!plain.contains("DATABASE_URL") && !plain.contains("EMAIL_HOST"), "{plain}");
    let full = place.start("two --email --database postgres").saying("DATABASE_URL").stderr;
    assert!(full.contains("Set your mail server in `.env`"), "{full}");
    let env = place.read("two/.env");
    assert_eq!(full.contains("EMAIL_HOST"), env.contains("EMAIL_HOST="), "{full}");
    place
        .start("three --algorithm rs256")
        .saying("openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 | cargo run");
    assert!(!place.start("four --algorithm ES256").stderr.contains("openssl"));
    let odd = place.command_of(["startproject", "shop", "it's mine", "--vcs", "none"]).output().unwrap();
    Ran::of(&odd).saying(r"cd 'it'\''s mine'");
}

#[test]
fn neither_home_nor_path_nor_configuration_is_needed() {
    let place = Place::new();
    let output = place.command("startproject shop").env_clear().output().unwrap();
    Ran::of(&output).succeeded();
    assert!(place.is_whole("shop"));
}

#[test]
fn a_closed_pipe_is_no_reason_to_fail() {
    let place = Place::new();
    place.write("skeleton/NOTICE", "");
    for arguments in [
        "--help",
        "--version",
        "completions bash",
        "help startproject",
        "man",
        "startproject other --dry-run",
        "startproject other --dry-run --format json",
        "startproject shop --vcs none",
        "templates lint skeleton",
        "templates list",
        "templates show passwordless",
        "--help --format json",
    ] {
        let mut child = place.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        drop(child.stderr.take());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{arguments}");
    }
}

#[test]
fn completions_and_the_manual_name_the_commands() {
    let place = Place::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        assert!(place.run(&format!("completions {shell}")).succeeded().stdout.contains("startproject"), "{shell}");
    }
    assert!(place.run("man").succeeded().stdout.contains("if\\-exists"));
}

#[test]
fn the_version_is_that_of_the_program_and_of_its_template() {
    let version = env!("CARGO_PKG_VERSION");
    let ran = Place::new().run("--version").succeeded();
    assert_eq!(ran.stdout, format!("jwt-allauth {version} (template {version})\n"));
}

#[test]
fn with_email_only_verified_addresses_sign_in_and_the_mail_server_is_a_setting_of_the_machine() {
    let place = Place::new();
    place.start("with --email").succeeded();
    assert!(place.read("with/settings.toml").contains("\nmode = \"mandatory\"\n"));
    assert!(place.read("with/.env").contains("\nEMAIL_HOST=\"\"\n"));
    assert!(place.read("with/auth/templates/email/email_verification.html").contains("{{"));

    place.start("without").succeeded();
    assert!(place.read("without/settings.toml").contains("\nmode = \"none\"\n"));
    assert!(!place.read("without/.env").contains("EMAIL_HOST"));
}

/// The program waits for a file of values, so nothing is written yet when the signal comes.
#[test]
fn a_signal_before_anything_is_written_is_one_document_and_nothing_else() {
    for (signal, code) in [("HUP", 129), ("INT", 130), ("TERM", 143)] {
        let place = Place::new();
        let values = place.work().join("values.toml");
        assert!(std::process::Command::new("mkfifo").arg(&values).status().unwrap().success());
        let mut command = place.command("startproject shop --vcs none --format json --values-file values.toml");
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // It opens once the program reads it.
        let writer = std::fs::OpenOptions::new().write(true).open(&values).unwrap();
        let sent = std::process::Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status();
        assert!(sent.unwrap().success());
        let ran = Ran::of(&child.wait_with_output().unwrap()).ended_with(code);
        drop(writer);
        let json = ran.json();
        assert_eq!((&json["error"]["code"], &json["error"]["kind"]), (&code.into(), &"interrupted".into()), "{json}");
        assert_eq!(ran.stderr, "", "no terminal is there to be restored");
        assert_eq!(place.entries(), ["values.toml"]);
    }
}
