//! What cargo-generate does badly is kept from it: where it would fail or forget, the copy that it is given holds a mark,
//! and what it renders is put right after the marks.

use std::collections::BTreeMap;

use super::files::Files;
use crate::answers::Value;
use crate::failure::{Failure, Kind};
use crate::template::circumstances;
use crate::template::source::{Form, Source};
use crate::template::tags::{self, Tag};
use crate::template::walk::refused;

pub(in crate::template) const SCRIPT: &str = ".rhai";
/// What cargo-generate adds to Liquid.
pub(in crate::template) const FILTERS: [&str; 9] = [
    "kebab_case",
    "lower_camel_case",
    "pascal_case",
    "rhai",
    "shouty_kebab_case",
    "shouty_snake_case",
    "snake_case",
    "title_case",
    "upper_camel_case",
];

pub(super) struct Stage<'a> {
    /// Occurs in no template: drawn anew for each rendering.
    key: String,
    files: &'a Files,
    known: &'a [String],
    answers: &'a BTreeMap<String, Value>,
    marks: Vec<Mark>,
}

enum Mark {
    /// The whole of a file that is not text, or a link.
    Whole(Source),
    /// Text that looks like a tag and belongs to another tool.
    Foreign(String),
    /// A tag whose variable nothing defines; cargo-generate would make it the empty string.
    Undefined { place: String, tag: String, name: String },
    /// A comment that rendering removes: what still has it was not rendered, though it was meant to be.
    Rendered(String),
    /// Under a name that is rendered as well, a file loses its mode.
    Executable,
}

impl<'a> Stage<'a> {
    pub(super) fn new(key: u64, files: &'a Files, known: &'a [String], answers: &'a BTreeMap<String, Value>) -> Self {
        Self { key: format!("jwtallauth{key:016x}"), files, known, answers, marks: Vec::new() }
    }

    /// What cargo-generate gets to see of a file.
    pub(super) fn given(&mut self, source: &Source) -> Vec<u8> {
        let Some(text) = source.text().filter(|_| source.form != Form::Link) else {
            return self.mark(Mark::Whole(source.clone())).into_bytes();
        };
        if is_for_cargo_generate(&source.path) || !self.files.are_rendered(source.target()) {
            return text.into();
        }
        let given = self.without_pitfalls(&source.path, text);
        let mut given = circumstances::at_moment(&given, |name| self.answers.get(name)).into_owned();
        if source.form == (Form::File { executable: true }) && source.path.contains("{{") {
            given.push_str(&self.mark(Mark::Executable));
        }
        let rendered = self.mark(Mark::Rendered(source.path.clone()));
        given.extend(["{% comment %}", &rendered, "{% endcomment %}"]);
        given.into_bytes()
    }

    fn without_pitfalls(&mut self, path: &str, text: &str) -> String {
        let tags = tags::tags(text);
        let mut given = String::with_capacity(text.len());
        let mut rest = 0;
        for tag in tags.iter().filter(|tag| tag.is_output()) {
            let end = tag.offset + tag.text.len() + "{{}}".len();
            let (start, mark) = match judged(text, &tags, tag, self.known) {
                Judgement::Foreign => (tag.offset - 1, Mark::Foreign(text[tag.offset - 1..end].to_owned())),
                Judgement::Undefined(name) => {
                    let (line, column) = tags::position(text, tag.offset);
                    let tag_text = text[tag.offset..end].to_owned();
                    let place = format!("{path}:{line}:{column}");
                    (tag.offset, Mark::Undefined { place, tag: tag_text, name: name.to_owned() })
                }
                Judgement::Fine => continue,
            };
            given.push_str(&text[rest..start]);
            let is_undefined = matches!(mark, Mark::Undefined { .. });
            let mark = self.mark(mark);
            given.push_str(&if is_undefined { quoted(&mark) } else { mark });
            rest = end;
        }
        given.push_str(&text[rest..]);
        given
    }

    fn mark(&mut self, mark: Mark) -> String {
        self.marks.push(mark);
        format!("{}x{}x", self.key, self.marks.len() - 1)
    }

    /// A file as it was meant, or what is wrong with it.
    pub(super) fn restored(&self, mut file: Source) -> Result<Source, Failure> {
        let Some(text) = std::str::from_utf8(&file.contents).ok().filter(|text| text.contains(&self.key)) else {
            return Ok(file);
        };
        let mut text = text.to_owned();
        for (number, mark) in self.marks.iter().enumerate() {
            let token = format!("{}x{number}x", self.key);
            if !text.contains(&token) {
                continue;
            }
            match mark {
                Mark::Whole(source) if text.trim() == token => return Ok(Source { path: file.path, ..source.clone() }),
                Mark::Whole(source) => return Err(refused(&source.path, "it is not text and cannot be included")),
                Mark::Foreign(original) => text = text.replace(&token, original),
                // In a file that was not to be rendered it is still a tag.
                Mark::Undefined { tag, .. } if text.contains(&quoted(&token)) => {
                    text = text.replace(&quoted(&token), tag);
                }
                Mark::Undefined { place, name, .. } => {
                    return Err(Failure::new(
                        Kind::Template,
                        format!("{place}: `{name}` is not a variable of this template"),
                    )
                    .hint(format!("declare it under `[placeholders]`, or give it a value: `-d {name}=…`")));
                }
                Mark::Rendered(path) => {
                    return Err(refused(path, "cargo-generate left it as it was: a filter or a value in it fails")
                        .hint("name it under `exclude` of `[template]` if it is not to be rendered"));
                }
                Mark::Executable => {
                    text = text.replace(&token, "");
                    file.form = Form::File { executable: true };
                }
            }
        }
        file.contents = text.into_bytes().into();
        Ok(file)
    }
}

enum Judgement<'t> {
    Fine,
    /// For another tool.
    Foreign,
    Undefined(&'t str),
}

fn judged<'t>(text: &str, tags: &[Tag<'t>], tag: &Tag<'t>, known: &[String]) -> Judgement<'t> {
    let defined = tags::defined(tags);
    let unknown = tag.uses().find(|name| !defined.contains(name) && !known.iter().any(|known| known == name));
    match unknown {
        _ if is_foreign(text, tag, unknown.is_some()) => Judgement::Foreign,
        Some(name) if !is_optional(tags, tag, name) => Judgement::Undefined(name),
        _ => Judgement::Fine,
    }
}

/// The tags of a text that ask for what nothing defines.
pub(in crate::template) fn undefined<'t>(text: &'t str, known: &[String]) -> Vec<(Tag<'t>, &'t str)> {
    let tags = tags::tags(text);
    let undefined = |tag: &Tag<'t>| match judged(text, &tags, tag, known) {
        Judgement::Undefined(name) => Some((*tag, name)),
        Judgement::Fine | Judgement::Foreign => None,
    };
    tags.iter().filter(|tag| tag.is_output()).filter_map(undefined).collect()
}

pub(in crate::template) fn is_of_a_workflow(text: &str, tag: &Tag, known: &[String]) -> bool {
    tag.is_output() && matches!(judged(text, &tags::tags(text), tag, known), Judgement::Foreign)
}

/// Scripts and lists that it reads where they lie.
fn is_for_cargo_generate(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(SCRIPT).is_some() || name == ".genignore"
}

fn quoted(token: &str) -> String {
    format!("{{{{ \"{token}\" }}}}")
}

/// `${{ … }}` is the language of workflows, unless it asks for what this template defines.
fn is_foreign(text: &str, tag: &Tag, is_unknown: bool) -> bool {
    let is_dollar = text[..tag.offset].ends_with('$');
    is_dollar && (is_unknown || tag.uses().next().is_none())
}

/// Asked about beforehand, or with a default: its author knows that it may be missing.
fn is_optional(tags: &[Tag], tag: &Tag, name: &str) -> bool {
    tag.text.contains("default") || tags.iter().any(|other| !other.is_output() && other.uses().any(|used| used == name))
}
