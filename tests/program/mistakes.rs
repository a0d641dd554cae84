//! What is wrong with a complete template, its answers and its files, all at once.

use crate::complete::with_template;
use crate::support::{Place, Ran};

fn start(place: &Place, arguments: &str) -> Ran {
    place.start(&format!("my-shop --template t {arguments}"))
}

#[test]
fn a_mistake_in_the_name_of_a_file_hides_no_other() {
    let place = with_template();
    place.write("t/{% if kind %}dir/a.txt", "");
    place.write("t/{% if kind %}dir/b.txt", "");
    place.write("t/{{ kind | nofilter }}.hbs", "");
    place.write("t/{{u6}}.md", "{{ kind }}");
    place.write("t/b.md", "one\n{% if %}");
    place.write("t/c.md", "\n {{ nmae }}");
    let ran = start(&place, "-d kind=cli").ended_with(4);
    let ran = ran
        .saying("the template `t`: {% if kind %}dir: its name is not valid: Unclosed block")
        .saying("the template `t`: {{ kind | nofilter }}.hbs: its name is not valid: Unknown filter")
        .saying("{{u6}}.md: `u6` in the name of the file")
        .saying("the template `t`: b.md:2:")
        .saying("c.md:2:2: `nmae`");
    assert_eq!(ran.stderr.matches("error: ").count(), 5, "{}", ran.stderr);
    let linted = place.run("templates lint t").ended_with(4).stdout;
    assert_eq!(linted.matches("liquid-syntax: its name is not valid: ").count(), 2, "{linted}");
    // One that fails only when it is rendered is left as it was.
    for name in ["{{ kind | divided_by: 0 }}.md", "{{ kind.length }}/a.md", "{{ u6 | divided_by: 0 }}.md"] {
        let place = with_template();
        place.write(&format!("t/{name}"), "");
        place.write("t/c.md", "{{ nmae }}");
        let ran = start(&place, "-d kind=cli").ended_with(4).saying("c.md:1:1: `nmae`");
        assert_eq!(ran.stderr.matches("left its name").count(), usize::from(!name.contains("u6")), "{}", ran.stderr);
        assert_eq!(ran.stderr.matches("error: ").count(), 2, "{}", ran.stderr);
    }
    // A reason of its own is said beside what was found.
    let place = with_template();
    place.write("t/{{ kind | remove: 'cli' }}", "");
    place.write("t/c.md", "{{ nmae }}");
    start(&place, "-d kind=cli").ended_with(4).saying("it cannot be rendered: ").saying("c.md:1:1: `nmae`");
}

#[test]
fn what_is_too_large_is_refused_with_a_remedy_that_fits() {
    let place = with_template();
    place.write("t/a.md", "{{ nmae }}");
    place.write("t/b.md", &format!("{{% for i in (1..70000) %}}{}{{% endfor %}}", "x".repeat(1000)));
    place.write("t/d.json", "{}");
    let ran =
        start(&place, "-d kind=cli").ended_with(4).saying("a.md:1:1: `nmae`").saying("see the loops in its files");
    assert!(!ran.stderr.contains("jwt-allauth.toml") && !ran.stderr.contains("d.json"), "{}", ran.stderr);
    let huge = |path: &str| std::fs::File::create(place.work().join(path)).unwrap().set_len(1 << 40).unwrap();
    huge("t/huge");
    let ran = start(&place, "-d kind=cli").ended_with(4).saying("huge: it is larger than 64 MiB");
    let ran = ran.saying("out of the template's directory");
    assert!(!ran.stderr.contains("jwt-allauth.toml"), "{}", ran.stderr);
    place.write("overlay/a.md", "");
    huge("overlay/huge");
    place.start("my-shop --template overlay").ended_with(4).saying("`ignore = [\"target\"]` in `jwt-allauth.toml`");
}

/// The `template` of each problem, as JSON has it.
fn templates(ran: &Ran) -> Vec<serde_json::Value> {
    let problems = ran.json()["error"]["problems"].clone();
    problems.as_array().unwrap().iter().map(|problem| problem["template"].clone()).collect()
}

#[test]
fn every_problem_of_a_template_names_it_as_it_was_given() {
    let place = with_template();
    place.write("t/a.md", "{{ nmae }}");
    place.write("s/h/cargo-generate.toml", "[hooks]\npre = [\"pre.rhai\"]\n");
    place.write("s/h/pre.rhai", "abort(\"not today\");");
    place.write("s/o/jwt-allauth.toml", "");
    place.write("s/o/a.md.liquid", "{{ nmae }}");
    let missing = format!("file://{}/nowhere.git", place.work().display());
    for (template, options, code) in [
        ("t/../t", "-d kind=cli", 4),
        ("s//h", "", 7),
        ("s//h", "--allow-commands", 7),
        ("s//o", "", 4),
        ("s", "", 6),
        ("nowhere", "", 4),
        ("s/nowhere", "", 4),
        ("gl:us/x", "", 4),
        ("gh:us", "", 4),
        ("s/h/pre.rhai", "", 4),
        (&missing, "", 12),
    ] {
        let line = format!("my-shop --template {template} {options}");
        let said = place.start(&line).ended_with(code).stderr;
        assert_eq!(said.matches(&format!("the template `{template}`")).count(), 1, "{line}: {said}");
        assert_eq!(templates(&place.start(&format!("{line} --format json"))), [template], "{line}");
    }
}

#[test]
fn what_is_given_with_control_characters_is_shown_with_them_escaped() {
    let place = with_template();
    let run = |arguments: &[&str]| Ran::of(&place.command_of(arguments).output().unwrap());
    let start = ["startproject", "my-shop", "--template"];
    for (arguments, said) in [
        (&["t", "-d", "k\u{1b}[31m"][..], "invalid value 'k\\u{1b}[31m' for"),
        (&["t", "-d", "k\u{1b}[31m\nx=3", "-d", "kind=cli"], "invalid value 'k\\u{1b}[31m\\u{a}x=3' for"),
        (&["t", "--vcs", "a\u{1b}[31m\nb"], "invalid value 'a\\u{1b}[31m\\u{a}b'"),
        (&["t", "--vcs", "a\u{1b}[31m", "--colour"], "invalid value 'a\\u{1b}[31m'"),
        (&["t", "--a\u{1b}[31m\nb"], "unexpected argument '--a\\u{1b}[31m\\u{a}b'"),
        (&["t\n\u{1b}[31m"], "the template `t\\u{a}\\u{1b}[31m` cannot be read"),
    ] {
        let ran = run(&[&start[..], arguments].concat());
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
    std::fs::write(place.work().join("t/a\nb"), "").unwrap();
    run(&["templates", "lint", "t"]).ended_with(4);
    let ran = run(&[&start[..], &["t"]].concat()).ended_with(4);
    assert!(ran.stderr.contains("the template `t`: a\\u{a}b: its name"), "{}", ran.stderr);
    let ran = run(&["startproject", "shop", "na\nme", "--vcs", "none"]).succeeded();
    assert!(ran.stderr.contains("cd $'na\\nme'"), "{}", ran.stderr);
}

#[test]
fn missing_and_refused_answers_do_not_hide_what_is_wrong_with_the_files() {
    let place = with_template();
    place.write("t/a.md", "{{ nmae }}");
    place.write("t/{{u6}}.md", "{% if %}");
    place.write("t/{% if kind %}.md", "");
    // Wrong only for one of the answers that stand in.
    place.write("t/{{ kind }}.json", "[{% if kind == 'cli' %}]{% endif %}");
    for (answers, code, said) in [
        ("", 6, "-d kind=web|cli"),
        ("-d typo=1", 3, "`-d typo` answers no question"),
        ("-d kind=nothing", 3, "the answer `nothing`"),
        ("-d kind=nothing -d typo=1", 3, "`-d typo` answers no question"),
    ] {
        let ran = start(&place, answers).ended_with(code).saying(said).saying("a.md:1:1: `nmae`");
        let ran = ran.saying("{{u6}}.md: `u6`").saying("{{u6}}.md:1:6: ").saying("{% if kind %}.md: its name is not");
        assert!(!ran.stderr.contains(".json"), "{}", ran.stderr);
    }
    // A value that was given counts, whatever is wrong with another.
    let ran = start(&place, "-d nmae=x -d typo=1").ended_with(3);
    assert!(!ran.stderr.contains("`nmae`"), "{}", ran.stderr);
    let place = with_template();
    place.write("t/{{ kind }}.json", "[{% if kind == 'cli' %}]{% endif %}");
    let ran = start(&place, "").ended_with(6);
    assert_eq!(ran.stderr.matches("error: ").count(), 1, "{}", ran.stderr);
}

#[test]
fn a_file_that_is_refused_does_not_hide_missing_answers_and_other_mistakes() {
    let place = with_template();
    std::fs::write(place.work().join("t/b\nc"), "{{ other }}").unwrap();
    place.write("t/.git/x", "");
    place.write("t/sub/.git/x", "");
    place.write("t/a.md", "{{ nmae }}");
    let ran = start(&place, "-d other=x").ended_with(4).saying("t`: b\\u{a}c: its name has").saying("sub/.git: ");
    let ran = ran.saying("-d kind=web|cli").saying("a.md:1:1: `nmae`");
    assert_eq!(ran.stderr.matches("error: ").count(), 4, "{}", ran.stderr);
    let ran = start(&place, "-d kind=cli").ended_with(4);
    assert_eq!(ran.stderr.matches("error: ").count(), 3, "{}", ran.stderr);
    assert_eq!(place.entries(), ["t"]);
    place.run("templates show t").ended_with(4);
}
