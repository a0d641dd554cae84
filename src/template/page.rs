//! A TOML file written by a template's author. Every error about it has a line and a column.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::tags;
use crate::failure::Failure;

pub(super) struct Page<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
}

/// What a list of strings looks like.
pub(super) const LIST: &str = "[\"…\"]";

/// A key, its position and its value.
pub(super) struct Entry<'t> {
    pub(super) key: &'t str,
    pub(super) at: Range<usize>,
    pub(super) value: &'t DeValue<'t>,
}

impl<'a> Page<'a> {
    pub(super) fn parse(&self) -> Result<DeTable<'a>, Failure> {
        DeTable::parse(self.text).map(Spanned::into_inner).map_err(|error| {
            let message = error.message().lines().collect::<Vec<_>>().join("; ");
            self.complaint(&error.span().unwrap_or_default(), &message).hint("write it as TOML: https://toml.io")
        })
    }

    pub(super) fn complaint(&self, at: &Range<usize>, message: &str) -> Failure {
        let position = tags::position(self.text, at.start.min(self.text.len()));
        Failure::at(self.name, Some(position), message)
    }

    /// An unknown key is usually a misspelling.
    pub(super) fn unknown(&self, entry: &Entry, known: &[&str]) -> Failure {
        self.complaint(&entry.at, &format!("`{}` is not a key that is known here", entry.key))
            .hint(format!("the keys are {}", known.join(", ")))
    }

    pub(super) fn text_of(&self, entry: &Entry) -> Result<String, Failure> {
        entry.value.as_str().map(str::to_owned).ok_or_else(|| self.wrong(entry, "a string", "\"…\""))
    }

    pub(super) fn texts_of(&self, entry: &Entry) -> Result<Vec<String>, Failure> {
        let text = |item: &Spanned<DeValue>| item.get_ref().as_str().map(str::to_owned);
        let texts = entry.value.as_array().and_then(|array| array.iter().map(text).collect());
        texts.ok_or_else(|| self.wrong(entry, "a list of strings", LIST))
    }

    pub(super) fn table_of<'t>(&self, entry: &Entry<'t>) -> Result<Vec<Entry<'t>>, Failure> {
        entry.value.as_table().map(entries).ok_or_else(|| self.wrong(entry, "a table", "{ … }"))
    }

    /// `form` is what the value looks like.
    pub(super) fn wrong(&self, entry: &Entry, expected: &str, form: &str) -> Failure {
        let key = entry.key;
        self.complaint(&entry.at, &format!("`{key}` has to be {expected}")).hint(format!("write `{key} = {form}`"))
    }
}

/// In the order of the file.
pub(super) fn entries<'t>(table: &'t DeTable<'t>) -> Vec<Entry<'t>> {
    let entry = |(key, value): (&'t Spanned<_>, &'t Spanned<_>)| Entry {
        key: text(key),
        at: key.span(),
        value: value.get_ref(),
    };
    let mut entries: Vec<_> = table.iter().map(entry).collect();
    entries.sort_by_key(|entry| entry.at.start);
    entries
}

fn text<'t>(key: &'t Spanned<std::borrow::Cow<'t, str>>) -> &'t str {
    key.get_ref()
}
