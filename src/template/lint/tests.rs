//! For every rule, a template that breaks it, with the place reported, and one that does not.

use std::fs;
use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

const OVERLAY: &str = manifest::PATH;
const COMPLETE: &str = FILE;

type Files<'a> = [(&'a str, &'a str)];

fn template(files: &Files) -> TempDir {
    let directory = TempDir::new().unwrap();
    for (path, contents) in files {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }
    directory
}

fn found_in(directory: &TempDir) -> Vec<String> {
    let is_complete = directory.path().join(FILE).exists();
    let findings = by_rules(directory.path(), if is_complete { Kind::Complete } else { Kind::Overlay }).in_order();
    let line = |finding: &Finding| {
        assert!(!finding.message.is_empty() && !finding.fix.is_empty());
        format!("{}:{}:{} {}", finding.file, finding.line, finding.column, finding.rule.name())
    };
    findings.iter().map(line).collect()
}

fn found(files: &Files) -> Vec<String> {
    found_in(&template(files))
}

#[track_caller]
fn broken(files: &Files, expected: &[&str]) {
    assert_eq!(found(files), expected, "{files:?}");
}

#[track_caller]
fn clean(files: &Files) {
    assert_eq!(found(files), Vec::<String>::new(), "{files:?}");
}

/// A template with a file that uses `x`, so that only the mistake under test is found.
#[track_caller]
fn settings(name: &str, text: &str, expected: &[&str]) {
    broken(&[(name, text), ("use.liquid", "{% assign x = 1 %}{{ x }}")], expected);
}

#[test]
fn settings_that_are_not_toml() {
    settings(OVERLAY, "[template", &["jwt-allauth.toml:1:10 invalid-toml"]);
    settings(COMPLETE, "[placeholders]\na key = {}", &["cargo-generate.toml:2:3 invalid-toml"]);
}

#[test]
fn keys_that_nothing_reads() {
    settings(
        OVERLAY,
        "[template]\nnam = \"x\"\n[hooks]",
        &["jwt-allauth.toml:2:1 unknown-key", "jwt-allauth.toml:3:2 unknown-key"],
    );
    settings(OVERLAY, "[placeholders]\nx = { promt = \"X\" }", &["jwt-allauth.toml:2:7 unknown-key"]);
    settings(
        COMPLETE,
        "[template]\nexclud = []\n[hooks]\nposts = []\n[conditional.true]\ninclud = []",
        &[
            "cargo-generate.toml:2:1 unknown-key",
            "cargo-generate.toml:4:1 unknown-key",
            "cargo-generate.toml:6:1 unknown-key",
        ],
    );
    settings(OVERLAY, "[template]\nname = \"x\"\nversion = \"1\"\ndescription = \"d\"\n[placeholders.x]", &[]);
    settings(COMPLETE, "[template]\nvcs = \"None\"\nfmt = false\n[hooks]\npost = [\"fmt\"]", &[]);
}

#[test]
fn a_misspelt_key_is_told_from_one_that_means_nothing() {
    let fixes = |text: &str| {
        let findings = by_rules(template(&[(OVERLAY, text)]).path(), Kind::Overlay);
        findings.in_order().into_iter().map(|finding| finding.fix).collect::<Vec<_>>()
    };
    assert_eq!(fixes("[template]\nverison = \"1\""), ["write `version`"]);
    assert_eq!(fixes("[template]\nlicence = \"x\""), ["the keys are name, version, description, ignore, keep"]);
}

#[test]
fn what_stands_in_the_wrong_table() {
    settings(OVERLAY, "ignore = [\"use.liquid\"]", &["jwt-allauth.toml:1:1 wrong-table"]);
    settings(OVERLAY, "[template.placeholders.x]\nprompt = \"X\"", &["jwt-allauth.toml:1:11 wrong-table"]);
    settings(OVERLAY, "[x]\nprompt = \"X\"", &["jwt-allauth.toml:1:2 wrong-table"]);
    settings(
        COMPLETE,
        "[placeholders]\nx = { prompt = \"X\" }\nexclude = [\"a\"]",
        &["cargo-generate.toml:3:1 wrong-table"],
    );
    settings(COMPLETE, "[template.hooks]\npre = []", &["cargo-generate.toml:1:11 wrong-table"]);
    settings(OVERLAY, "[placeholders.x]\nprompt = \"X\"", &[]);
}

#[test]
fn questions_that_cannot_be_asked() {
    settings(OVERLAY, "[placeholders]\nx = { type = \"strng\" }", &["jwt-allauth.toml:2:7 invalid-placeholder"]);
    settings(OVERLAY, "[placeholders]\nx = { choices = [] }", &["jwt-allauth.toml:2:7 invalid-placeholder"]);
    settings(OVERLAY, "[placeholders]\nx = \"X\"", &["jwt-allauth.toml:2:1 invalid-placeholder"]);
    settings(COMPLETE, "[placeholders]\nx = { type = \"bool\" }", &["cargo-generate.toml:2:1 invalid-placeholder"]);
    settings(
        COMPLETE,
        "[placeholders]\nx = { prompt = \"X\", choices = [\"a\"], default = \"b\" }",
        &["cargo-generate.toml:2:38 invalid-placeholder"],
    );
    settings(COMPLETE, "[placeholders]\nx = { prompt = \"X\", choices = [\"a\"], default = \"a\" }", &[]);
}

#[test]
fn names_that_are_taken() {
    settings(
        OVERLAY,
        "[placeholders]\nemail = {}",
        &["jwt-allauth.toml:2:1 reserved-name", "jwt-allauth.toml:2:1 unused-placeholder"],
    );
    broken(
        &[(COMPLETE, "[placeholders.os-arch]\nprompt = \"A\""), ("a", "{{ os-arch }}")],
        &["cargo-generate.toml:1:15 reserved-name"],
    );
    clean(&[(COMPLETE, "[placeholders.email]\nprompt = \"A\""), ("a", "{{ email }}")]);
}

#[test]
fn an_expression_that_matches_a_part_is_unanchored_in_a_complete_template_alone() {
    for regex in ["[a-z]+", "^[a-z]+", "[a-z]+$", "^a|b$", "(^a$)|b"] {
        let text = format!("[placeholders]\nx = {{ prompt = \"X\", regex = '{regex}' }}");
        settings(COMPLETE, &text, &["cargo-generate.toml:2:21 unanchored-regex"]);
        settings(OVERLAY, &text, &[]);
    }
    for regex in ["^[a-z]+$", "^(?:a|b)$", r"\Aa\z", "^a$|^b$"] {
        settings(COMPLETE, &format!("[placeholders]\nx = {{ prompt = \"X\", regex = '{regex}' }}"), &[]);
    }
}

#[test]
fn a_pattern_where_a_path_is_meant() {
    settings(OVERLAY, "[template]\nignore = [\"*.md\"]", &["jwt-allauth.toml:2:11 glob-in-ignore"]);
    settings(COMPLETE, "[template]\nignore = [\"docs/**\"]", &["cargo-generate.toml:2:11 glob-in-ignore"]);
    broken(&[(COMPLETE, "[template]\nignore = [\"docs\"]"), ("docs/a", "{% nonsense")], &[]);
    clean(&[
        (OVERLAY, "[template]\nignore = [\"docs\", \"./README.md\"]"),
        ("docs/a", ""),
        ("README.md", ""),
        ("b", ""),
    ]);
}

#[test]
fn lists_that_match_no_file() {
    settings(OVERLAY, "[template]\nignore = [\"use.liquid\", \"docs\"]", &["jwt-allauth.toml:2:25 matches-nothing"]);
    settings(
        COMPLETE,
        "[template]\nexclude = [\"*.png\"]\n[conditional.x]\ninclude = [\"a/**\"]",
        &[
            "cargo-generate.toml:2:12 matches-nothing",
            "cargo-generate.toml:3:14 undefined-variable",
            "cargo-generate.toml:4:12 matches-nothing",
        ],
    );
    settings(OVERLAY, "[template]\nkeep = [\"auth\", \"auht\"]", &["jwt-allauth.toml:2:17 matches-nothing"]);
    settings(COMPLETE, "[template]\nsub_templates = [\"one\"]", &["cargo-generate.toml:2:18 matches-nothing"]);
    settings(COMPLETE, "[hooks]\npre = [\"pre.rhai\"]", &["cargo-generate.toml:2:8 matches-nothing"]);
    settings(COMPLETE, "[template]\nexclude = [\"*.liquid\"]", &[]);
    clean(&[(COMPLETE, "[template]\nexclude = [\"/a/**\", \"!a/x\"]"), ("a/b", ""), ("a/x", "")]);
}

#[test]
fn lists_of_which_one_is_not_read() {
    settings(
        COMPLETE,
        "[template]\ninclude = [\"use.*\"]\nexclude = [\"use.*\"]",
        &["cargo-generate.toml:3:1 without-effect"],
    );
    settings(COMPLETE, "[hooks]\ninit = [\"fmt\"]", &["cargo-generate.toml:2:9 without-effect"]);
    settings(COMPLETE, "[template]\ninclude = [\"use.*\"]\n[hooks]\npost = [\"fmt\"]", &[]);
}

#[test]
fn hooks_that_are_not_rhai() {
    let hook = |name: &'static str, text: &'static str| {
        let config = format!("[hooks]\npre = [\"{name}\"]");
        found(&[(COMPLETE, &config), (name, text), ("a", "")])
    };
    assert_eq!(hook("pre.sh", "echo"), ["cargo-generate.toml:2:8 hook-not-rhai"]);
    assert_eq!(hook("pre.rhai", "let x = 1;\n  let = 2;"), ["pre.rhai:2:7 hook-not-rhai"]);
    assert_eq!(hook("pre.rhai", "variable::set(\"a\", variable::prompt(\"A\"));"), Vec::<String>::new());
}

#[test]
fn conditions_that_never_hold() {
    let condition = |text: &'static str| {
        let config = format!("[placeholders.kind]\nprompt = \"K\"\n[conditional.'{text}']\nignore = [\"a\"]");
        found(&[(COMPLETE, &config), ("a", "{{ kind }}")])
    };
    assert_eq!(condition("kind == "), ["cargo-generate.toml:3:14 invalid-condition"]);
    assert_eq!(condition("knd == \"kind\""), ["cargo-generate.toml:3:14 undefined-variable"]);
    assert_eq!(condition("kind == \"web\" && is_init && kind.len() > 2"), Vec::<String>::new());
}

#[test]
fn variables_that_nobody_defines() {
    broken(&[("a.liquid", "{{ project_name }}\n {% if nmae %}{% endif %}")], &["a.liquid:2:2 undefined-variable"]);
    clean(&[("a.liquid", "{% assign b = email %}{{ b }}{% raw %}{{ c }}{% endraw %}")]);
    broken(
        &[(COMPLETE, ""), ("{{ nmae }}.md", "{{ crate_name }}\n{{ other }}")],
        &["{{ nmae }}.md:1:1 undefined-variable", "{{ nmae }}.md:2:1 undefined-variable"],
    );
    clean(&[(COMPLETE, ""), ("{{ crate_name }}", "{% if c %}{{ c }}{% endif %}${{ matrix.os }}{{ d | default: 1 }}")]);
    clean(&[(COMPLETE, "[hooks]\npre = [\"a.rhai\"]"), ("a.rhai", "variable::set(\"made\", 1);"), ("b", "{{ made }}")]);
}

#[test]
fn text_that_is_not_liquid() {
    broken(&[("a.liquid", "one\n{% if email %}")], &["a.liquid:2:15 liquid-syntax"]);
    broken(&[(COMPLETE, ""), ("chart.yaml", "a: {{ .Values.a }}")], &["chart.yaml:1:7 liquid-syntax"]);
    broken(&[(COMPLETE, ""), ("a", "{{ crate_name | nofilter }}")], &["a:1:1 liquid-syntax"]);
    let filters = "{{ crate_name | shouty_kebab_case }}{{ \"x.rhai\" | rhai }}${{ hashFiles('**/x') }}";
    clean(&[
        (COMPLETE, "[template]\nexclude = [\"chart.yaml\"]"),
        ("chart.yaml", "a: {{ .Values.a }}"),
        ("a", filters),
        ("x.rhai", "\"w\""),
    ]);
}

#[test]
fn filters_whose_script_is_missing_or_broken() {
    broken(&[(COMPLETE, ""), ("a", "one\n {{ \"x.rhai\" | rhai }}")], &["a:2:2 matches-nothing"]);
    broken(&[(COMPLETE, ""), ("a", "{% assign b = './x.rhai' | rhai %}")], &["a:1:1 matches-nothing"]);
    broken(&[(COMPLETE, ""), ("a", "{{ \"x.rhai\" | rhai }}"), ("x.rhai", "one(")], &["x.rhai:1:5 hook-not-rhai"]);
    let written = "file::write(\"x.rhai\", \"1\");";
    clean(&[(COMPLETE, "[hooks]\npre = [\"a.rhai\"]"), ("a.rhai", written), ("a", "{{ \"x.rhai\" | rhai }}")]);
    clean(&[(COMPLETE, ""), ("a", "{{ \"x\" | append: \".rhai\" | rhai }}")]);
    clean(&[(COMPLETE, "[template]\nexclude = [\"a\"]"), ("a", "{{ \"x.rhai\" | rhai }}")]);
}

#[test]
fn files_that_are_not_text_where_text_is_rendered() {
    let with = |config: &str, name: &str| {
        let directory = template(&[(COMPLETE, config), ("a", "")]);
        fs::write(directory.path().join(name), [0x89, 0, 0xff]).unwrap();
        found_in(&directory)
    };
    assert_eq!(with("", "logo.png"), ["logo.png:1:1 binary-rendered"]);
    assert_eq!(with("[template]\nexclude = [\"*.png\"]", "logo.png"), Vec::<String>::new());
    let overlay = template(&[("a", "")]);
    fs::write(overlay.path().join("logo.png"), [0x89, 0, 0xff]).unwrap();
    assert_eq!(found_in(&overlay), Vec::<String>::new());
    fs::rename(overlay.path().join("logo.png"), overlay.path().join("logo.png.liquid")).unwrap();
    assert_eq!(found_in(&overlay), ["logo.png.liquid:1:1 binary-rendered"]);
}

#[test]
fn tags_in_files_that_an_overlay_only_copies() {
    broken(&[("README.md", "one\n# {{ project_name }}")], &["README.md:2:3 not-rendered"]);
    broken(&[("src/{{ crate_name }}.rs", "")], &["src/{{ crate_name }}.rs:1:1 not-rendered"]);
    clean(&[("ci.yml", "${{ matrix.os }} {{ email }}"), ("auth/templates/email/a.txt", "{{ project_name }}")]);
}

#[test]
fn answers_that_nothing_needs() {
    broken(
        &[(OVERLAY, "[placeholders.a]\n[placeholders.b]"), ("a.liquid", "{{ b }}")],
        &["jwt-allauth.toml:1:15 unused-placeholder"],
    );
    let config = "[placeholders]\na = { prompt = \"A\" }\nb = { prompt = \"B\" }\nc = { prompt = \"C\" }\n\
                  [hooks]\npre = [\"x.rhai\"]\n[conditional.'a == \"1\"']\nignore = [\"x\"]";
    clean(&[(COMPLETE, config), ("x.rhai", "variable::get(\"b\")"), ("{{ c }}", ""), ("x", "")]);
}

#[test]
fn files_that_reach_out_of_the_template() {
    let directory = template(&[("a", "")]);
    symlink("/etc/passwd", directory.path().join("link")).unwrap();
    assert_eq!(found_in(&directory), ["link:1:1 unsafe-file"]);
    settings(COMPLETE, "[template]\nignore = [\"../a\"]", &["cargo-generate.toml:2:11 unsafe-file"]);
    let directory = template(&[("a", "")]);
    symlink("a", directory.path().join("link")).unwrap();
    assert_eq!(found_in(&directory), Vec::<String>::new());
}

#[test]
fn names_that_not_every_machine_can_have() {
    broken(
        &[("Readme.md", ""), ("README.md", ""), ("aux.rs", "")],
        &["Readme.md:1:1 not-portable", "aux.rs:1:1 not-portable"],
    );
    clean(&[(COMPLETE, ""), ("{{ crate_name | append: ':' }}", "")]);
    broken(&[("CARGO.toml", "")], &["CARGO.toml:1:1 not-portable"]);
    broken(&[("Src/lib.rs", "")], &["Src/lib.rs:1:1 not-portable"]);
    clean(&[("Cargo.toml.liquid", "[package]"), ("src/lib.rs", "")]);
}

#[test]
fn lists_may_name_what_only_working_copies_have() {
    let usual = "[\"target\", \".git\", \".DS_Store\", \"Cargo.lock\", \"./node_modules/\", \"out\"]";
    let config = format!("[template]\nignore = {usual}\n");
    clean(&[(COMPLETE, &config), (".gitignore", "/out\n"), ("a", "")]);
    clean(&[
        (COMPLETE, "[template]\nexclude = [\".DS_Store\", \"target/**\", \"out/*\"]"),
        (".gitignore", "/out\n"),
        ("a", ""),
    ]);
    settings(COMPLETE, "[template]\nignore = [\"outt\"]", &["cargo-generate.toml:2:11 matches-nothing"]);
    let hooks = "[hooks]\npre = [\"./hooks/x.rhai\"]";
    clean(&[(COMPLETE, hooks), ("hooks/x.rhai", "for k in [\"made\"] { variable::set(k, 1); }"), ("a", "{{ made }}")]);
    clean(&[(COMPLETE, ""), ("x.rhai", "1"), ("a", "{{ \"x.rhai\" | rhai }}")]);
}

#[test]
fn each_of_several_templates_is_looked_at_by_itself() {
    let top = (COMPLETE, "[template]\nsub_templates = [\"one\", \"two\"]");
    broken(
        &[top, ("one/cargo-generate.toml", "[template]\nfmmt = true"), ("one/a", ""), ("two/b", "{{ c }}")],
        &["one/cargo-generate.toml:2:1 unknown-key", "two/b:1:1 undefined-variable"],
    );
}
