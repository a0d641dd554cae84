//! Strict Liquid: an unknown name is an error anywhere, and every error has a file, a line and a column.

use std::borrow::Cow;

use liquid::model::Value as LiquidValue;
use liquid::partials::{LazyCompiler, PartialSource};

use super::source::Source;
use super::tags::{self, Tag};
use super::{Variables, circumstances, escape};
use crate::answers::Value;
use crate::failure::{Failure, Kind};
use crate::secrets;

/// Maximum depth of nested blocks.
const MAX_DEPTH: usize = 64;

pub(super) struct Engine<'a> {
    parser: liquid::Parser,
    variables: &'a Variables,
}

pub(super) struct Output {
    pub(super) text: String,
    /// Whether the source mentions a secret, in any branch.
    pub(super) secret: bool,
}

impl<'a> Engine<'a> {
    pub(super) fn new(sources: &[Source], variables: &'a Variables) -> Result<Self, Failure> {
        let parser = liquid::ParserBuilder::with_stdlib()
            .partials(LazyCompiler::new(Included(sources.to_vec())))
            .build()
            .map_err(|error| Failure::new(Kind::Template, summary(&error)))?;
        Ok(Self { parser, variables })
    }

    pub(super) fn render(&self, source: &Source) -> Result<Output, Failure> {
        let text = source.text().ok_or_else(|| {
            Failure::at(&source.path, None, "a file to be rendered has to be text").hint("take `.liquid` off its name")
        })?;
        let answer = |wanted: &str| self.variables.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
        let text = &*circumstances::at_moment(text, answer);
        let at = |position: (usize, usize), message: &str| Failure::at(&source.path, Some(position), message);
        let tags = tags::tags(text);
        if let Some(message) = too_deep(&tags) {
            return Err(at((1, 1), &message).hint("set values by `{% assign %}` first, and nest less"));
        }
        let place =
            |error: &liquid::Error| parse_position(error).unwrap_or_else(|| tags::position(text, failed(&tags, error)));
        let parsed = self.parser.parse(text).map_err(|error| at(place(&error), &summary(&error)).hint(REMEDY));
        let undefined = self.unknown(&tags).map(|(tag, name)| {
            let failure = at(tags::position(text, tag.offset), &format!("`{name}` is not a variable of this template"));
            failure.hint(format!("the variables are {}", self.names().join(", ")))
        });
        let template = match parsed {
            Ok(template) => template,
            Err(broken) => return Err(undefined.fold(broken, Failure::and)),
        };
        Failure::gathered(undefined)?;
        let rendered = template.render(&self.globals(source.target()));
        let text = rendered.map_err(|error| {
            at(tags::position(text, failed(&tags, &error)), &summary(&error))
                .hint("correct the tag, or what it takes up")
        })?;
        let secret = tags.iter().flat_map(Tag::uses).any(|name| secrets::NAMES.contains(&name));
        Ok(Output { text, secret })
    }

    fn unknown<'t>(&self, tags: &[Tag<'t>]) -> impl Iterator<Item = (Tag<'t>, &'t str)> {
        let defined = tags::defined(tags);
        let known = self.names();
        let named = tags.iter().flat_map(|tag| tag.uses().map(|name| (*tag, name)));
        named.filter(move |(_, name)| !defined.contains(name) && !known.contains(name)).collect::<Vec<_>>().into_iter()
    }

    fn names(&self) -> Vec<&'a str> {
        self.variables.iter().map(|(name, _)| name.as_str()).collect()
    }

    fn globals(&self, path: &str) -> liquid::Object {
        let value = |value: &Value| match value {
            Value::Bool(value) => LiquidValue::scalar(*value),
            Value::Text(text) => LiquidValue::scalar(escape::value(text, path)),
            Value::List(texts) => {
                LiquidValue::array(texts.iter().map(|text| LiquidValue::scalar(escape::value(text, path))))
            }
        };
        self.variables.iter().map(|(name, variable)| (name.clone().into(), value(variable))).collect()
    }
}

/// The parser is recursive, and the stack is limited.
fn too_deep(tags: &[Tag]) -> Option<String> {
    (tags::depth(tags) > MAX_DEPTH).then(|| format!("blocks are nested more than {MAX_DEPTH} deep"))
}

/// What to do about a syntax error.
pub(super) const REMEDY: &str =
    "correct the tag, or put what is not meant for Liquid between {% raw %} and {% endraw %}";

/// The offset and the message of a syntax error.
pub(super) fn mistake(text: &str) -> Option<(usize, String)> {
    let tags = tags::tags(text);
    if let Some(message) = too_deep(&tags) {
        return Some((0, message));
    }
    let parser = liquid::ParserBuilder::with_stdlib().build().ok()?;
    let error = parser.parse(text).err()?;
    let Some((line, column)) = parse_position(&error) else { return Some((failed(&tags, &error), summary(&error))) };
    let line: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let column = text[line..].char_indices().nth(column - 1).map_or(text.len() - line, |(at, _)| at);
    Some((line + column, summary(&error)))
}

/// Provides the template's files to `{% include "path" %}`, unrendered.
#[derive(Debug)]
struct Included(Vec<Source>);

impl PartialSource for Included {
    fn contains(&self, name: &str) -> bool {
        self.try_get(name).is_some()
    }

    /// Used only in the error for a missing file, which would list the whole template.
    fn names(&self) -> Vec<&str> {
        Vec::new()
    }

    fn try_get<'a>(&'a self, name: &str) -> Option<Cow<'a, str>> {
        let source = self.0.iter().find(|source| source.path == name && !source.is_rendered())?;
        let text = source.text()?;
        Some(format!("{{% raw %}}{text}{{% endraw %}}").into())
    }
}

/// Liquid formats the place as ` --> line:column`.
fn parse_position(error: &liquid::Error) -> Option<(usize, usize)> {
    let text = error.to_string();
    let place = text.split_once("--> ")?.1.lines().next()?;
    let (line, column) = place.trim().split_once(':')?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

/// Offset of the tag that the error names, entirely or by its filter; else of the first one.
fn failed(tags: &[Tag], error: &liquid::Error) -> usize {
    let packed = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let text = error.to_string();
    let named = text.lines().filter_map(|line| {
        let line = line.trim();
        ["from: ", "filter=", "requested filter="].iter().find_map(|before| line.strip_prefix(before))
    });
    let traces: Vec<String> = named.map(|trace| packed(trace.trim_matches(['{', '}', '%']))).collect();
    let blamed = |tag: &&Tag| traces.iter().any(|trace| packed(tag.text).contains(trace));
    tags.iter().find(blamed).or(tags.first()).map_or(0, |tag| tag.offset)
}

/// Whether a detail is about the mistake; the list of all filters is not.
fn is_told(detail: &str) -> bool {
    detail.contains('=') && !detail.starts_with("available filters=")
}

/// The line of Liquid's report that says what is wrong.
fn summary(error: &liquid::Error) -> String {
    let text = error.to_string();
    let expected = text.lines().find_map(|line| line.trim().strip_prefix("= "));
    let first = text.lines().next().unwrap_or_default().trim_start_matches("liquid:").trim();
    let context: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("    ")).filter(|line| is_told(line)).collect();
    match expected {
        Some(expected) => expected.to_owned(),
        None if context.is_empty() => first.to_owned(),
        None => format!("{first} ({})", context.join(", ")),
    }
}
