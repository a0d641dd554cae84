//! Complete templates against cargo-generate itself: `tests/conformance` holds a page for each part of its configuration, with
//! the files of a template, the answers, and what `cargo generate` made of them (`.ci/conformance` records that anew).
//! A page whose name begins with `differs` is of an intended difference, and says what is made here instead.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use walkdir::WalkDir;

use crate::support::{Place, Ran};

const NAME: &str = "my-shop";
const STAMP: &str = ".jwt-allauth.toml";
/// What files are called on a page that are not plain text.
const EXECUTABLE: &str = " (executable)";
const BASE64: &str = " (base64)";
const RECORDED: &str = "-- recorded";
const FAILED: &str = "recorded-failure";

/// Contents and whether they may be executed, by path.
type Tree = BTreeMap<String, (Vec<u8>, bool)>;

struct Page {
    path: PathBuf,
    text: String,
    sections: BTreeMap<String, (Vec<u8>, bool)>,
}

impl Page {
    fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
        let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.into_iter().map(Self::read).collect()
    }

    fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap();
        let mut sections: Vec<(String, String)> = Vec::new();
        for line in text.split_inclusive('\n') {
            match line.strip_prefix("-- ").and_then(|line| line.trim_end().strip_suffix(" --")) {
                Some(name) => sections.push((name.to_owned(), String::new())),
                None => sections.last_mut().into_iter().for_each(|(_, contents)| contents.push_str(line)),
            }
        }
        Self { sections: sections.into_iter().map(|(name, contents)| section(&name, &contents)).collect(), path, text }
    }

    fn below(&self, folder: &str) -> Tree {
        let inside = |(path, file): (&String, &(Vec<u8>, bool))| {
            Some((path.strip_prefix(folder)?.strip_prefix('/')?.to_owned(), file.clone()))
        };
        self.sections.iter().filter_map(inside).collect()
    }

    fn text_of(&self, section: &str) -> Option<String> {
        self.sections.get(section).map(|(contents, _)| String::from_utf8(contents.clone()).unwrap())
    }

    /// The template, and its answers as both programs read them.
    fn place(&self) -> Place {
        let place = Place::new();
        for (path, (contents, executable)) in self.below("template") {
            let path = place.work().join("t").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, contents).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(if executable { 0o755 } else { 0o644 })).unwrap();
        }
        let chosen = self.text_of("sub-template").map(|folder| format!("sub_template = \"{}\"\n", folder.trim()));
        let answers = self.text_of("answers").unwrap() + &chosen.unwrap_or_default();
        place.write("answers.toml", &format!("[values]\n{answers}"));
        place
    }

    fn ours(&self) -> (Place, Ran) {
        let place = self.place();
        let line =
            format!("startproject {NAME} --vcs none --template t --values-file answers.toml --allow-commands -y");
        let mut command = place.command(&line);
        command.envs(SOMEBODY);
        let output = command.output().unwrap();
        (place, Ran::of(&output))
    }

    /// Nothing where it fails.
    fn theirs(&self, program: &str) -> Option<Tree> {
        let place = self.place();
        place.write("config.toml", "");
        fs::create_dir(place.work().join("out")).unwrap();
        let mut command = Command::new(program);
        command.args(["generate", "--path", "t", "--name", NAME, "--destination", "out", "--config", "config.toml"]);
        command.args(["--values-file", "answers.toml", "--vcs", "none", "--silent", "--force", "--allow-commands"]);
        command.args(self.text_of("sub-template").map(|folder| folder.trim().to_owned()));
        command.current_dir(place.work()).env_clear().env("PATH", std::env::var_os("PATH").unwrap()).envs(SOMEBODY);
        let output = command.output().unwrap();
        output.status.success().then(|| tree(&place.work().join("out").join(NAME)))
    }

    fn recorded_anew(&self, theirs: Option<Tree>) -> String {
        let mut text = self.text.split(RECORDED).next().unwrap().to_owned();
        let Some(theirs) = theirs else { return text + &format!("-- {FAILED} --\n") };
        for (path, (contents, executable)) in theirs {
            let mode = if executable { EXECUTABLE } else { "" };
            match String::from_utf8(contents) {
                Ok(contents) if contents.ends_with('\n') || contents.is_empty() => {
                    write!(text, "{RECORDED}/{path}{mode} --\n{contents}").unwrap();
                }
                Ok(contents) => write!(text, "{RECORDED}/{path}{mode} --\n{contents}\\\n").unwrap(),
                Err(error) => {
                    let contents = STANDARD.encode(error.as_bytes());
                    write!(text, "{RECORDED}/{path}{BASE64}{mode} --\n{contents}\n").unwrap();
                }
            }
        }
        text
    }
}

const SOMEBODY: [(&str, &str); 3] = [("CARGO_NAME", "Ada"), ("CARGO_EMAIL", "ada@example.com"), ("USER", "ada")];

/// A backslash at the very end takes the line break after it away.
fn section(name: &str, contents: &str) -> (String, (Vec<u8>, bool)) {
    let executable = name.ends_with(EXECUTABLE);
    let name = name.strip_suffix(EXECUTABLE).unwrap_or(name);
    if let Some(name) = name.strip_suffix(BASE64) {
        return (name.to_owned(), (STANDARD.decode(contents.trim()).unwrap(), executable));
    }
    let contents = contents.strip_suffix("\\\n").unwrap_or(contents);
    (name.to_owned(), (contents.into(), executable))
}

fn tree(root: &Path) -> Tree {
    let files = WalkDir::new(root).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    let files = files.map(|entry| {
        let path = entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        let executable = entry.metadata().unwrap().permissions().mode() & 0o100 != 0;
        (path, (fs::read(entry.path()).unwrap(), executable))
    });
    files.filter(|(path, _)| path != STAMP).collect()
}

/// Fit to be read where two differ.
fn shown(tree: &Tree) -> String {
    tree.iter().fold(String::new(), |mut text, (path, (contents, executable))| {
        writeln!(text, "{path} {executable} {:?}", String::from_utf8_lossy(contents)).unwrap();
        text
    })
}

#[test]
fn every_part_of_the_configuration_gives_what_cargo_generate_gives() {
    let pages = Page::all();
    assert!(pages.len() > 15, "the pages are there");
    for page in pages {
        let name = page.path.display();
        let (place, ran) = page.ours();
        if let Some(said) = page.text_of("refused") {
            ran.ended_with(4).saying(said.trim());
            assert_eq!(place.entries(), ["answers.toml", "t"], "{name}");
            continue;
        }
        ran.succeeded();
        let [ours, recorded] = [page.below("ours"), page.below("recorded")];
        let expected = if ours.is_empty() { &recorded } else { &ours };
        let made = tree(&place.work().join(NAME));
        assert!(!expected.is_empty(), "{name}: nothing is recorded");
        assert_eq!(shown(&made), shown(expected), "{name}");
        assert!(made == *expected, "{name}: bytes that are not text");
    }
}

#[test]
fn what_is_called_a_difference_is_one() {
    for page in Page::all() {
        let differs = page.path.file_name().unwrap().to_str().unwrap().starts_with("differs");
        let ours = page.below("ours");
        let is_different = page.text_of("refused").is_some() || (!ours.is_empty() && ours != page.below("recorded"));
        assert_eq!(differs, is_different, "{}", page.path.display());
        assert!(differs == page.text.starts_with("Intended: "), "{}", page.path.display());
    }
}

#[test]
#[ignore = "needs cargo-generate: .ci/conformance [record]"]
fn what_is_recorded_is_what_cargo_generate_gives() {
    let program = std::env::var("CARGO_GENERATE").unwrap();
    for page in Page::all() {
        let recorded = page.recorded_anew(page.theirs(&program));
        if std::env::var_os("RECORD").is_some() {
            fs::write(&page.path, recorded).unwrap();
        } else {
            assert_eq!(page.text, recorded, "{}", page.path.display());
        }
    }
}
