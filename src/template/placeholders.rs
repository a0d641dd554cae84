//! A template's questions, valid answers, and errors for invalid ones.
//!
//! Overlays and cargo-generate use the same syntax; `Dialect` covers the differences.

use regex::Regex;
use toml::de::DeValue;

use super::page::{Entry, LIST, Page};
use super::variables;
use crate::answers::Value;
use crate::failure::{Failure, Failures};

pub(super) const KEYS: [&str; 5] = ["type", "prompt", "default", "choices", "regex"];

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Strict: an unknown key is an error, a pattern must match the whole answer, an answer is one line.
    Overlay,
    CargoGenerate,
}

#[derive(Debug, Clone)]
pub(crate) struct Placeholder {
    pub(crate) name: String,
    pub(crate) prompt: String,
    pub(crate) kind: Kind,
    pub(crate) default: Option<Value>,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Bool,
    Text {
        pattern: Option<Regex>,
        /// So that it can neither end a comment nor add a line to its file.
        one_line: bool,
    },
    Choice(Vec<String>),
    List(Vec<String>),
}

impl Kind {
    /// The name that authors use; a choice is a string.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Text { .. } | Self::Choice(_) => "string",
            Self::List(_) => "array",
        }
    }
}

impl Placeholder {
    pub(super) fn choice(name: &str, prompt: &str, choices: &[String]) -> Self {
        Self { name: name.into(), prompt: prompt.into(), kind: Kind::Choice(choices.to_vec()), default: None }
    }

    /// Parses an answer, or says why it is invalid.
    pub(crate) fn parse(&self, answer: &str) -> Result<Value, String> {
        match &self.kind {
            Kind::Bool => boolean(answer).map(Value::Bool),
            Kind::Choice(choices) => chosen(answer, choices).map(Value::Text),
            Kind::List(choices) => {
                let items = answer.split(Value::SEPARATOR).map(str::trim).filter(|item| !item.is_empty());
                items.map(|item| chosen(item, choices)).collect::<Result<_, _>>().map(Value::List)
            }
            Kind::Text { one_line: true, .. } if answer.chars().any(char::is_control) => {
                Err("it has to be a single line".into())
            }
            Kind::Text { pattern: Some(pattern), .. } if !pattern.is_match(answer) => {
                Err(format!("it has to match `{}`", shown(pattern)))
            }
            Kind::Text { .. } => Ok(Value::Text(answer.into())),
        }
    }

    /// The pattern of valid answers, as the author wrote it.
    pub(crate) fn pattern(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text { pattern: Some(pattern), .. } => Some(shown(pattern)),
            _ => None,
        }
    }

    /// How to answer it on the command line.
    pub(crate) fn usage(&self) -> String {
        let form = match &self.kind {
            Kind::Bool => "true|false".to_owned(),
            Kind::Choice(choices) => choices.join("|"),
            Kind::List(choices) => format!("LIST of {}", choices.join(",")),
            Kind::Text { .. } => "TEXT".to_owned(),
        };
        format!("-d {}={form}: {}", self.name, self.prompt)
    }
}

/// Reads a table `[placeholders]`.
pub(super) fn all(page: &Page, table: &Entry, dialect: Dialect) -> Result<Vec<Placeholder>, Failure> {
    Failure::collected(page.table_of(table)?.iter().map(|entry| placeholder(page, entry, dialect)))
}

pub(super) fn placeholder(page: &Page, entry: &Entry, dialect: Dialect) -> Result<Placeholder, Failure> {
    let fields = page.table_of(entry)?;
    let field = |key: &str| fields.iter().find(|field| field.key == key);
    let mut failures = Failures::default();
    if dialect == Dialect::Overlay {
        failures.of(is_free(page, entry));
        let unknown = fields.iter().filter(|field| !KEYS.contains(&field.key));
        failures.add(unknown.map(|unknown| page.unknown(unknown, &KEYS)));
    }
    let prompt = failures.of(field("prompt").map(|field| page.text_of(field)).transpose()).flatten();
    let kind = failures.of(kind(page, field("type"), field("choices"), field("regex"), dialect));
    let (name, prompt) = (entry.key.to_owned(), prompt.unwrap_or_else(|| entry.key.to_owned()));
    let placeholder = kind.map(|kind| Placeholder { name, prompt, kind, default: None });
    let default = field("default").zip(placeholder.as_ref());
    let default = default.and_then(|(default, placeholder)| failures.of(default_of(page, default, placeholder)));
    failures.unless_any(placeholder.map(|placeholder| Placeholder { default, ..placeholder }))
}

fn default_of(page: &Page, default: &Entry, placeholder: &Placeholder) -> Result<Value, Failure> {
    let value = scalar(default.value).ok_or_else(|| "it has another type".to_owned());
    value.and_then(|text| placeholder.parse(&text)).map_err(|why| {
        page.complaint(&default.at, &format!("the default of `{}` is not valid: {why}", placeholder.name))
            .hint("give a default that is an answer, or none")
    })
}

fn is_free(page: &Page, entry: &Entry) -> Result<(), Failure> {
    let name = entry.key;
    if variables::NAMES.contains(&name) {
        let message = format!("`{name}` is a variable that every project has");
        return Err(page.complaint(&entry.at, &message).hint("take another name, or use the variable"));
    }
    if !is_identifier(name) {
        let message = format!("`{name}` cannot be a variable: only small letters, digits and `_`, a letter first");
        return Err(page.complaint(&entry.at, &message).hint("take a name such as `company_name`"));
    }
    Ok(())
}

fn kind(
    page: &Page,
    kind: Option<&Entry>,
    choices: Option<&Entry>,
    regex: Option<&Entry>,
    dialect: Dialect,
) -> Result<Kind, Failure> {
    let name = kind.map_or(Ok("string".to_owned()), |kind| page.text_of(kind))?;
    let is_overlay = dialect == Dialect::Overlay;
    match (name.as_str(), choices, regex) {
        ("bool", None, None) => Ok(Kind::Bool),
        ("bool", Some(other), _) | ("bool", None, Some(other)) => {
            let message = format!("`{}` has no meaning for a bool", other.key);
            Err(page.complaint(&other.at, &message).hint(format!("leave `{}` out", other.key)))
        }
        ("string", Some(_), Some(regex)) if is_overlay => {
            let message = "`regex` has no meaning beside `choices`";
            Err(page.complaint(&regex.at, message).hint("leave one of the two out"))
        }
        ("string", Some(choices), _) => match choices_of(page, choices)? {
            texts if texts.is_empty() => Err(page.wrong(choices, "a list of at least one", LIST)),
            texts => Ok(Kind::Choice(texts)),
        },
        ("array", choices, _) if !is_overlay => {
            Ok(Kind::List(choices.map(|choices| choices_of(page, choices)).transpose()?.unwrap_or_default()))
        }
        ("string", None, regex) => text(page, regex, dialect),
        ("text" | "editor", _, regex) if !is_overlay => text(page, regex, dialect),
        (other, _, _) => {
            let known = if is_overlay { "\"string\" or \"bool\"" } else { "string, text, editor, bool or array" };
            let message = format!("`{other}` is no type; it has to be {known}");
            let choice = "for one of several answers write `choices = [\"…\"]`";
            Err(page
                .complaint(&kind.map(|kind| kind.at.clone()).unwrap_or_default(), &message)
                .hint(format!("write `type = \"string\"`, or leave `type` out; {choice}")))
        }
    }
}

fn text(page: &Page, regex: Option<&Entry>, dialect: Dialect) -> Result<Kind, Failure> {
    let pattern = regex.map(|regex| pattern(page, regex, dialect)).transpose()?;
    Ok(Kind::Text { pattern, one_line: dialect == Dialect::Overlay })
}

/// Texts, or tables of a value and a label, which cargo-generate also accepts.
fn choices_of(page: &Page, entry: &Entry) -> Result<Vec<String>, Failure> {
    let value = |item: &DeValue| match item {
        DeValue::Table(table) => Some(table.get("value")?.get_ref().as_str()?.to_owned()),
        item => item.as_str().map(str::to_owned),
    };
    let choices = entry.value.as_array().and_then(|items| items.iter().map(|item| value(item.get_ref())).collect());
    choices.ok_or_else(|| page.wrong(entry, "a list of strings", LIST))
}

/// In overlays a pattern always applies to the whole answer, with or without `^` and `$`; cargo-generate matches it as
/// written.
fn pattern(page: &Page, entry: &Entry, dialect: Dialect) -> Result<Regex, Failure> {
    let text = page.text_of(entry)?;
    let whole = if dialect == Dialect::Overlay { format!("{START}{text}{END}") } else { text.clone() };
    Regex::new(&text).and_then(|_| Regex::new(&whole)).map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
        page.complaint(&entry.at, &format!("`{text}` is not a regular expression: {reason}"))
            .hint("correct it: https://docs.rs/regex has the syntax")
    })
}

const START: &str = r"\A(?:";
const END: &str = r")\z";

/// The pattern as the author wrote it.
fn shown(pattern: &Regex) -> &str {
    let text = pattern.as_str();
    text.strip_prefix(START).and_then(|text| text.strip_suffix(END)).unwrap_or(text)
}

fn chosen(answer: &str, choices: &[String]) -> Result<String, String> {
    match choices.iter().find(|choice| *choice == answer) {
        Some(choice) => Ok(choice.clone()),
        None => Err(format!("it has to be one of {}", choices.join(", "))),
    }
}

fn scalar(value: &DeValue) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Boolean(value) => Some(value.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Array(items) => {
            let items: Option<Vec<String>> = items.iter().map(|item| scalar(item.get_ref())).collect();
            Some(items?.join(","))
        }
        _ => None,
    }
}

fn boolean(answer: &str) -> Result<bool, String> {
    crate::cli::boolean(answer).map_err(|_| "it has to be true or false".into())
}

pub(super) fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
