//! `--template` with a `cargo-generate.toml`: what cargo-generate renders, and what is put right around it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::support::{Place, Ran};

const CONFIG: &str = r#"
[template]
exclude = ["*.hbs"]
ignore = ["notes.md"]
vcs = "Git"

[placeholders]
kind = { type = "string", prompt = "Kind of program", choices = ["web", "cli"] }
tags = { type = "array", prompt = "Tags", choices = ["a", "b", "c"], default = ["a"] }

[conditional.'kind == "web"'.placeholders]
port = { type = "string", prompt = "Port", regex = "^[0-9]+$" }
"#;

pub(crate) fn with_template() -> Place {
    let place = Place::new();
    place.write("t/cargo-generate.toml", CONFIG);
    place.write("t/notes.md", "for authors");
    place.write("t/Cargo.toml.liquid", "[package]\nname = \"{{ project-name }}\"\nversion = \"0.1.0\"\n");
    place.write(
        "t/src/{{ crate_name }}.txt",
        "{{ kind }} {{ port }} {{ crate_name | pascal_case }}{% for t in tags %} {{ t }}{% endfor %}\n",
    );
    place.write("t/left.hbs", "{{ left }}");
    place
}

fn start(place: &Place, arguments: &str) -> Ran {
    place.start(&format!("my-shop --template t {arguments}"))
}

#[test]
fn names_contents_conditions_and_filters_are_cargo_generates() {
    let place = with_template();
    let ran = start(&place, "-d kind=web -d port=81 -d tags=b,c").succeeded();
    assert!(!ran.stderr.contains("cargo run"), "{}", ran.stderr);
    assert_eq!(place.read("my-shop/src/my_shop.txt"), "web 81 MyShop b c\n");
    assert_eq!(place.read("my-shop/left.hbs"), "{{ left }}");
    assert!(place.read("my-shop/Cargo.toml").contains("name = \"my-shop\""));
    assert!(!place.work().join("my-shop/notes.md").exists() && !place.work().join("my-shop/.git").exists());
    let stamp: toml::Table = place.read("my-shop/.jwt-allauth.toml").parse().unwrap();
    assert_eq!(stamp["template"]["id"].as_str(), Some("t"));
    assert_eq!(stamp["placeholders"]["port"].as_str(), Some("81"));
}

#[test]
fn all_questions_that_come_up_are_listed_at_once_and_the_others_are_not() {
    let place = with_template();
    let ran = place.start("--template t -d kind=web").ended_with(6).saying("NAME").saying("-d port=TEXT: Port");
    assert!(!ran.stderr.contains("-d tags"), "{}", ran.stderr);
    let ran = start(&place, "").ended_with(6).saying("-d kind=web|cli");
    assert!(!ran.stderr.contains("port"), "{}", ran.stderr);
    start(&place, "-d kind=web -d port=x").ended_with(3).saying("has to match");
    start(&place, "-d kind=cli -d tags=a,z").ended_with(3).saying("one of a, b, c");
    assert_eq!(place.entries(), ["t"]);
}

#[test]
fn binary_files_links_and_modes_are_kept() {
    let place = with_template();
    let bytes = [0x89, b'P', 0, 0xff, b'{', b'{'];
    fs::write(place.work().join("t/{{ kind }}.png"), bytes).unwrap();
    symlink("left.hbs", place.work().join("t/link")).unwrap();
    for name in ["plain.sh", "{{ kind }}.sh"] {
        place.write(&format!("t/{name}"), "#!/bin/sh\necho {{ kind }}\n");
        fs::set_permissions(place.work().join("t").join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    start(&place, "-d kind=cli").succeeded();
    let root = place.work().join("my-shop");
    assert_eq!(fs::read(root.join("cli.png")).unwrap(), bytes);
    assert_eq!(fs::read_link(root.join("link")).unwrap().to_str(), Some("left.hbs"));
    for name in ["plain.sh", "cli.sh"] {
        assert_eq!(place.read(&format!("my-shop/{name}")), "#!/bin/sh\necho cli\n");
        assert_ne!(fs::metadata(root.join(name)).unwrap().permissions().mode() & 0o100, 0, "{name}");
    }
}

#[test]
fn the_tags_of_workflows_are_kept_beside_those_that_are_rendered() {
    let place = with_template();
    place.write("t/ci.yml", "a: ${{ matrix.os }}\nb: ${{ hashFiles('**/x') }}\nc: {{ kind }}\nd: $-{{ kind }}\n");
    start(&place, "-d kind=cli").succeeded();
    assert_eq!(place.read("my-shop/ci.yml"), "a: ${{ matrix.os }}\nb: ${{ hashFiles('**/x') }}\nc: cli\nd: $-cli\n");
}

#[test]
fn an_undefined_variable_is_named_with_line_and_column_unless_it_may_be_missing() {
    let place = with_template();
    place.write("t/a.md", "one\n  {{ nmae }}\n");
    start(&place, "-d kind=cli").ended_with(4).saying("a.md:2:3: `nmae` is not a variable").saying("-d nmae=…");
    start(&place, "-d kind=cli -d nmae=x").succeeded();
    assert_eq!(place.read("my-shop/a.md"), "one\n  x\n");
    fs::remove_dir_all(place.work().join("my-shop")).unwrap();
    place.write("t/a.md", "{% if nmae %}{{ nmae }}{% endif %}{{ other | default: 'd' }}");
    start(&place, "-d kind=cli").succeeded();
    assert_eq!(place.read("my-shop/a.md"), "d");
}

#[test]
fn an_undefined_variable_in_the_name_of_a_file_is_refused_as_in_its_text() {
    // What is only copied has no names in its text.
    for (path, names, in_text) in [
        ("{{u6}}.txt", &["u6"][..], 1),
        ("{{u6}}", &["u6"], 1),
        ("a/{{u6}}/{{ u7 | upcase }}.hbs", &["u6", "u7"], 0),
        ("${{u6}}.txt", &["u6"], 1),
    ] {
        let place = with_template();
        place.write(&format!("t/{path}"), "{{ nmae }}");
        let ran = start(&place, "-d kind=cli").ended_with(4);
        for name in names {
            let said = format!("the template `t`: {path}: `{name}` in the name of the file is not a variable");
            assert!(ran.stderr.contains(&said) && ran.stderr.contains(&format!("`-d {name}=…`")), "{}", ran.stderr);
        }
        assert_eq!(ran.stderr.matches("`nmae`").count(), in_text, "{}", ran.stderr);
        assert_eq!(ran.stderr.matches("error: ").count(), names.len() + in_text, "{}", ran.stderr);
        assert_eq!(place.entries(), ["t"]);
        let linted = place.run("templates lint t").ended_with(4).stdout;
        assert!(
            names.iter().all(|name| linted.contains(&format!("undefined-variable: `{name}` in the name"))),
            "{linted}"
        );
    }
    let place = with_template();
    place.write("t/{{u6}}.md", "");
    place.write("t/{{ other | default: 'd' }}{% if third %}{{ third }}{% endif %}.md", "");
    place.write("t/.genignore", "gone\n");
    place.write("t/gone/{{u7}}.md", "");
    start(&place, "-d kind=cli -d u6=x").succeeded();
    assert!(place.work().join("my-shop/x.md").exists() && place.work().join("my-shop/d.md").exists());
}

#[test]
fn a_name_in_the_name_of_a_file_may_be_one_that_scripts_define() {
    for (script, code) in [
        ("variable::set(`u` + 6, \"x\");", 0),
        ("file::delete(\"{{u6}}.md\");", 0),
        ("file::rename(\"{{u6}}.md\", \"other.md\");", 0),
        ("variable::set(`u` + 7, \"x\");", 4),
        ("", 4),
    ] {
        let place = with_script(script);
        place.write("t/{{u6}}.md", "");
        let ran = start(&place, "-d kind=cli --allow-commands").ended_with(code);
        assert_eq!(
            ran.stderr.contains("{{u6}}.md: `u6` in the name of the file"),
            code == 4,
            "{script}: {}",
            ran.stderr
        );
    }
    // Not where a folder of another template has it.
    let place = Place::new();
    place.write("t/cargo-generate.toml", "[template]\nsub_templates = [\"one\", \"two\"]\n");
    place.write("t/one/a.md", "");
    place.write("t/two/{{u6}}.md", "");
    start(&place, "-d sub_template=one").succeeded();
    start(&place, "again -d sub_template=two").ended_with(4).saying("two/{{u6}}.md: `u6` in the name of the file");
}

#[test]
fn what_cannot_be_rendered_is_an_error_with_its_file_and_leaves_nothing() {
    for (text, said) in
        [("{% if kind %}", "a.md"), ("{{ kind | divided_by: 0 }}", "a.md"), ("{{ kind | nofilter }}", "a.md")]
    {
        let place = with_template();
        place.write("t/a.md", text);
        start(&place, "-d kind=cli").ended_with(4).saying(said);
        assert_eq!(place.entries(), ["t"], "{text}");
    }
}

#[test]
fn all_mistakes_of_all_files_are_said_at_once_with_their_lines() {
    let place = with_template();
    let config = CONFIG.replace("\"notes.md\"", "\"notes.md\", \"gone\"");
    place.write("t/cargo-generate.toml", &config);
    place.write("t/gone/x.md", "{% if %}{{ nowhere }}");
    place.write("t/.genignore", "also.md\n");
    place.write("t/also.md", "{% if %}{{ nowhere }}");
    place.write("t/a.md", "one\n\n  {% if kind %}\n");
    place.write("t/src/b.md", "{{ kind | pascal_case }}\n{{ kind | nofilter }}\n{{ nmae }} ${{ matrix.os }}");
    place.write("t/c.md", "{{ kind }}\n {{ other }} {{ third }}\n");
    let ran = start(&place, "-d kind=cli").ended_with(4);
    let ran = ran
        .saying("the template `t`: a.md:4:1: Unclosed block")
        .saying("the template `t`: src/b.md:2:1: Unknown filter (requested filter=nofilter)\n");
    let ran = ran.saying("src/b.md:3:1: `nmae` is not").saying("c.md:2:2: `other` is not").saying("c.md:2:14: `third`");
    assert_eq!(ran.stderr.matches("error: ").count(), 5, "{}", ran.stderr);
    let linted = place.run("templates lint t").ended_with(4).stdout;
    assert_eq!(linted.lines().filter(|line| line.contains(".md:")).count(), 5, "{linted}");
    // In one of several templates the files are named from the top.
    let place = Place::new();
    place.write("t/cargo-generate.toml", "[template]\nsub_templates = [\"one\", \"two\"]\n");
    place.write("t/one/a.md", "{{ x }}\n{{ y | }}");
    place.write("t/two/b.md", "{{ z }}");
    let ran = start(&place, "-d sub_template=one").ended_with(4);
    let ran = ran.saying("one/a.md:2:").saying("one/a.md:1:1: `x` is not a variable");
    assert!(!ran.stderr.contains("b.md"), "{}", ran.stderr);
    // What a filter makes of a value is known only when it is rendered.
    let place = with_template();
    place.write("t/a.md", "{{ kind }}\n{{ kind | upcase }}\n {{ kind | divided_by: 0 }}\n");
    place.write("t/b.md", "{{ kind }}\n {{ kind | divided_by: 0 }}\n{{ nmae }}");
    let ran = start(&place, "-d kind=cli").ended_with(4);
    ran.saying("a.md:2:1: ").saying("at one of 2:1, 3:2").saying("b.md:2:2: ");
}

#[test]
fn scripts_run_only_when_they_were_allowed_to() {
    let place = with_template();
    place.write("t/cargo-generate.toml", &format!("{CONFIG}\n[hooks]\npre = [\"pre.rhai\"]\npost = [\"post.rhai\"]\n"));
    place.write("t/pre.rhai", "variable::set(\"made\", \"by a script\");");
    place.write("t/post.rhai", "system::command(\"touch\", [\"touched\"]);");
    place.write("t/made.md", "{{ made }}");
    start(&place, "-d kind=cli").ended_with(7).saying("pre.rhai, post.rhai").saying("--allow-commands");
    assert_eq!(place.entries(), ["t"]);
    start(&place, "-d kind=cli --allow-commands").succeeded();
    assert_eq!(place.read("my-shop/made.md"), "by a script");
    assert!(place.work().join("my-shop/touched").exists() && !place.work().join("my-shop/pre.rhai").exists());
    place.write("t/post.rhai", "abort(\"not today\");");
    start(&place, "again -d kind=cli --allow-commands").ended_with(7).saying("not today");
}

#[test]
fn one_of_several_templates_is_chosen_by_its_directory() {
    let place = Place::new();
    place.write("t/cargo-generate.toml", "[template]\nsub_templates = [\"one\", \"two\"]\n");
    place.write("t/two/cargo-generate.toml", "[placeholders]\nx = { prompt = \"X\" }\n");
    place.write("t/two/a.md", "{{ x }}");
    place.write("t/one/b.md", "{{ crate_name }}");
    start(&place, "").ended_with(6).saying("-d sub_template=one|two");
    start(&place, "one -d sub_template=one").succeeded();
    start(&place, "two -d sub_template=two").ended_with(6).saying("-d x=TEXT");
    start(&place, "two -d sub_template=two -d x=y").succeeded();
    assert_eq!((place.read("one/b.md"), place.read("two/a.md")), ("my_shop".into(), "y".into()));
}

#[test]
fn neither_a_user_nor_a_home_nor_a_terminal_is_needed_and_nothing_stays_behind() {
    let place = with_template();
    place.write("t/who.md", "[{{ authors }}]");
    let temporary = place.work().join("tmp");
    fs::create_dir(&temporary).unwrap();
    let mut command = place.command("startproject my-shop --vcs none --template t -d kind=cli");
    let output = command.env_clear().env("TMPDIR", &temporary).output().unwrap();
    Ran::of(&output).succeeded();
    assert_eq!(place.read("my-shop/who.md"), "[]");
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0);
}

#[test]
fn inside_a_workspace_the_next_steps_say_what_its_manifest_needs() {
    let place = with_template();
    place.write("t/src/main.rs", "fn main() {}");
    let advice = "# add \"apps/my-shop\" to `members`";
    for (manifest, said) in [
        ("[workspace]\nmembers = [\"one\"]", true),
        ("[workspace]\nmembers = [\"apps/*\"]", false),
        ("[workspace]\nexclude = [\"apps\"]", false),
        ("[package]\nname = \"x\"", false),
    ] {
        place.write("Cargo.toml", manifest);
        let ran = start(&place, "apps/my-shop -d kind=cli").succeeded();
        assert_eq!(ran.stderr.contains(advice), said, "{manifest}: {}", ran.stderr);
        assert_eq!(place.read("Cargo.toml"), manifest);
        fs::remove_dir_all(place.work().join("apps")).unwrap();
    }
    let ran = place.start("built-in").succeeded();
    assert!(!ran.stderr.contains("`members`"), "{}", ran.stderr);
}

#[test]
fn a_dry_run_renders_and_writes_nothing() {
    let place = with_template();
    let ran = start(&place, "-d kind=cli --dry-run").succeeded();
    assert!(ran.stdout.contains("src/my_shop.txt"), "{}", ran.stdout);
    assert_eq!(place.entries(), ["t"]);
}

/// Lines of a script's command: a process in a session of its own, which no signal to a process group reaches. Its id is in
/// the file `hidden`.
fn hides(here: &str) -> String {
    format!(
        "mkfifo {here}/fifo; setsid sh -c 'echo $$ >{here}/fifo; exec sleep 600' >/dev/null 2>&1 & \
         read id <{here}/fifo; rm {here}/fifo; echo $id >{here}/hidden;"
    )
}

/// The script sends the signal to the program that has started cargo-generate, and then never ends.
#[test]
fn a_signal_while_it_renders_leaves_nothing_and_nobody() {
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let place = with_template();
        let temporary = place.work().join("tmp");
        fs::create_dir(&temporary).unwrap();
        let here = here(&place);
        place.write("t/cargo-generate.toml", &format!("{CONFIG}\n[hooks]\npre = [\"pre.rhai\"]\n"));
        let script = format!("echo $$ >{here}/pid; kill -{signal} $(ps -o ppid= -p $(ps -o ppid= -p $PPID))");
        place.write("t/pre.rhai", &format!("system::command(`{} {script}; exec sleep 600`);", hides(&here)));
        let mut command = place.command("startproject my-shop --vcs none --template t -d kind=cli --allow-commands");
        Ran::of(&command.env("TMPDIR", &temporary).output().unwrap())
            .ended_with(code)
            .saying("nothing was left behind");
        assert_eq!(place.entries(), ["hidden", "pid", "t", "tmp"], "{signal}");
        assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "{signal}");
        for pid in ["pid", "hidden"] {
            assert!(has_ended(place.read(pid).trim()), "{signal}: the script's command goes on: {pid}");
        }
        place.write("t/pre.rhai", "");
        start(&place, "-d kind=cli --allow-commands").succeeded();
    }
}

#[test]
fn nothing_that_a_script_has_started_outlives_the_rendering() {
    for ending in ["", "abort(\"not today\");", "loop { print(1); }"] {
        let place = with_script("");
        let script = format!("{} sleep 600 >/dev/null 2>&1 & echo $! >{}/pid", hides(&here(&place)), here(&place));
        place.write("t/pre.rhai", &format!("system::command(`{script}`); {ending}"));
        let ran = start(&place, "-d kind=cli --allow-commands");
        assert_eq!(ran.code, if ending.is_empty() { 0 } else { 7 }, "{}", ran.stderr);
        for pid in ["pid", "hidden"] {
            assert!(has_ended(place.read(pid).trim()), "{ending}: {pid}");
        }
    }
}

/// A shell that replaces itself by this program leaves it its children.
#[test]
fn what_was_there_before_the_rendering_goes_on_after_it() {
    let place = with_script("system::command(\"true\");");
    let line = format!(
        "sleep 600 >/dev/null 2>&1 & echo $! >pid; exec {} startproject my-shop --vcs none --template t -d kind=cli \
         --allow-commands",
        crate::support::PROGRAM
    );
    let mut command = std::process::Command::new("sh");
    Ran::of(&command.args(["-c", &line]).current_dir(place.work()).output().unwrap()).succeeded();
    let pid = place.read("pid");
    assert!(!has_ended(pid.trim()));
    assert!(std::process::Command::new("kill").arg(pid.trim()).status().unwrap().success());
}

fn here(place: &Place) -> String {
    place.work().display().to_string()
}

/// Killed it may still be waiting for somebody to hear of it.
fn has_ended(pid: &str) -> bool {
    assert!(pid.parse::<u32>().is_ok(), "{pid}");
    let state = std::process::Command::new("ps").args(["-o", "state=", "-p", pid]).output().unwrap().stdout;
    state.is_empty() || state.starts_with(b"Z")
}

/// A template whose script ran before anything else.
fn with_script(script: &str) -> Place {
    let place = with_template();
    place.write("t/cargo-generate.toml", &format!("{CONFIG}\n[hooks]\npre = [\"./pre.rhai\"]\n"));
    place.write("t/pre.rhai", script);
    place
}

#[test]
fn what_scripts_define_is_known_whatever_way_they_name_it() {
    for script in [
        "let m = #{ target: \"x\", flag: false }; for k in m.keys() { variable::set(k, m[k]); }",
        "const A = \"target\"; variable::set(A, \"x\"); variable::set(`fl` + \"ag\", false);",
        "fn give(k, v) { variable::set(k, v) } give(\"target\", \"x\"); give(\"flag\", false);",
        "variable::set (\n  \"target\", \"x\"); variable::set(`flag`, false);",
    ] {
        let place = with_script(script);
        place.write(
            "t/a.md",
            "{{ target }}\n\n{{- flag -}}\n\n{{ target | upcase | append: target }}{% raw %}{{ b }}{% endraw %}",
        );
        start(&place, "-d kind=cli --allow-commands").succeeded();
        assert_eq!(place.read("my-shop/a.md"), "xfalseXx{{ b }}", "{script}");
        assert!(place.run("templates lint t").stdout.lines().all(|line| !line.contains("undefined")), "{script}");
        place.write("t/b.md", "one\n{{ target }} {{ tarket | append: flag }} {{ flags }}");
        let ran = start(&place, "again -d kind=cli --allow-commands").ended_with(4);
        ran.saying("b.md:2:14: `tarket` is not a variable").saying("b.md:2:42: `flags` is not a variable");
    }
}

#[test]
fn a_script_sees_the_files_of_the_template_and_no_others() {
    let list = "for path in file::listdir() { print(`file ${path}`); }";
    let define = "variable::set(\"nm\" + \"ae\", \"x\");";
    let place = with_template();
    let hooks = "[hooks]\npre = [\"pre.rhai\"]\npost = [\"post.rhai\"]\n";
    place.write("t/cargo-generate.toml", &format!("{CONFIG}\n{hooks}"));
    place.write("t/pre.rhai", &format!("{define} {list}"));
    place.write("t/post.rhai", list);
    place.write("t/x.rhai", &format!("{list} \"w\""));
    place.write("t/{{ nmae }}.md", "{{ nmae }}{{ \"x.rhai\" | rhai }}");
    let ran = start(&place, "-d kind=cli --allow-commands").succeeded();
    let listed: Vec<&str> = ran.stderr.lines().filter_map(|line| line.strip_prefix("  file ")).collect();
    assert!(["pre.rhai", "left.hbs", "{{ nmae }}.md", "x.md"].iter().all(|file| listed.contains(file)), "{listed:?}");
    let known =
        ["Cargo.toml", "Cargo.toml.liquid", "cargo-generate.toml", "left.hbs", "notes.md", "post.rhai", "pre.rhai"];
    let others = ["src", "x.md", "x.rhai", "{{ nmae }}.md"];
    for file in listed {
        assert!(known.iter().chain(&others).any(|known| *known == file), "{file}");
    }
}

#[test]
fn what_scripts_print_is_shown_and_cannot_move_the_cursor() {
    let place = with_script("print(\"no longer\\nsupported \\x1b]0;x\\x07\\x1b[31m\\u202e\"); \"and more\"");
    let ran = start(&place, "-d kind=cli --allow-commands").succeeded();
    assert!(ran.stderr.contains("pre.rhai says:\n  no longer\n  supported \\u{202e}\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains("  and more\n"), "{}", ran.stderr);
    let ran = start(&place, "quiet -d kind=cli --allow-commands -q").succeeded();
    assert_eq!(ran.stderr, "");
    place.write("t/pre.rhai", "print(\"because\"); abort(\"not today\");");
    start(&place, "no -d kind=cli --allow-commands")
        .ended_with(7)
        .saying("  because\n")
        .saying("pre.rhai: Runtime error: not today");
}

#[test]
fn a_script_that_prints_without_end_is_shown_and_then_stopped() {
    for (script, shown, bound) in [
        ("let n = 0; loop { print(`line ${n}`); n += 1; }", "  line 9\n", "more than 10000 lines"),
        ("loop { print(\"0123456789\".sub_string(0) + \"x\"); }", "  0123456789x\n", "more than 10000 lines"),
        ("let s = \"x\"; loop { print(s); s += s; }", "  xx\n", "more than 1 MiB"),
        (
            "print(\"first\"); let s = \"y\"; while s.len < 4000000 { s += s; } print(s);",
            "  first\n",
            "more than 1 MiB",
        ),
        ("loop { print(\"\\n\\n\"); }", "pre.rhai says:\n", "more than 10000 lines"),
    ] {
        let place = with_script(script);
        let ran = start(&place, "-d kind=cli --allow-commands").ended_with(7);
        let ran = ran.saying("pre.rhai says:\n").saying(shown);
        let ran = ran.saying(&format!("the template `t` cannot be rendered: pre.rhai prints {bound}, and was stopped"));
        assert!(ran.stderr.len() < 2_000_000, "{script}: {}", ran.stderr.len());
        assert_eq!(ran.stderr.matches("pre.rhai says:").count(), 1, "{script}");
        assert_eq!(place.entries(), ["t"]);
        let ran = start(&place, "-d kind=cli --allow-commands -q").ended_with(7);
        assert!(ran.stderr.lines().count() < 5, "{}", ran.stderr);
    }
}

/// The script waits for what is read here, so it can only be what it printed before.
#[test]
fn what_a_script_prints_is_shown_while_it_runs() {
    use std::io::{BufRead, BufReader};
    let place = with_script("");
    let pipe = place.work().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    place.write("t/pre.rhai", &format!("print(\"before\"); system::command(`read x <{}`);", pipe.display()));
    let mut command = place.command("startproject my-shop --vcs none --template t -d kind=cli --allow-commands");
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(said.next().as_deref(), Some("pre.rhai says:"));
    assert_eq!(said.next().as_deref(), Some("  before"));
    fs::write(&pipe, "on\n").unwrap();
    assert_eq!(said.last().as_deref(), Some("  cd my-shop"));
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_command_of_a_script_that_prints_without_end_is_stopped() {
    for command in ["yes", "yes >&2", "tr '\\\\0' x </dev/zero", "yes | cat", "sh -c 'exec yes'"] {
        let place = with_script(&format!("let all = system::command(\"{command}\"); variable::set(\"made\", all);"));
        let ran = start(&place, "-d kind=cli --allow-commands").ended_with(7);
        ran.saying("pre.rhai: Runtime error: System command").saying("it prints more than 16 MiB, and was stopped");
        assert_eq!(place.entries(), ["t"]);
    }
    let place = with_script("let s = \"x\"; loop { s += s; }");
    start(&place, "-d kind=cli --allow-commands").ended_with(7).saying("pre.rhai").saying("1024 MiB of memory");
}

#[test]
fn a_command_of_a_script_runs_as_in_a_shell_of_its_own() {
    let place = with_script(concat!(
        "let made = system::command(\"printf '%s' \\\"$0 $(ulimit -v) $JWT_ALLAUTH_PATH $PATH\\\"\");\n",
        "variable::set(\"made\", made);"
    ));
    place.write("t/a.md", "{{ made }}");
    start(&place, "-d kind=cli --allow-commands").succeeded();
    assert_eq!(place.read("my-shop/a.md"), format!("sh unlimited  {}", std::env::var("PATH").unwrap()));
    place.write("t/pre.rhai", "system::command(\"echo out; echo because >&2; exit 3\");");
    start(&place, "no -d kind=cli --allow-commands").ended_with(7).saying("failed to execute: because");
    place.write("t/pre.rhai", "system::command(\"kill -9 $$\");");
    start(&place, "no -d kind=cli --allow-commands").ended_with(7).saying("failed to execute");
}

#[test]
fn a_script_that_stays_in_the_project_is_its_authors() {
    let place = with_script("import \"part\" as part; part::hello(); print(\"bye\");");
    let part = "fn hello() { print(\"hello\"); debug(1); }";
    place.write("t/part.rhai", part);
    let ran = start(&place, "-d kind=cli --allow-commands").succeeded();
    ran.saying("part.rhai says:\n  hello\n  1\npre.rhai says:\n  bye\n");
    assert_eq!(place.read("my-shop/part.rhai"), part);
}

#[test]
fn a_question_that_a_script_asks_names_the_ways_to_answer_it() {
    let ask = "let port = variable::prompt(\"Port\", \"80\"); variable::set(\"made\", port);";
    let place = with_script(ask);
    place.write("t/a.md", "{{ made }}");
    let ran =
        start(&place, "-d kind=cli --allow-commands").ended_with(7).saying("pre.rhai asks a question while it runs");
    assert!(!ran.stderr.contains("/tmp"), "{}", ran.stderr);
    place.write("t/pre.rhai", &format!("if !variable::is_set(\"made\") {{ {ask} }}"));
    start(&place, "-d kind=cli --allow-commands").ended_with(7).saying("`-d made=…`");
    start(&place, "-d kind=cli -d made=81 --allow-commands").succeeded();
    assert_eq!(place.read("my-shop/a.md"), "81");
}

#[test]
fn an_answer_to_nothing_is_refused_unless_a_script_or_a_file_may_take_it() {
    let place = with_template();
    let ran = start(&place, "-d kind=cli -d foo=1 -d tgas=a").ended_with(3).saying("`-d foo` answers no question");
    let ran = ran.saying("`-d tgas` answers no question of the template\n  did you mean `tags`?").saying("kind, tags");
    assert_eq!(ran.stderr.matches("error: ").count(), 2, "{}", ran.stderr);
    let ran = start(&place, "-d kind=cli --email --database postgres").ended_with(3);
    ran.saying("`--email` changes nothing").saying("`--database` changes nothing");
    assert_eq!(place.entries(), ["t"]);
    // Asked under another condition, or not asked at all.
    start(&place, "-d kind=cli -d port=81 -d username=x -d crate_type=lib --dry-run").succeeded();
    for (file, text) in [
        ("t/a.md", "{% if foo %}{{ email }}{% endif %}"),
        ("t/{{ foo }}{{ email }}.md", ""),
        ("t/pre.rhai", "let foo = variable::get(\"foo\"); if variable::is_set(`email`) {}"),
        ("t/pre.rhai", "for name in names { variable::get(name); }"),
        ("t/cargo-generate.toml", &format!("{CONFIG}\n[conditional.'foo == \"1\" && email'.template]\n")),
    ] {
        let place = with_template();
        place.write(file, text);
        start(&place, "-d kind=cli -d foo=1 --email --dry-run").succeeded();
    }
    place.write("t/jwt-allauth.toml", "");
    fs::remove_file(place.work().join("t/cargo-generate.toml")).unwrap();
    fs::remove_dir_all(place.work().join("t/src")).unwrap();
    place.write("t/Cargo.toml.liquid", "[package]\nname = \"{{ project_name }}\"\n");
    start(&place, "-d kind=cli").ended_with(3).saying("none is asked");
}

#[test]
fn a_script_that_is_a_filter_runs_only_when_it_was_allowed_to() {
    let place = with_template();
    place.write("t/x.rhai", "file::write(\"src/extra.rs\", \"// from a filter\"); print(\"hello\"); \"w\"");
    place.write("t/a.md", "[{{ \"x.rhai\" | rhai }}]");
    start(&place, "-d kind=cli").ended_with(7).saying("x.rhai (a.md)").saying("--allow-commands");
    assert!(place.run("templates show t").succeeded().stdout.contains("filter: x.rhai (a.md)"));
    assert_eq!(place.run("templates lint t").succeeded().stdout, "");
    start(&place, "-d kind=cli --allow-commands").succeeded().saying("  hello");
    assert_eq!(place.read("my-shop/a.md"), "[w]");
    // Where it is no tag it is no script.
    place.write("t/cargo-generate.toml", &CONFIG.replace("\"*.hbs\"", "\"*.hbs\", \"a.md\""));
    start(&place, "plain -d kind=cli").succeeded();
    // The names of files that are only copied are rendered all the same.
    place.write("t/{{ \"x.rhai\" | rhai }}.hbs", "");
    start(&place, "named -d kind=cli").ended_with(7).saying("x.rhai ({{").saying("--allow-commands");
    start(&place, "named -d kind=cli --allow-commands").succeeded();
    assert!(place.work().join("named/w.hbs").exists());
}

#[test]
fn a_script_that_is_a_filter_and_fails_is_named_with_the_reason() {
    for (script, code, said, found) in [
        (None, 4, "the template `t`: a.md:2:3: there is no script `x.rhai`", "a.md:2:3: matches-nothing: "),
        (Some("let a = ;\n\"w\""), 4, "the template `t`: x.rhai:1:9: ", "x.rhai:1:9: hook-not-rhai: "),
        (Some("fn f() { nope }\n f()"), 7, "rendered: x.rhai: ", ""),
        (Some("abort(\"not today\")"), 7, "rendered: x.rhai: Runtime error: not today (line 1, position 1)", ""),
        (Some("throw \"two\\nlines\""), 7, "x.rhai: Runtime error: two lines (line 1, position 1)", ""),
        (Some("7"), 7, "rendered: x.rhai: Output type incorrect", ""),
        (
            Some("if !variable::is_set(\"port\") { variable::prompt(\"Port\", \"1\") }"),
            7,
            "x.rhai asks a question while it runs, and there is nobody to ask",
            "",
        ),
    ] {
        let place = with_template();
        place.write("t/a.md", "one\n  {{ \"x.rhai\" | rhai }}");
        place.write("t/b.md", "{{ 'x.rhai' | rhai | upcase }}{{ kind | divided_by: 0 }}");
        place.write("t/c.md", "{{ kind | divided_by: 0 }}");
        place.write("t/d.md", "{{ nmae }}");
        if let Some(script) = script {
            place.write("t/x.rhai", script);
        }
        let ran = start(&place, "-d kind=cli --allow-commands").ended_with(code).saying(said);
        let ran = ran.saying("c.md:1:1: cargo-generate left it").saying("d.md:1:1: `nmae`");
        let failures = ran.stderr.lines().filter(|line| line.starts_with("error: "));
        assert_eq!(failures.count(), 3, "{}", ran.stderr);
        assert!(script.is_none_or(|script| !script.contains("nope")) || ran.stderr.contains("nope"), "{}", ran.stderr);
        assert_eq!(place.entries(), ["t"]);
        let linted = place.run("templates lint t").ended_with(4).stdout;
        let of_scripts = linted.lines().filter(|line| !line.starts_with(' ') && line.contains("x.rhai"));
        assert_eq!(of_scripts.count() > 0, !found.is_empty(), "{linted}");
        assert!(linted.contains(found), "{linted}");
    }
    let place = with_template();
    place.write("t/{{ \"x.rhai\" | rhai }}.md", "");
    place.write("t/x.rhai", "abort(\"not today\")");
    start(&place, "-d kind=cli --allow-commands").ended_with(7).saying("x.rhai: Runtime error: not today");
}

#[test]
fn what_a_script_fails_at_has_its_file_and_line_in_the_json() {
    let problem = |place: &Place| {
        let ran = start(place, "-d kind=cli --allow-commands --format json").ended_with(7);
        ran.json()["error"]["problems"][0].clone()
    };
    for (script, line, column) in [
        ("let a = 1;\nabort(\"not today\");", Some(2), Some(1)),
        ("abort(\"first\");", Some(1), Some(1)),
        ("let a = ;", Some(1), Some(9)),
        ("fn f() {\n  nope\n}\nf();", Some(2), Some(3)),
        ("import \"part\" as part;\n part::fails();", Some(2), Some(8)),
        ("import \"nowhere\" as part;", Some(1), Some(8)),
        ("variable::prompt(\"Port\", \"80\");", None, None),
        ("loop { print(1); }", None, None),
    ] {
        let place = with_script(script);
        place.write("t/part.rhai", "\n\n\nfn fails() { nope }");
        let problem = problem(&place);
        assert_eq!(problem["file"], "pre.rhai", "{problem}");
        assert_eq!((problem["line"].as_u64(), problem["column"].as_u64()), (line, column), "{script}: {problem}");
    }
    let place = with_template();
    place.write("t/a.md", "{{ \"x.rhai\" | rhai }}");
    place.write("t/x.rhai", "1;\n abort(\"not today\")");
    let problem = problem(&place);
    assert_eq!((&problem["file"], &problem["line"], &problem["column"]), (&"x.rhai".into(), &2.into(), &2.into()));
}

/// Nobody can hold this signal back, and nobody undoes anything after it.
#[test]
fn a_program_that_is_killed_takes_its_renderer_and_the_commands_of_scripts_along() {
    let place = with_script("");
    let temporary = place.work().join("tmp");
    fs::create_dir(&temporary).unwrap();
    let here = here(&place);
    let script =
        format!("echo $$ $PPID $id >{here}/pids; kill -KILL $(ps -o ppid= -p $(ps -o ppid= -p $PPID)); exec sleep 600");
    place.write("t/pre.rhai", &format!("system::command(`{} {script}`);", hides(&here)));
    let mut command = place.command("startproject my-shop --vcs none --template t -d kind=cli --allow-commands");
    let status = command.env("TMPDIR", &temporary).output().unwrap().status;
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));
    let pids = place.read("pids");
    while !pids.split_whitespace().all(has_ended) || fs::read_dir(&temporary).unwrap().count() > 0 {
        std::thread::yield_now();
    }
    assert_eq!(place.entries(), ["hidden", "pids", "t", "tmp"]);
}

#[test]
fn a_template_that_takes_all_memory_or_time_is_refused() {
    let loops = |last: &str| format!("{}{last}{}", "{% for i in (1..100000) %}".repeat(4), "{% endfor %}".repeat(4));
    for (text, said) in [
        ("{% for i in (1..7000000000) %}{% endfor %}".to_owned(), "MiB of memory"),
        (format!("{{% assign a = 'xxxxxxxx' %}}{}", "{% assign a = a | append: a %}".repeat(40)), "MiB of memory"),
        (loops(""), "s of processor time"),
    ] {
        let place = with_template();
        place.write("t/Z.md", "{{ kind }}");
        place.write("t/b.md", "{{ kind }}");
        place.write("t/a.md", &text);
        start(&place, "-d kind=cli")
            .ended_with(4)
            .saying("error: the template `t`: a.md: it cannot be rendered")
            .saying(said);
        assert_eq!(place.entries(), ["t"]);
    }
}

#[test]
fn tags_and_quotes_in_the_paths_of_this_machine_are_not_rendered() {
    let place = with_template();
    for name in ["tmp{{ kind }}", "it's \"tmp\"", "{% if %}"] {
        let temporary = place.work().join(name);
        fs::create_dir(&temporary).unwrap();
        fs::rename(place.work().join("t"), temporary.join("t")).unwrap();
        let mut command =
            place.command_of(["startproject", "my-shop", "--vcs", "none", "-d", "kind=cli", "--template"]);
        command.arg(temporary.join("t")).env("TMPDIR", &temporary).env("HOME", &temporary);
        Ran::of(&command.output().unwrap()).succeeded();
        assert_eq!(place.read("my-shop/src/my_shop.txt"), "cli  MyShop a\n");
        fs::remove_dir_all(place.work().join("my-shop")).unwrap();
        fs::rename(temporary.join("t"), place.work().join("t")).unwrap();
    }
    let mut command = place.command("startproject my-shop --vcs none -d kind=cli --template t");
    let ran = Ran::of(&command.env("TMPDIR", "/does/not/exist").output().unwrap()).ended_with(1);
    ran.saying("`/does/not/exist`").saying("TMPDIR");
}

#[test]
fn the_name_of_the_project_is_no_answer() {
    let place = with_template();
    for name in ["project-name", "project_name"] {
        let ran = start(&place, &format!("-d kind=web -d {name}=zz")).ended_with(3);
        assert!(ran.stderr.contains(&format!("`-d {name}`")) && ran.stderr.contains("is NAME"), "{}", ran.stderr);
    }
}
