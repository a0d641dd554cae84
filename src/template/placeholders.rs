//! The questions of a template: what may be answered, and what is said to an answer that may not.

use regex::Regex;
use toml::de::DeValue;

use super::page::{Entry, Page};
use super::variables;
use crate::answers::Value;
use crate::failure::Failure;

const KEYS: [&str; 5] = ["type", "prompt", "default", "choices", "regex"];

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
    /// One line, so that it can neither end a comment nor begin an instruction of the file it goes into.
    Line {
        pattern: Option<Regex>,
    },
    Choice(Vec<String>),
}

impl Placeholder {
    /// What an answer means, or why it is none.
    pub(crate) fn parse(&self, answer: &str) -> Result<Value, String> {
        match &self.kind {
            Kind::Bool => boolean(answer).map(Value::Bool),
            Kind::Choice(choices) if choices.iter().any(|choice| choice == answer) => Ok(Value::Text(answer.into())),
            Kind::Choice(choices) => Err(format!("it has to be one of {}", choices.join(", "))),
            Kind::Line { .. } if answer.chars().any(char::is_control) => Err("it has to be a single line".into()),
            Kind::Line { pattern: Some(pattern) } if !matches_whole(pattern, answer) => {
                Err(format!("it has to match `{pattern}`"))
            }
            Kind::Line { .. } => Ok(Value::Text(answer.into())),
        }
    }

    /// How to answer it on the command line.
    pub(crate) fn usage(&self) -> String {
        let form = match &self.kind {
            Kind::Bool => "true|false".to_owned(),
            Kind::Choice(choices) => choices.join("|"),
            Kind::Line { .. } => "TEXT".to_owned(),
        };
        format!("-d {}={form}: {}", self.name, self.prompt)
    }
}

/// Reads the table `[placeholders]`.
pub(super) fn of(page: &Page, table: &Entry) -> Result<Vec<Placeholder>, Failure> {
    page.table_of(table)?.iter().map(|entry| placeholder(page, entry)).collect()
}

fn placeholder(page: &Page, entry: &Entry) -> Result<Placeholder, Failure> {
    let name = entry.key;
    if variables::NAMES.contains(&name) {
        return Err(page.complaint(&entry.at, &format!("`{name}` is a variable that every project has")));
    }
    if !is_identifier(name) {
        let message = format!("`{name}` cannot be a variable: only small letters, digits and `_`, a letter first");
        return Err(page.complaint(&entry.at, &message));
    }
    let fields = page.table_of(entry)?;
    if let Some(unknown) = fields.iter().find(|field| !KEYS.contains(&field.key)) {
        return Err(page.unknown(unknown, &KEYS));
    }
    let field = |key: &str| fields.iter().find(|field| field.key == key);
    let prompt = field("prompt").map(|field| page.text_of(field)).transpose()?;
    let kind = kind(page, field("type"), field("choices"), field("regex"))?;
    let mut placeholder =
        Placeholder { name: name.to_owned(), prompt: prompt.unwrap_or_else(|| name.to_owned()), kind, default: None };
    if let Some(default) = field("default") {
        let value = placeholder.parse(&scalar(default.value).unwrap_or_default());
        let complaint = |why| page.complaint(&default.at, &format!("the default of `{name}` is not valid: {why}"));
        placeholder.default = Some(value.map_err(complaint)?);
    }
    Ok(placeholder)
}

fn kind(page: &Page, kind: Option<&Entry>, choices: Option<&Entry>, regex: Option<&Entry>) -> Result<Kind, Failure> {
    let name = kind.map_or(Ok("string".to_owned()), |kind| page.text_of(kind))?;
    match (name.as_str(), choices, regex) {
        ("bool", None, None) => Ok(Kind::Bool),
        ("bool", Some(other), _) | ("bool", None, Some(other)) => {
            Err(page.complaint(&other.at, &format!("`{}` has no meaning for a bool", other.key)))
        }
        ("string", Some(_), Some(regex)) => Err(page.complaint(&regex.at, "`regex` has no meaning beside `choices`")),
        ("string", Some(choices), None) => match page.texts_of(choices)? {
            texts if texts.is_empty() => Err(page.wrong(choices, "a list of at least one")),
            texts => Ok(Kind::Choice(texts)),
        },
        ("string", None, Some(regex)) => Ok(Kind::Line { pattern: Some(pattern(page, regex)?) }),
        ("string", None, None) => Ok(Kind::Line { pattern: None }),
        (other, _, _) => {
            let message = format!("`{other}` is no type; it has to be \"string\" or \"bool\"");
            Err(page.complaint(&kind.map(|kind| kind.at.clone()).unwrap_or_default(), &message))
        }
    }
}

fn pattern(page: &Page, entry: &Entry) -> Result<Regex, Failure> {
    let text = page.text_of(entry)?;
    Regex::new(&text).map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
        page.complaint(&entry.at, &format!("`{text}` is not a regular expression: {reason}"))
    })
}

/// An author who forgets `^` or `$` means the whole answer all the same.
fn matches_whole(pattern: &Regex, answer: &str) -> bool {
    Regex::new(&format!(r"\A(?:{pattern})\z")).is_ok_and(|whole| whole.is_match(answer))
}

fn scalar(value: &DeValue) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Boolean(value) => Some(value.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        _ => None,
    }
}

fn boolean(answer: &str) -> Result<bool, String> {
    crate::cli::boolean(answer).map_err(|_| "it has to be true or false".into())
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
