//! On a terminal of its own. Waiting for a text ends with the text; the limit is only there for a test that fails.

use rexpect::process::{Signal, WaitStatus};
use rexpect::session::{PtySession, spawn_command};

use crate::support::Place;

const LIMIT_MS: Option<u64> = Some(60_000);

fn terminal(place: &Place, arguments: &str, variables: &[(&str, &str)]) -> PtySession {
    let mut command = std::process::Command::new(crate::support::PROGRAM);
    command.args(arguments.split_whitespace()).current_dir(place.work()).env_clear();
    command.env("TERM", "xterm").envs(variables.iter().copied());
    spawn_command(command, LIMIT_MS).unwrap()
}

fn code(session: &PtySession) -> i32 {
    match session.process().wait().unwrap() {
        WaitStatus::Exited(_, code) => code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_a_name_the_six_questions_are_asked() {
    let place = Place::new();
    let mut session = terminal(&place, "startproject --vcs none", &[]);
    session.exp_string("Name of the project").unwrap();
    session.send_line("shop").unwrap();
    session.exp_string("--email").unwrap();
    session.send("y").unwrap();
    session.flush().unwrap();
    session.exp_string("--database").unwrap();
    session.exp_string("postgres").unwrap();
    session.send("\u{1b}[B\r").unwrap();
    session.flush().unwrap();
    session.exp_string("--algorithm").unwrap();
    session.exp_string("HS256").unwrap();
    session.send("\u{1b}[B\r").unwrap();
    session.flush().unwrap();
    session.exp_string("--template").unwrap();
    session.send_line("").unwrap();
    session.exp_string("--with").unwrap();
    session.send_line("mfa=requird").unwrap();
    session.exp_string("did you mean `required`?").unwrap();
    session.send_control('u').unwrap();
    session.send_line("mfa=required").unwrap();
    session.exp_string("cargo run").unwrap();
    session.exp_eof().unwrap();
    assert_eq!(code(&session), 0);
    assert!(place.read("shop/settings.toml").contains("\ntotp = \"required\"\n"));
    let stamp = place.read("shop/.jwt-allauth.toml");
    assert!(stamp.contains("email = true") && stamp.contains("database = \"postgres\""), "{stamp}");
    assert!(stamp.contains("algorithm = \"ES256\""), "{stamp}");
}

#[test]
fn a_flag_that_changes_nothing_in_the_template_that_is_chosen_is_refused() {
    let place = Place::new();
    let mut session = terminal(&place, "startproject --vcs none --email", &[]);
    session.exp_string("Name of the project").unwrap();
    session.send_line("shop").unwrap();
    for question in ["--database", "--algorithm"] {
        session.exp_string(question).unwrap();
        session.send("\r").unwrap();
        session.flush().unwrap();
    }
    session.exp_string("--template").unwrap();
    session.send_line("resource-server").unwrap();
    session.exp_string("`--email` changes nothing in a project of this template").unwrap();
    session.exp_eof().unwrap();
    assert_eq!(code(&session), 3);
    assert!(place.entries().is_empty());
}

#[test]
fn a_name_that_is_not_valid_is_asked_for_again() {
    let place = Place::new();
    let mut session = terminal(&place, "startproject --vcs none --email=no --database sqlite --algorithm EdDSA", &[]);
    session.exp_string("Name of the project").unwrap();
    session.send_line("async").unwrap();
    session.exp_string("keyword").unwrap();
    session.send_control('u').unwrap();
    session.send_line("").unwrap();
    for question in ["--template", "Features to switch on, if any, of "] {
        session.exp_string(question).unwrap();
        session.send_line("").unwrap();
    }
    session.exp_string("cargo run").unwrap();
    session.exp_eof().unwrap();
    assert_eq!(place.entries(), ["myproject"]);
    assert!(!place.read("myproject/.jwt-allauth.toml").contains("with = "));
}

#[test]
fn a_template_asks_what_it_has_not_been_told() {
    let place = Place::new();
    place.write("skeleton/jwt-allauth.toml", crate::template::QUESTIONS);
    place.write("skeleton/NOTICE.liquid", "{{ company }} {{ tier }} {{ public }}");
    let mut session = terminal(&place, "startproject shop --vcs none --template skeleton -d tier=gold", &[]);
    session.exp_string("Name of the company (-d company)").unwrap();
    session.send_line("no capital").unwrap();
    session.exp_string("it has to match").unwrap();
    session.send_control('u').unwrap();
    session.send_line("Example").unwrap();
    session.exp_string("(-d public)").unwrap();
    session.send("y").unwrap();
    session.flush().unwrap();
    session.exp_string("cargo run").unwrap();
    session.exp_eof().unwrap();
    assert_eq!(place.read("shop/NOTICE"), "Example gold true");
}

#[test]
fn what_a_template_has_no_use_for_is_not_asked() {
    let place = Place::new();
    let arguments = "startproject --vcs none --template resource-server -d issuer=shop -d audience=shop";
    let mut session = terminal(&place, arguments, &[]);
    session.exp_string("Name of the project").unwrap();
    session.send_line("shop").unwrap();
    session.exp_string("(-d auth_url)").unwrap();
    session.send_line("").unwrap();
    let rest = session.exp_eof().unwrap();
    assert!(rest.contains("cargo run"), "{rest}");
    for flag in ["--email", "--database", "--algorithm", "--with"] {
        assert!(!rest.contains(flag), "{rest}");
    }
}

#[test]
fn a_complete_template_asks_what_comes_up_by_choice_and_by_list() {
    let place = crate::complete::with_template();
    let mut session = terminal(&place, "startproject my-shop --vcs none --template t", &[("LC_ALL", "C.UTF-8")]);
    session.exp_string("Kind of program (-d kind)").unwrap();
    // Down and up again: the first one, for which there is another question.
    session.send("\u{1b}[B\u{1b}[A\r").unwrap();
    session.flush().unwrap();
    session.exp_string("Tags (-d tags)").unwrap();
    // `a` is the default; the space takes it away, and one further down it adds `b`.
    session.send(" \u{1b}[B \r").unwrap();
    session.flush().unwrap();
    session.exp_string("Port (-d port)").unwrap();
    session.send_line("http").unwrap();
    session.exp_string("it has to match").unwrap();
    session.send_control('u').unwrap();
    session.send_line("81").unwrap();
    session.exp_string("Created").unwrap();
    session.exp_eof().unwrap();
    assert_eq!(code(&session), 0);
    assert_eq!(place.read("my-shop/src/my_shop.txt"), "web 81 MyShop b\n");
}

fn with_a_script_that_asks() -> Place {
    let place = Place::new();
    place.write("t/cargo-generate.toml", "[hooks]\npre = [\"pre.rhai\"]\n");
    place.write("t/pre.rhai", "variable::set(\"made\", variable::prompt(\"Which port\", \"80\"));");
    place.write("t/a.md", "{{ made }}");
    place
}

#[test]
fn what_a_script_asks_is_asked_at_the_terminal() {
    let place = with_a_script_that_asks();
    let mut session = terminal(&place, "startproject my-shop --vcs none --template t --allow-commands", &[]);
    session.exp_string("Which port").unwrap();
    session.send_line("81").unwrap();
    session.exp_string("Created").unwrap();
    session.exp_eof().unwrap();
    assert_eq!(code(&session), 0);
    assert_eq!(place.read("my-shop/a.md"), "81");
}

#[test]
fn a_script_that_asks_at_the_terminal_prints_and_asks_within_bounds() {
    let long = "let s = \"x\"; while s.len < 2000000 { s += s; }";
    let ask = "variable::prompt(\"a\", \"b\");";
    for (script, why) in [
        (format!("{long} loop {{ print(s); }} {ask}"), "prints more than 1 MiB"),
        (format!("loop {{ print(1); }} {ask}"), "prints more than 10000 lines"),
        (format!("{long} variable::prompt(s);"), "more than 1 MiB"),
        ("let s = \"\\n\"; while s.len < 20000 { s += s; } variable::prompt(s);".into(), "asks more than 10000 lines"),
        ("variable::prompt(\"a\", \"b\", \"[\");".into(), "asks for a match of `[`, which is no pattern"),
    ] {
        let place = with_a_script_that_asks();
        place.write("t/pre.rhai", &script);
        let mut session = terminal(&place, "startproject my-shop --vcs none --template t --allow-commands -q", &[]);
        let said = session.exp_eof().unwrap();
        assert!(said.contains("the template `t` cannot be rendered: pre.rhai ") && said.contains(why), "{said}");
        assert!(said.len() < 1000, "{script}: {}", said.len());
        assert_eq!(code(&session), 7, "{script}");
        assert_eq!(place.entries(), ["t"]);
    }
}

#[test]
fn what_a_script_says_at_the_terminal_names_the_template_and_the_project_and_is_escaped() {
    for (end, code_of) in [("\"done\"", 0), ("abort(`not in ${env::working_directory}`)", 7), ("nope", 7)] {
        let place = with_a_script_that_asks();
        place.write(
            "t/pre.rhai",
            &format!(
                "print(\"\\x1b[2J\\x07in \" + env::working_directory);\n\
                 variable::set(\"made\", variable::prompt(\"\\x1b]0;x\\x07To \" + env::destination_directory + \"\\u202e\", \"80\"));\n\
                 print(file::listdir().filter(|path| path.contains(\"a.md\")));\n{end}"
            ),
        );
        let line = "startproject my-shop ../work/there --vcs none --template t --allow-commands";
        let mut session = terminal(&place, line, &[("NO_COLOR", "1")]);
        let before = session.exp_string("To ../work/there\\u{202e} (pre.rhai)").unwrap();
        session.send_line("81").unwrap();
        let after = session.exp_eof().unwrap();
        assert_eq!(code(&session), code_of, "{after}");
        assert!(before.contains("pre.rhai says:\r\n  \\u{7}in t\r\n"), "{before:?}");
        assert!(after.contains("  [\"a.md\"]\r\n"), "{after:?}");
        for said in [before, after] {
            assert!(!said.contains("/tmp/jwt-allauth") && !said.contains("[2J") && !said.contains('\u{7}'), "{said:?}");
        }
    }
}

#[test]
fn a_question_that_cannot_be_asked_is_refused_with_the_way_to_ask_it() {
    for ask in [
        "eval(\"variable::prompt(\\\"Which port\\\", \\\"80\\\")\")",
        "let asked = `variable::` + \"prompt(`a`, `b`)\"; eval(asked)",
    ] {
        let place = with_a_script_that_asks();
        place.write("t/pre.rhai", &format!("if !variable::is_set(\"made\") {{\n  {ask}\n}}"));
        let mut session = terminal(&place, "startproject my-shop --vcs none --template t --allow-commands", &[]);
        let said = session.exp_eof().unwrap();
        assert!(said.contains("pre.rhai asks a question by `eval`"), "{said}");
        assert!(said.contains("let the script call `variable::prompt` itself") && said.contains("`-d made="), "{said}");
        assert!(!said.contains("/tmp") && !said.contains("not a terminal"), "{said}");
        assert_eq!(code(&session), 7);
        let given = "startproject my-shop --vcs none --template t --allow-commands -d made=81";
        let mut session = terminal(&place, given, &[]);
        session.exp_string("Created").unwrap();
        session.exp_eof().unwrap();
    }
}

#[test]
fn every_kind_of_question_that_a_script_asks_is_asked() {
    let place = with_a_script_that_asks();
    place.write("t/a.md", "{{ yes }} {{ of }} {{ like }} {{ free }} {{ \"filter.rhai\" | rhai }}");
    place.write("t/part.rhai", "#!/usr/bin/rhai\nfn free() { variable :: prompt(\"Any?\") }");
    place.write("t/filter.rhai", "let a = variable::prompt(\"Filter\", \"f\"); `[${a}]`");
    place.write(
        "t/pre.rhai",
        concat!(
            "import \"part\" as part;\n",
            "fn yes() { if variable::prompt(\"Yes\", true) { \"on\" } else { \"off\" } }\n",
            "let ask = |words| variable::prompt(words, \"two\", [\"one\", \"two\", \"three\"]);\n",
            "variable::set(\"yes\", yes());\n",
            "variable::set(\"of\", ask.call(\"Which\"));\n",
            "variable::set(\"like\", variable::prompt(\"Like\", \"80\", \"^[0-9]+$\"));\n",
            "variable::set(\"free\", part::free());\n",
        ),
    );
    let mut session = terminal(&place, "startproject my-shop --vcs none --template t --allow-commands", &[]);
    session.exp_string("Yes (pre.rhai)").unwrap();
    session.send("n").unwrap();
    session.flush().unwrap();
    session.exp_string("Which (pre.rhai)").unwrap();
    session.exp_string("three").unwrap();
    session.send("\u{1b}[B\r").unwrap();
    session.flush().unwrap();
    session.exp_string("Like (pre.rhai)").unwrap();
    session.send_line("http").unwrap();
    session.exp_string("it has to match `^[0-9]+$`").unwrap();
    session.send_control('u').unwrap();
    session.send_line("81").unwrap();
    session.exp_string("Any? (part.rhai)").unwrap();
    session.send_line("").unwrap();
    session.exp_string("it has to match").unwrap();
    session.send_line(" a 'b' ").unwrap();
    session.exp_string("Filter (filter.rhai)").unwrap();
    session.send_line("").unwrap();
    session.exp_string("Created").unwrap();
    session.exp_eof().unwrap();
    assert_eq!(code(&session), 0);
    assert_eq!(place.read("my-shop/a.md"), "off three 81  a 'b'  [f]");
    assert_eq!(place.read("my-shop/part.rhai"), "#!/usr/bin/rhai\nfn free() { variable :: prompt(\"Any?\") }");
}

#[test]
fn a_command_that_asks_at_the_terminal_by_itself_fails_and_does_not_wait_for_ever() {
    let place = with_a_script_that_asks();
    place.write("t/pre.rhai", "system::command(\"read answer </dev/tty\");");
    let mut session = terminal(&place, "startproject my-shop --vcs none --template t --allow-commands", &[]);
    let said = session.exp_eof().unwrap();
    assert!(said.contains("pre.rhai: Runtime error: System command") && said.contains("/dev/tty"), "{said}");
    assert_eq!(code(&session), 7);
}

#[test]
fn an_update_shows_what_a_script_prints_and_asks_what_it_asks() {
    let place = with_a_script_that_asks();
    let mut session = terminal(&place, "startproject my-shop --vcs none --template t --allow-commands", &[]);
    session.exp_string("Which port").unwrap();
    session.send_line("81").unwrap();
    session.exp_eof().unwrap();
    place.write("t/pre.rhai", &format!("print(\"moved on\"); {}", place.read("t/pre.rhai")));
    place.write("t/a.md", "{{ made }} now");
    let update = "update my-shop --template t --allow-commands";
    let mut session = terminal(&place, update, &[]);
    session.exp_string("pre.rhai says:\r\n  moved on").unwrap();
    session.exp_string("Which port").unwrap();
    session.send_line("82").unwrap();
    session.exp_eof().unwrap();
    assert_eq!((code(&session), place.read("my-shop/a.md")), (0, "82 now".to_owned()));
    let ran = place.run(update).ended_with(0);
    ran.saying("up to date");
}

#[test]
fn a_filter_that_fails_beside_a_question_is_named_with_its_reason() {
    let place = with_a_script_that_asks();
    place.write("t/b.md", "{{ \"x.rhai\" | rhai }}");
    place.write("t/x.rhai", "abort(\"not today\")");
    let mut session = terminal(&place, "startproject my-shop --vcs none --template t --allow-commands", &[]);
    session.exp_string("Which port").unwrap();
    session.send_line("81").unwrap();
    let said = session.exp_eof().unwrap();
    assert!(said.contains("x.rhai: Runtime error: not today") && !said.contains("/tmp"), "{said}");
    assert_eq!(code(&session), 7);
}

/// What the terminal is like, as `stty` would say it: echo and lines are back.
#[test]
fn a_signal_at_a_question_gives_the_terminal_back() {
    for (arguments, question) in [
        ("startproject", "Name of the project"),
        ("startproject my-shop --vcs none --template t --allow-commands", "Which port"),
    ] {
        let place = with_a_script_that_asks();
        let line = format!(
            "stty -echo; {} {arguments} & pid=$!; echo $pid >pid; fg >/dev/null; stty -a; echo code $?",
            crate::support::PROGRAM
        );
        let mut command = std::process::Command::new("bash");
        command.args(["-mc", &line]).current_dir(place.work()).env_clear();
        command.env("TERM", "xterm").env("PATH", std::env::var_os("PATH").unwrap());
        let mut session = spawn_command(command, LIMIT_MS).unwrap();
        session.exp_string(question).unwrap();
        let pid = place.read("pid");
        assert!(std::process::Command::new("kill").args(["-TERM", pid.trim()]).status().unwrap().success());
        let after = session.exp_eof().unwrap();
        assert!(after.contains("isig icanon"), "{after}");
        assert_eq!(place.entries(), ["pid", "t"]);
    }
}

#[test]
fn ctrl_c_at_a_question_of_a_script_leaves_nothing() {
    let place = with_a_script_that_asks();
    let mut session = terminal(&place, "startproject my-shop --vcs none --template t --allow-commands", &[]);
    session.exp_string("Which port").unwrap();
    session.send_control('c').unwrap();
    session.exp_eof().unwrap();
    assert_eq!(code(&session), 130);
    assert_eq!(place.entries(), ["t"]);
}

#[test]
fn ctrl_c_at_a_question_of_a_template_leaves_nothing() {
    let place = crate::complete::with_template();
    let mut session = terminal(&place, "startproject my-shop --vcs none --template t", &[]);
    session.exp_string("Kind of program").unwrap();
    session.send_control('c').unwrap();
    session.exp_eof().unwrap();
    assert_eq!(code(&session), 130);
    assert_eq!(place.entries(), ["t"]);
}

#[test]
fn a_name_on_the_command_line_is_answer_enough() {
    let place = Place::new();
    let mut session = terminal(&place, "startproject shop --vcs none", &[]);
    let output = session.exp_eof().unwrap();
    assert!(!output.contains('?'), "{output}");
    assert!(place.is_whole("shop"));
}

#[test]
fn where_ci_is_set_or_defaults_are_wanted_nobody_is_asked() {
    for (arguments, variables) in [("startproject", &[("CI", "true")][..]), ("startproject --defaults", &[])] {
        let place = Place::new();
        let mut session = terminal(&place, arguments, variables);
        let output = session.exp_eof().unwrap();
        assert!(output.contains("nobody to ask"), "{output}");
        assert_eq!(code(&session), 6);
    }
}

#[test]
fn ctrl_c_at_a_question_ends_with_130_and_leaves_nothing() {
    let place = Place::new();
    let mut session = terminal(&place, "startproject", &[]);
    session.exp_string("Name of the project").unwrap();
    session.send_control('c').unwrap();
    session.exp_eof().unwrap();
    assert_eq!(code(&session), 130);
    assert!(place.entries().is_empty());
}

#[test]
fn a_terminal_has_colour_unless_it_is_dumb_or_colour_is_unwanted() {
    let coloured = |arguments: &str, variables: &[(&str, &str)]| {
        let place = Place::new();
        terminal(&place, arguments, variables).exp_eof().unwrap().contains('\u{1b}')
    };
    assert!(coloured("startproject shop", &[]));
    assert!(!coloured("startproject shop", &[("NO_COLOR", "1")]));
    assert!(!coloured("startproject shop", &[("TERM", "dumb")]));
    assert!(!coloured("startproject shop --color never", &[]));
    assert!(coloured("startproject shop --color always", &[("NO_COLOR", "1")]));
}

#[test]
fn a_default_that_would_steer_the_terminal_is_shown_escaped_and_taken_as_it_is() {
    let place = Place::new();
    let question =
        "[placeholders.title]\ntype = \"string\"\nprompt = \"Title\"\ndefault = \"one\\u001b]0;two\\u0007\"\n";
    place.write("t/cargo-generate.toml", question);
    place.write("t/title.txt", "{{title}}");
    let mut session = terminal(&place, "startproject my-shop --vcs none --template t", &[]);
    session.exp_string(r"one\u{1b}]0;two\u{7}").unwrap();
    session.send_line("").unwrap();
    let rest = session.exp_eof().unwrap();
    assert!(!rest.contains("\u{1b}]0;"), "{rest:?}");
    assert_eq!((code(&session), place.read("my-shop/title.txt")), (0, "one\u{1b}]0;two\u{7}".to_owned()));
}

#[test]
fn what_is_wrong_on_the_command_line_is_repeated_without_steering_the_terminal() {
    for arguments in
        ["no\u{1b}]0;one\u{7}", "startproject --no\u{1b}]0;one\u{7}", "startproject demo -d no\u{1b}]0;one\u{7}"]
    {
        let place = Place::new();
        let said = terminal(&place, arguments, &[]).exp_eof().unwrap();
        assert!(said.contains(r"no\u{1b}]0;one\u{7}") && !said.contains("\u{1b}]0;"), "{arguments:?}: {said:?}");
    }
}

#[test]
fn whichever_signal_comes_at_a_question_the_exit_code_is_its() {
    for (signal, expected) in [(Signal::SIGHUP, 129), (Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        for question in ["Name of the project", "--email", "--database"] {
            let place = Place::new();
            let mut session = terminal(&place, "startproject", &[]);
            session.exp_string("Name of the project").unwrap();
            if question != "Name of the project" {
                session.send_line("shop").unwrap();
                session.exp_string("--email").unwrap();
            }
            if question == "--database" {
                session.send("y").unwrap();
                session.flush().unwrap();
                session.exp_string("--database").unwrap();
            }
            session.process_mut().signal(signal).unwrap();
            let rest = session.exp_eof().unwrap();
            let shown = rest.rfind("\u{1b}[?25h");
            assert!(shown.is_some() && rest.rfind("\u{1b}[?25l") < shown, "the cursor at {question}: {rest:?}");
            assert_eq!(code(&session), expected, "{signal:?} at {question}");
            assert!(place.entries().is_empty());
        }
    }
}
