//! Names without a value: which tags use one, and which tags belong to another tool.

use std::collections::BTreeSet;

use crate::failure::Failure;
use crate::template::tags::{self, Tag};

/// Filters that cargo-generate adds to Liquid.
const FILTERS: [&str; 9] = [
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

pub(super) fn not_defined(path: &str, position: (usize, usize), name: &str) -> Failure {
    Failure::at(path, Some(position), &format!("`{name}` is not a variable of this template")).hint(remedy(name))
}

/// What lint says of it, too.
pub(in crate::template) fn not_defined_in_name(name: &str) -> String {
    format!("`{name}` in the name of the file is not a variable of this template")
}

pub(super) fn unnamed(path: &str, name: &str) -> Failure {
    Failure::at(path, None, &not_defined_in_name(name)).hint(remedy(name))
}

fn remedy(name: &str) -> String {
    format!("declare it under `[placeholders]`, or give it a value: `-d {name}=…`")
}

pub(super) enum Judgement<'t> {
    Fine,
    /// Belongs to another tool.
    Foreign,
    /// Uses these undefined names.
    Undefined(Vec<&'t str>),
}

/// The names in the tags of a text.
pub(super) struct Names<'t> {
    defined: BTreeSet<&'t str>,
    /// Tested in a condition, so the author knows that they may be undefined.
    asked_about: BTreeSet<&'t str>,
}

impl<'t> Names<'t> {
    pub(super) fn of(tags: &[Tag<'t>]) -> Self {
        let asked_about = tags.iter().filter(|tag| !tag.is_output()).flat_map(Tag::uses).collect();
        Self { defined: tags::defined(tags), asked_about }
    }
}

pub(super) fn judged<'t>(text: &str, all: &Names, tag: &Tag<'t>, known: &[String]) -> Judgement<'t> {
    if is_foreign(text, tag, unknown(all, tag, known).next().is_some()) {
        return Judgement::Foreign;
    }
    let undefined = undefined_of(all, tag, known);
    if undefined.is_empty() { Judgement::Fine } else { Judgement::Undefined(undefined) }
}

fn unknown<'t>(all: &Names, tag: &Tag<'t>, known: &[String]) -> impl Iterator<Item = &'t str> {
    tag.uses().filter(|name| !all.defined.contains(name) && !known.iter().any(|known| known == name))
}

fn undefined_of<'t>(all: &Names, tag: &Tag<'t>, known: &[String]) -> Vec<&'t str> {
    // A name with a default may be undefined too.
    let is_optional = |name: &&str| tag.text.contains("default") || all.asked_about.contains(name);
    unknown(all, tag, known).filter(|name| !is_optional(name)).collect()
}

/// The tags of a text that use undefined names.
pub(in crate::template) fn undefined<'t>(text: &'t str, known: &[String]) -> Vec<(Tag<'t>, &'t str)> {
    let tags = tags::tags(text);
    let all = Names::of(&tags);
    let undefined = |tag: &Tag<'t>| match judged(text, &all, tag, known) {
        Judgement::Undefined(names) => names.first().map(|name| (*tag, *name)),
        Judgement::Fine | Judgement::Foreign => None,
    };
    tags.iter().filter(|tag| tag.is_output()).filter_map(undefined).collect()
}

/// The undefined names in the path of a file. No other tool has tags there.
pub(in crate::template) fn undefined_in_path<'t>(path: &'t str, known: &[String]) -> Vec<&'t str> {
    let tags = tags::tags(path);
    let all = Names::of(&tags);
    let outputs = tags.iter().filter(|tag| tag.is_output());
    outputs.flat_map(|tag| undefined_of(&all, tag, known)).collect()
}

/// A text of the same length that Liquid without cargo-generate's filters can parse: they are replaced by others, and the
/// tags of workflows are removed.
pub(in crate::template) fn in_plain_liquid(text: &str, known: &[String]) -> String {
    let mut plain = text.to_owned();
    for tag in of_workflows(text, known) {
        let end = tag.offset + tag.text.len() + "{{}}".len();
        plain.replace_range(tag.offset..end, &" ".repeat(end - tag.offset));
    }
    // Has four letters and takes no argument, like `rhai`.
    for filter in FILTERS {
        let with = if filter == "rhai" { "size".to_owned() } else { format!("{:1$}", "upcase", filter.len()) };
        for bar in ["|", "| ", "|  "] {
            plain = plain.replace(&format!("{bar}{filter}"), &format!("{bar}{with}"));
        }
    }
    plain
}

/// The tags of a text that belong to another tool.
fn of_workflows<'t>(text: &'t str, known: &[String]) -> Vec<Tag<'t>> {
    let tags = tags::tags(text);
    let all = Names::of(&tags);
    let is_foreign = |tag: &Tag| tag.is_output() && matches!(judged(text, &all, tag, known), Judgement::Foreign);
    tags.into_iter().filter(is_foreign).collect()
}

/// `${{ … }}` belongs to workflows, unless it uses a name that this template defines.
fn is_foreign(text: &str, tag: &Tag, is_unknown: bool) -> bool {
    let is_dollar = text[..tag.offset].ends_with('$');
    is_dollar && (is_unknown || tag.uses().next().is_none())
}
