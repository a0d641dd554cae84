//! Works around cargo-generate's pitfalls: where it would fail or lose something, its copy of a file contains a mark,
//! and the mark is resolved in the rendered file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use walkdir::WalkDir;

use super::files::Files;
use super::heard::Scripts;
use super::scripts;
use super::undefined::{self, Judgement, Names, judged, not_defined};
use crate::answers::Value;
use crate::failure::Failure;
use crate::template::circumstances;
use crate::template::source::{Form, Source};
use crate::template::tags;
use crate::template::walk::refused;

pub(in crate::template) const SCRIPT: &str = ".rhai";

pub(super) struct Stage<'a> {
    /// Random for each render, so that no template contains it.
    key: String,
    pub(super) files: &'a Files,
    pub(super) known: &'a [String],
    pub(super) answers: &'a BTreeMap<String, Value>,
    /// The template's, in the directory.
    pub(super) folder: &'a str,
    /// Whether scripts run first, which may define unknown names.
    pub(super) scripts_run: bool,
    marks: Vec<Mark>,
    /// Names that only the scripts can define.
    asked_for: Vec<String>,
    /// Files, with a name in their path that only the scripts can define.
    named: Vec<(String, String)>,
    /// Whether scripts say which one they are, and print through this process.
    are_heard: bool,
    pub(super) scripts: Scripts,
    /// Whether a script has failed that is a filter, which leaves its file as it was.
    pub(super) filters_fail: bool,
}

enum Mark {
    /// A whole file that is not text, or a link.
    Whole(Source),
    /// Text that looks like a tag and belongs to another tool.
    Foreign(String),
    /// A tag with an undefined variable, which cargo-generate would replace by an empty string.
    Undefined { path: String, position: (usize, usize), name: String, tag: String, given: String },
    /// Inside a comment that rendering removes. If it is still there, the file was not rendered although it should have
    /// been. The positions are those of the tags in it that can fail.
    Rendered { path: String, positions: Vec<(usize, usize)>, has_script: bool },
    /// cargo-generate drops the mode of a file whose name it renders.
    Executable,
}

impl<'a> Stage<'a> {
    pub(super) fn new(
        key: u64,
        files: &'a Files,
        known: &'a [String],
        answers: &'a BTreeMap<String, Value>,
        folder: &'a str,
        scripts_run: bool,
        (are_heard, ask): (bool, bool),
    ) -> Self {
        let (marks, asked_for, named) = (Vec::new(), Vec::new(), Vec::new());
        let key = format!("jwtallauth{key:016x}");
        let scripts = Scripts::new(&key, ask);
        Self {
            key,
            files,
            known,
            answers,
            folder,
            scripts_run,
            marks,
            asked_for,
            named,
            are_heard,
            scripts,
            filters_fail: false,
        }
    }

    /// A script that runs after the template's own, records which of the names are now defined, and says which of those in
    /// paths are not.
    pub(super) fn inquiry(&self) -> Option<String> {
        let line = |(number, name): (usize, &String)| {
            format!("variable::set(\"{}\", variable::is_set(\"{name}\"));\n", self.answer(number))
        };
        let lack = |(number, (path, name)): (usize, &(String, String))| {
            let path = path.strip_prefix(self.folder).unwrap_or(path).trim_start_matches('/');
            let path = path.replace('\\', "\\\\").replace('"', "\\\"");
            let lack = self.scripts.lack(number);
            // A script may have removed the file.
            format!("if file::exists(\"{path}\") && !variable::is_set(\"{name}\") {{ {lack}; }}\n")
        };
        let lacks = self.named.iter().enumerate().filter(|_| self.scripts_run).map(lack);
        let introduction = if self.are_heard && self.scripts_run { self.scripts.conclusion() } else { String::new() };
        let lines = self.asked_for.iter().enumerate().map(line).chain(lacks);
        let script: String = [introduction].into_iter().chain(lines).collect();
        (!script.is_empty()).then_some(script)
    }

    /// Notes names in the paths of files, which cargo-generate would replace by nothing.
    pub(super) fn name(&mut self, named: Vec<(String, String)>) {
        self.named = named;
    }

    /// The names in paths that are not defined. `lacking` are those that the scripts have left so.
    pub(super) fn unnamed(&self, lacking: &BTreeSet<usize>) -> Vec<Failure> {
        let named = self.named.iter().enumerate();
        let is_lacking = |(number, _): &(usize, _)| !self.scripts_run || lacking.contains(number);
        named.filter(is_lacking).map(|(_, (path, name))| undefined::unnamed(path, name)).collect()
    }

    /// The variable that holds the answer for a name.
    fn answer(&self, number: usize) -> String {
        format!("{}s{number}", self.key)
    }

    /// The copy of a file for cargo-generate.
    pub(super) fn given(&mut self, source: &Source) -> Vec<u8> {
        let Some(text) = source.text().filter(|_| source.form != Form::Link) else {
            return self.mark(Mark::Whole(source.clone())).into_bytes();
        };
        if self.are_heard && source.path.ends_with(SCRIPT) {
            return self.scripts.copy(&source.path, text).into_bytes();
        }
        if is_for_cargo_generate(&source.path) || !self.files.are_rendered(source.target()) {
            return text.into();
        }
        let given = self.without_pitfalls(&source.path, text);
        let mut given = circumstances::at_moment(&given, |name| self.answers.get(name)).into_owned();
        if source.form == (Form::File { executable: true }) && source.path.contains("{{") {
            given.push_str(&self.mark(Mark::Executable));
        }
        let positions = can_fail(text);
        let has_script = !scripts::filters_of(source).is_empty();
        let rendered = self.mark(Mark::Rendered { path: source.path.clone(), positions, has_script });
        let rendered = format!("{{% comment %}}{rendered}{{% endcomment %}}");
        // After a brace it would not be recognized as a tag.
        let at = if given.ends_with('{') { 0 } else { given.len() };
        given.insert_str(at, &rendered);
        given.into_bytes()
    }

    fn without_pitfalls(&mut self, path: &str, text: &str) -> String {
        let tags = tags::tags(text);
        let all = Names::of(&tags);
        let mut given = String::with_capacity(text.len());
        let mut rest = 0;
        for tag in tags.iter().filter(|tag| tag.is_output()) {
            let end = tag.offset + tag.text.len() + "{{}}".len();
            let (start, put) = match judged(text, &all, tag, self.known) {
                Judgement::Foreign => (tag.offset - 1, self.mark(Mark::Foreign(text[tag.offset - 1..end].to_owned()))),
                Judgement::Undefined(names) => {
                    let position = tags::position(text, tag.offset);
                    (tag.offset, self.unless_defined(path, position, &names, &text[tag.offset..end]))
                }
                Judgement::Fine => continue,
            };
            given.push_str(&text[rest..start]);
            given.push_str(&put);
            rest = end;
        }
        given.push_str(&text[rest..]);
        given
    }

    /// A mark for each undefined name. If scripts may define the names, a condition that keeps the tag in case all are
    /// defined.
    fn unless_defined(&mut self, path: &str, position: (usize, usize), names: &[&str], tag: &str) -> String {
        let (path, tag) = (path.to_owned(), tag.to_owned());
        let first = self.marks.len();
        let mark = |name: &&str| {
            let (path, tag, name) = (path.clone(), tag.clone(), (*name).to_owned());
            Mark::Undefined { path, position, name, tag, given: String::new() }
        };
        if !self.scripts_run {
            let token = names.first().map(|name| self.mark(mark(name))).unwrap_or_default();
            return self.remembered(first, quoted(&token));
        }
        let trims = |side: &str, trimmed: bool| if trimmed { side.to_owned() } else { String::new() };
        let (before, after) = (trims("-", tag.starts_with("{{-")), trims("-", tag.ends_with("-}}")));
        let mut given = tag.clone();
        for name in names.iter().rev() {
            let token = quoted(&self.mark(mark(name)));
            let number = self.asked_for.iter().position(|asked| asked == name).unwrap_or_else(|| {
                self.asked_for.push((*name).to_owned());
                self.asked_for.len() - 1
            });
            let answer = self.answer(number);
            given = format!("{{%{before} if {answer} %}}{given}{{% else %}}{token}{{% endif {after}%}}");
        }
        self.remembered(first, given)
    }

    /// Stores in the marks from `first` on what replaced their tag.
    fn remembered(&mut self, first: usize, put: String) -> String {
        for mark in &mut self.marks[first..] {
            if let Mark::Undefined { given, .. } = mark {
                given.clone_from(&put);
            }
        }
        put
    }

    fn mark(&mut self, mark: Mark) -> String {
        self.marks.push(mark);
        format!("{}x{}x", self.key, self.marks.len() - 1)
    }

    /// The file that cargo-generate was at when it ended: it renders them one after another in a copy, in this order.
    pub(super) fn not_rendered(&self, copies: &Path) -> Option<&str> {
        let begin = format!("{}x", self.key);
        let walk = WalkDir::new(copies).sort_by_file_name().contents_first(true).into_iter().flatten();
        let files = walk.filter(|entry| entry.file_type().is_file());
        files.filter_map(|entry| fs::read_to_string(entry.path()).ok()).find_map(|text| {
            let numbers = text.split(&begin).skip(1).filter_map(|token| token.split('x').next()?.parse::<usize>().ok());
            numbers.filter_map(|number| self.marks.get(number)).find_map(|mark| match mark {
                Mark::Rendered { path, .. } => Some(path.as_str()),
                _ => None,
            })
        })
    }

    /// Resolves the marks in a rendered file, or returns all its problems. None if a script has failed in it, which is said of
    /// the script.
    pub(super) fn restored(&self, mut file: Source) -> Result<Option<Source>, Failure> {
        if let Some(original) = file.text().and_then(|text| self.scripts.original(text)) {
            return Ok(Some(Source { contents: original.to_owned().into_bytes().into(), ..file }));
        }
        let Some(text) = std::str::from_utf8(&file.contents).ok().filter(|text| text.contains(&self.key)) else {
            return Ok(Some(file));
        };
        let mut text = text.to_owned();
        let (mut failures, mut is_left) = (Vec::new(), false);
        for (number, mark) in self.marks.iter().enumerate() {
            let token = format!("{}x{number}x", self.key);
            if !text.contains(&token) {
                continue;
            }
            match mark {
                Mark::Whole(source) if text.trim() == token => {
                    return Ok(Some(Source { path: file.path, ..source.clone() }));
                }
                Mark::Whole(source) => failures
                    .push(refused(&source.path, "it is not text and cannot be included").hint("include text only")),
                Mark::Foreign(original) => text = text.replace(&token, original),
                // The file was not rendered, so the tag stays as it was.
                Mark::Undefined { tag, given, .. } if text.contains(given) => text = text.replace(given, tag),
                Mark::Undefined { path, position, name, .. } => {
                    failures.push(not_defined(path, *position, name));
                }
                Mark::Rendered { has_script: true, .. } if self.filters_fail => is_left = true,
                Mark::Rendered { path, positions, .. } => failures.push(not_rendered(path, positions)),
                Mark::Executable => {
                    text = text.replace(&token, "");
                    file.form = Form::File { executable: true };
                }
            }
        }
        Failure::gathered(failures)?;
        file.contents = text.into_bytes().into();
        Ok((!is_left).then_some(file))
    }
}

/// The positions of tags that can fail when they are rendered: those with filters, indices or ranges.
fn can_fail(text: &str) -> Vec<(usize, usize)> {
    let tags = tags::tags(text).into_iter().filter(|tag| ["|", "[", ".."].iter().any(|sign| tag.text.contains(sign)));
    tags.map(|tag| tags::position(text, tag.offset)).collect()
}

fn not_rendered(path: &str, positions: &[(usize, usize)]) -> Failure {
    let why = "cargo-generate left it as it was: a filter or a value in it fails";
    let places: Vec<String> = positions.iter().map(|(line, column)| format!("{line}:{column}")).collect();
    let why = if places.len() > 1 { format!("{why}, at one of {}", places.join(", ")) } else { why.to_owned() };
    Failure::at(path, positions.first().copied(), &why)
        .hint("name it under `exclude` of `[template]` if it is not to be rendered")
}

/// Scripts and ignore lists, which cargo-generate reads in place.
fn is_for_cargo_generate(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(SCRIPT).is_some() || name == ".genignore"
}

fn quoted(token: &str) -> String {
    format!("{{{{ \"{token}\" }}}}")
}
