//! Facts about a template's scripts that can be found without running them.

use std::collections::BTreeSet;
use std::path::Path;

use super::config::{FILTER, Hook};
use super::stage::SCRIPT;
use crate::template::source::{Form, Source};
use crate::template::tags;

/// The filter that runs a script.
const RHAI: &str = "rhai";
const SET: &str = "variable::set";
const GET: &str = "variable::get";
const IS_SET: &str = "variable::is_set";

/// The variables that scripts set.
pub(in crate::template) struct Set {
    /// Names that are literals in the scripts.
    pub(in crate::template) names: BTreeSet<String>,
    /// Whether there are computed names, known only at run time.
    pub(in crate::template) others: bool,
}

pub(in crate::template) fn set(sources: &[Source]) -> Set {
    let calls: Vec<Option<&str>> = texts(sources).flat_map(|(_, text)| first_arguments(text, SET)).collect();
    Set { others: calls.contains(&None), names: calls.into_iter().flatten().map(str::to_owned).collect() }
}

/// Whether a script uses a name, or computes names that can be any.
pub(super) fn mention(sources: &[Source], name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let computes = |text| [SET, GET, IS_SET].iter().any(|call| first_arguments(text, call).any(|name| name.is_none()));
    texts(sources).any(|(_, text)| text.split(|c| !is_word(c)).any(|word| word == name) || computes(text))
}

/// The names that a script checks before it asks.
pub(super) fn looked_for(sources: &[Source], script: &str) -> Vec<String> {
    let text = texts(sources).find(|(path, _)| *path == script).map(|(_, text)| text).unwrap_or_default();
    let names: BTreeSet<&str> = first_arguments(text, IS_SET).flatten().collect();
    names.into_iter().map(str::to_owned).collect()
}

/// Scripts that run as the filter `rhai` while files or the names of others are rendered.
pub(super) fn filters<'s>(
    files: impl Iterator<Item = &'s Source>,
    names: impl Iterator<Item = &'s Source>,
) -> Vec<Hook> {
    let of_file = |(source, (_, script)): (&Source, (usize, Option<&str>))| {
        format!("{} ({})", script.unwrap_or("a script whose name is put together"), source.path)
    };
    let in_files = files.flat_map(|source| filters_of(source).into_iter().map(move |filter| (source, filter)));
    let in_names = names.flat_map(|source| filters_in(&source.path).into_iter().map(move |filter| (source, filter)));
    let scripts: BTreeSet<String> = in_files.chain(in_names).map(of_file).collect();
    scripts.into_iter().map(|script| Hook { phase: FILTER.into(), script }).collect()
}

/// The offsets of the tags of a file with the filter `rhai`, and their scripts where these are literals.
pub(in crate::template) fn filters_of(source: &Source) -> Vec<(usize, Option<&str>)> {
    source.text().filter(|_| source.form != Form::Link).map(filters_in).unwrap_or_default()
}

fn filters_in(text: &str) -> Vec<(usize, Option<&str>)> {
    let tags = tags::tags(text).into_iter().filter(|tag| tag.has_filter(RHAI));
    let tags = tags.map(|tag| {
        let value = if tag.is_output() { Some(tag.text) } else { tag.text.split_once('=').map(|(_, value)| value) };
        let script = value.and_then(|value| first_literal(value.trim_matches(['-', ' '])));
        let is_first = |rest: &str| rest.strip_prefix('|').is_some_and(|rest| rest.trim_start().starts_with(RHAI));
        (tag.offset, script.filter(|(_, rest)| is_first(rest)).map(|(script, _)| script))
    });
    tags.collect()
}

/// The script of a template that a hook or a filter names.
pub(in crate::template) fn named<'s>(sources: &'s [Source], folder: &str, script: &str) -> Option<&'s Source> {
    let path = Path::new(folder).join(script.trim_start_matches("./"));
    sources.iter().find(|source| Path::new(&source.path) == path)
}

/// Where and why a script cannot be compiled: its line and column.
pub(in crate::template) fn mistake(text: &str) -> Option<((usize, usize), String)> {
    let error = rhai::Engine::new().compile(text).err()?;
    Some(((error.1.line().unwrap_or(1), error.1.position().unwrap_or(1)), error.0.to_string()))
}

fn texts(sources: &[Source]) -> impl Iterator<Item = (&str, &str)> {
    let scripts = sources.iter().filter(|source| source.path.ends_with(SCRIPT));
    scripts.filter_map(|source| Some((source.path.as_str(), source.text()?)))
}

/// The first argument of each call, if it is a literal.
fn first_arguments<'t>(script: &'t str, function: &str) -> impl Iterator<Item = Option<&'t str>> {
    let calls = script.split(function).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('('));
    calls.map(|arguments| {
        let (literal, rest) = first_literal(arguments.trim_start())?;
        rest.starts_with([',', ')']).then_some(literal)
    })
}

/// A literal without concatenation or escapes, and what is after it.
fn first_literal(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|first| ['"', '`', '\''].contains(first))?;
    let (literal, rest) = text[1..].split_once(quote)?;
    (!literal.contains(['$', '\\'])).then_some((literal, rest.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> [Source; 1] {
        [Source::embedded("a.rhai", text.as_bytes().to_vec())]
    }

    #[test]
    fn names_that_are_written_out_are_told_from_those_that_are_not() {
        for text in ["variable::set(\"a\", 1)", "variable::set (\n `a`, 1)", "variable::set( \"a\" , f(\"b\"))"] {
            let set = set(&script(text));
            assert_eq!((set.names.into_iter().collect::<Vec<_>>(), set.others), (vec!["a".into()], false), "{text}");
        }
        for text in ["variable::set(k, 1)", "variable::set(\"a\" + k, 1)", "variable::set(`${k}`, 1)"] {
            let set = set(&script(text));
            assert!(set.names.is_empty() && set.others, "{text}");
        }
    }

    #[test]
    fn a_filter_is_named_with_the_file_that_has_it() {
        let text =
            "{{ \"x.rhai\" | rhai }}{{- y | upcase | rhai -}}{{ rhai }}{% assign a = 'z.rhai' | rhai | upcase %}";
        let file = Source::embedded("a.md", format!("{text}{{{{ 'w' | append: '.rhai' | rhai }}}}").into_bytes());
        let name = Source::embedded("{{ \"n.rhai\" | rhai }}.md", &b"{{ \"not.rhai\" | rhai }}"[..]);
        let found: Vec<String> = filters([file].iter(), [name].iter()).into_iter().map(|hook| hook.script).collect();
        assert_eq!(
            found,
            [
                "a script whose name is put together (a.md)",
                "n.rhai ({{ \"n.rhai\" | rhai }}.md)",
                "x.rhai (a.md)",
                "z.rhai (a.md)"
            ]
        );
    }
}
