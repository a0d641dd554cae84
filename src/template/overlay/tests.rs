use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

use tempfile::TempDir;

use super::*;
use crate::answers::{Algorithm, Answers, Database, Value};
use crate::names::ProjectName;
use crate::secrets::Secrets;
use crate::template::Template;
use crate::tree::Mode;

const PROJECT: [(&str, &str); 5] = [
    ("Cargo.toml.liquid", "[package]\nname = \"{{ project_name }}\"\n"),
    ("README.md.liquid", "# {{ project_name }}"),
    ("all.md.liquid", "{% include \"docs/one.md\" %}"),
    ("docs/one.md", "one"),
    ("deny.toml", ""),
];

fn skeleton(files: &[(&str, &str)]) -> TempDir {
    let directory = TempDir::new().unwrap();
    for (path, contents) in files {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }
    directory
}

fn render(directory: &TempDir) -> Result<Tree, Failure> {
    let project = PROJECT.map(|(path, contents)| Source::embedded(path, contents.as_bytes()));
    let (overlay, sources) = read(directory.path())?;
    let keep = Keep::of(overlay.keep.as_deref(), &project)?;
    let (sources, replaced) = laid_over(project.to_vec(), sources, &keep)?;
    let (id, version) = ("test".into(), "1.0.0".into());
    let template = Template { id, version, sources, replaced, overlay: Some(overlay), ..Template::default() };
    let answers = Answers {
        name: ProjectName::parse("shop", &[])?,
        email: Some(false),
        database: Some(Database::Sqlite),
        algorithm: Some(Algorithm::EdDsa),
        features: Vec::new(),
        placeholders: BTreeMap::from([("company".to_owned(), Value::Text("A \"B\" C".into()))]),
    };
    template.rendered(&answers, &Secrets::generate(Algorithm::EdDsa).unwrap())
}

fn contents<'t>(tree: &'t Tree, path: &str) -> &'t [u8] {
    &tree.get(path).unwrap_or_else(|| panic!("no {path}")).contents
}

fn refusal(directory: &TempDir) -> String {
    let failure = render(directory).err().expect("the overlay is refused");
    assert_eq!(failure.kind, Kind::Template);
    failure.message
}

#[test]
fn the_same_path_replaces_whether_rendered_or_not_and_a_new_path_is_added() {
    let overlay =
        [("README.md", "ours"), ("deny.toml.liquid", "name = \"{{ project_name }}\""), ("CODEOWNERS", "* @us")];
    let tree = render(&skeleton(&overlay)).unwrap();
    assert_eq!(contents(&tree, "README.md"), b"ours");
    assert_eq!(contents(&tree, "deny.toml"), b"name = \"shop\"");
    assert_eq!(contents(&tree, "docs/one.md"), b"one");
    let origin = |path| tree.get(path).unwrap().origin;
    assert_eq!(
        ["README.md", "CODEOWNERS", "Cargo.toml"].map(origin),
        [Origin::Replaced, Origin::Added, Origin::BuiltIn]
    );
}

#[test]
fn whatever_is_not_named_liquid_is_copied_to_the_byte() {
    let overlay = skeleton(&[("chart.yaml", "a: {{ .Values.a }}"), ("tsconfig.json", "{ // a comment\n}")]);
    fs::write(overlay.path().join("logo.png"), [0x89, 0, 0xff, b'{', b'{']).unwrap();
    let tree = render(&overlay).unwrap();
    assert_eq!(contents(&tree, "logo.png"), [0x89, 0, 0xff, b'{', b'{']);
    assert_eq!(contents(&tree, "chart.yaml"), b"a: {{ .Values.a }}");
}

#[test]
#[cfg_attr(feature = "portable", ignore = "there are no modes")]
fn who_may_execute_a_file_is_taken_from_the_disk() {
    let overlay = skeleton(&[("run", ""), ("build.sh.liquid", "#!/bin/sh\n"), ("sourced.sh", "#!/bin/sh\n")]);
    for path in ["run", "build.sh.liquid"] {
        fs::set_permissions(overlay.path().join(path), Permissions::from_mode(0o750)).unwrap();
    }
    let tree = render(&overlay).unwrap();
    let mode = |path| tree.get(path).unwrap().mode;
    assert_eq!(["run", "build.sh", "sourced.sh"].map(mode), [Mode::Executable, Mode::Executable, Mode::Plain]);
}

#[test]
fn a_relative_link_within_the_project_stays_a_link() {
    let overlay = skeleton(&[("more/two.md", "two")]);
    symlink("../docs/one.md", overlay.path().join("more/one.md")).unwrap();
    symlink("docs", overlay.path().join("pages")).unwrap();
    symlink("pages/one.md", overlay.path().join("first")).unwrap();
    let tree = render(&overlay).unwrap();
    assert_eq!(tree.get("more/one.md").unwrap().mode, Mode::Link);
    assert_eq!(contents(&tree, "more/one.md"), b"../docs/one.md");
}

#[test]
fn a_link_out_of_the_template_or_to_nothing_is_refused() {
    for target in ["/etc/passwd", "../outside", "docs/../../outside", "missing.md"] {
        let overlay = skeleton(&[("a.md", "")]);
        symlink(target, overlay.path().join("link")).unwrap();
        let message = refusal(&overlay);
        assert!(message.starts_with("link: a link "), "{message}");
    }
}

#[test]
fn a_template_reached_by_a_link_is_read_and_a_directory_that_is_one_is_not_entered() {
    let (overlay, outside) = (skeleton(&[("a.md", "")]), skeleton(&[("secret", "")]));
    let way = outside.path().join("way");
    symlink(overlay.path(), &way).unwrap();
    assert_eq!(read(&way.canonicalize().unwrap()).unwrap().1.len(), 1);
    symlink(outside.path(), overlay.path().join("inside")).unwrap();
    assert!(refusal(&overlay).starts_with("inside: a link out"));
}

#[test]
fn what_is_no_file_is_refused() {
    let overlay = skeleton(&[("a.md", "")]);
    let _socket = UnixListener::bind(overlay.path().join("door")).unwrap();
    assert!(refusal(&overlay).starts_with("door: it is neither"));
}

#[test]
fn a_size_that_no_skeleton_has_is_refused_without_being_read() {
    let overlay = skeleton(&[("a.md", "")]);
    fs::File::create(overlay.path().join("huge")).unwrap().set_len(1 << 40).unwrap();
    assert!(refusal(&overlay).contains("larger than 64 MiB"));
}

#[test]
fn everything_that_is_unsafe_is_reported_at_once() {
    let overlay = skeleton(&[("a.md", ""), ("sub/.git/config", ""), ("sub/b.md", ""), ("z/.liquid", "")]);
    for (name, target) in [("first", "/etc/passwd"), ("sub/second", "../../outside"), ("within", "a.md")] {
        symlink(target, overlay.path().join(name)).unwrap();
    }
    let _socket = UnixListener::bind(overlay.path().join("sub/door")).unwrap();
    for name in ["huge", "sub/huge"] {
        fs::File::create(overlay.path().join(name)).unwrap().set_len(1 << 40).unwrap();
    }
    let failure = render(&overlay).err().unwrap();
    let refused: Vec<String> = failure.problems().map(|problem| problem.place.as_ref().unwrap().file.clone()).collect();
    assert_eq!(refused, ["first", "huge", "sub/.git", "sub/door", "sub/huge", "sub/second", "z/.liquid"]);
    assert!(failure.problems().all(|problem| !problem.hints.is_empty()), "{failure:?}");
    // What is too much only together is said once, of the file with which it is.
    let overlay = skeleton(&[]);
    for name in ["a", "b", "c", "d"] {
        fs::File::create(overlay.path().join(name)).unwrap().set_len(40 * 1024 * 1024).unwrap();
    }
    symlink("/etc/passwd", overlay.path().join("e")).unwrap();
    let failure = render(&overlay).err().unwrap();
    let messages: Vec<&str> = failure.problems().map(|problem| problem.message.as_str()).collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages[0].starts_with("b: with it the template is larger") && messages[1].starts_with("e: a link out"));
}

#[test]
fn no_more_problems_are_listed_than_somebody_reads() {
    let overlay = skeleton(&[]);
    (0..200).for_each(|n| symlink("/etc/passwd", overlay.path().join(n.to_string())).unwrap());
    let failure = render(&overlay).err().unwrap();
    assert_eq!(failure.problems().count(), 51);
    assert!(failure.problems().last().unwrap().message.contains("there may be more"));
}

#[test]
fn more_files_or_deeper_directories_than_any_skeleton_has_are_refused() {
    let many = skeleton(&[]);
    (0..=10_000).for_each(|n| fs::write(many.path().join(n.to_string()), "").unwrap());
    assert!(refusal(&many).contains("more than 10000 files"));
    let deep = skeleton(&[(&format!("{}a", "d/".repeat(40)), "")]);
    assert!(refusal(&deep).contains("directories deep"));
}

#[test]
fn names_that_would_be_taken_for_something_else_are_refused() {
    for path in [
        "sub/.git/config",
        "sub/.GIT",
        "a\nb",
        ".jwt-allauth.toml",
        ".jwt-allauth-stage-0123456789abcdef/new/a",
        "a/.liquid",
    ] {
        refusal(&skeleton(&[(path, "")]));
    }
}

#[test]
fn its_repository_its_manifest_and_what_it_ignores_stay_out_of_projects() {
    let overlay = skeleton(&[
        (".git/config", "x"),
        ("jwt-allauth.toml", "[template]\nignore = [\"README.md\", \"./notes/\"]\n"),
        ("README.md", "about the skeleton"),
        ("README.md.liquid", "of the project"),
        ("notes/a", ""),
    ]);
    let tree = render(&overlay).unwrap();
    assert_eq!(contents(&tree, "README.md"), b"of the project");
    for path in [".git/config", "jwt-allauth.toml", "notes/a"] {
        assert!(tree.get(path).is_none(), "{path}");
    }
}

#[test]
fn two_files_for_one_place_and_a_file_in_place_of_a_directory_are_refused() {
    assert!(refusal(&skeleton(&[("a", ""), ("a.liquid", "")])).contains("twice"));
    assert!(refusal(&skeleton(&[("docs", "")])).starts_with("docs: "));
    assert!(refusal(&skeleton(&[("deny.toml/a", "")])).starts_with("deny.toml/a: "));
}

#[test]
fn an_empty_directory_is_no_template() {
    assert!(refusal(&skeleton(&[])).contains("holds no files"));
}

#[test]
fn a_secret_is_refused_in_a_file_that_would_be_committed() {
    assert!(refusal(&skeleton(&[("notes.md.liquid", "{{ cron_secret }}")])).contains("secret"));
}

#[test]
fn what_it_breaks_is_found_before_anything_is_written() {
    assert!(refusal(&skeleton(&[("a.toml.liquid", "= 1")])).starts_with("a.toml"));
    assert!(refusal(&skeleton(&[("Cargo.toml", "[package]\nname = \"other\"\n")])).contains("`shop`"));
    assert!(refusal(&skeleton(&[("a.md.liquid", "{{ nobody }}")])).starts_with("a.md.liquid:1:1: "));
}

#[test]
fn an_answer_cannot_break_out_of_the_file_it_goes_into() {
    let tree = render(&skeleton(&[("a.toml.liquid", "a = \"{{ company }}\""), ("a.rs.liquid", "\"{{ company }}\"")]));
    let tree = tree.unwrap();
    assert_eq!(contents(&tree, "a.toml"), br#"a = "A \"B\" C""#);
    assert_eq!(contents(&tree, "a.rs"), br#""A \"B\" C""#);
}

#[test]
fn the_stamp_names_the_overlay_and_its_answers() {
    let tree = render(&skeleton(&[("jwt-allauth.toml", "[template]\nname = \"ours\"\nversion = \"3\""), ("a", "")]));
    let stamp = String::from_utf8(contents(&tree.unwrap(), ".jwt-allauth.toml").to_vec()).unwrap();
    let stamp: toml::Table = stamp.parse().unwrap();
    assert_eq!(stamp["overlay"]["name"].as_str(), Some("ours"));
    assert_eq!(stamp["overlay"]["version"].as_str(), Some("3"));
    assert_eq!(stamp["placeholders"]["company"].as_str(), Some("A \"B\" C"));
}

#[test]
fn a_file_can_take_up_the_one_that_it_replaces() {
    let manifest = "{% capture all %}{% include \"built-in/Cargo.toml\" %}{% endcapture %}\
                    {{ all | append: \"publish = false\" }}";
    let readme = "{% include \"built-in/README.md\" %} by us";
    let tree = render(&skeleton(&[("Cargo.toml.liquid", manifest), ("README.md.liquid", readme)])).unwrap();
    assert_eq!(contents(&tree, "Cargo.toml"), b"[package]\nname = \"shop\"\npublish = false");
    assert_eq!(contents(&tree, "README.md"), b"# shop by us");
}

#[test]
fn a_file_that_others_include_can_be_replaced_with_them_by_one_that_is_rendered() {
    let one = "{% include \"built-in/docs/one.md\" %} and more";
    let tree = render(&skeleton(&[("docs/one.md.liquid", one), ("all.md", "ours")])).unwrap();
    assert_eq!(contents(&tree, "docs/one.md"), b"one and more");
}

#[test]
fn what_is_not_kept_is_left_out_and_can_still_be_included() {
    let manifest = "[template]\nkeep = [\"/Cargo.toml\", \"docs\", \"!docs/two.md\", \"README.md\"]";
    let overlay = [(manifest::PATH, manifest.to_owned()), ("a.liquid", "{% include \"built-in/deny.toml\" %}".into())];
    let overlay: Vec<(&str, &str)> = overlay.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let failure = refusal(&skeleton(&overlay));
    assert!(failure.contains("`!docs/two.md` in `keep` matches no file"), "{failure}");
    let manifest = manifest.replace("!docs/two.md", "!docs/one.md");
    let tree = render(&skeleton(&[(manifest::PATH, &manifest), overlay[1]])).unwrap();
    let paths: Vec<&str> = tree.files().iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, [".jwt-allauth.toml", "Cargo.toml", "README.md", "a"]);
}

#[test]
fn a_link_to_what_is_not_kept_leads_nowhere() {
    let overlay = skeleton(&[(manifest::PATH, "[template]\nkeep = [\"Cargo.toml\"]")]);
    symlink("deny.toml", overlay.path().join("link")).unwrap();
    assert!(refusal(&overlay).starts_with("link: a link to `deny.toml`"));
}
