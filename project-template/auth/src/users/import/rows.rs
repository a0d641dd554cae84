//! Rows of a file, one after the other: the JSON lines or the JSON array of `dumpdata`, or CSV with a header.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use anyhow::{Context, ensure};
use serde_json::{Map, Value};

use super::survey::ADDRESSES;
use crate::users::Email;

/// A row, where it begins, and why it cannot be read.
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) content: Result<Content, String>,
}

/// What a row holds.
pub(super) struct Content {
    /// Django's name of the table, such as `auth.user`; empty where the file is of one table.
    pub(super) model: String,
    /// The primary key as text.
    pub(super) key: String,
    pub(super) fields: Map<String, Value>,
}

impl Content {
    pub(super) fn parse(json: &[u8]) -> Result<Self, String> {
        let value = serde_json::from_slice(json).map_err(|error| format!("it is not JSON: {error}"))?;
        let Value::Object(mut row) = value else { return Err("it is not a JSON object".into()) };
        let key = text(row.get("pk").or(row.get("id")));
        let model = text(row.get("model")).to_lowercase();
        match row.remove("fields") {
            Some(Value::Object(fields)) => Ok(Self { model, key, fields }),
            Some(_) => Err("its `fields` are not a JSON object".into()),
            None => Ok(Self { model: String::new(), key, fields: row }),
        }
    }

    /// Whether this can be a row of the users, whatever their model is called.
    pub(super) fn may_be_account(&self) -> bool {
        self.fields.contains_key("email") && (self.model.is_empty() || self.fields.contains_key("password"))
    }

    /// The user and the address, in a row of allauth's table of addresses that were verified.
    pub(super) fn verified_address(&self) -> Option<(String, Email)> {
        let is_verified = self.model == ADDRESSES && self.fields.get("verified") == Some(&Value::Bool(true));
        let email = Email::parse(self.fields.get("email").filter(|_| is_verified)?.as_str()?)?;
        Some((text(self.fields.get("user")), email))
    }
}

fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// The rows of a file. Which form it has is seen from its first character.
pub(super) fn open(path: &Path) -> anyhow::Result<Box<dyn Iterator<Item = Row>>> {
    let cannot = || format!("cannot read {}", path.display());
    let file = File::open(path).with_context(cannot)?;
    ensure!(file.metadata().with_context(cannot)?.is_file(), "{} is not a file; it is read twice", path.display());
    let mut reader = BufReader::new(file);
    // The mark some programs put in front of UTF-8.
    if reader.fill_buf().with_context(cannot)?.starts_with(b"\xef\xbb\xbf") {
        reader.consume(3);
    }
    let first = reader.fill_buf().with_context(cannot)?.iter().find(|byte| !byte.is_ascii_whitespace());
    match *first.with_context(|| format!("{} is empty", path.display()))? {
        b'[' => Ok(Box::new(Array { bytes: reader.bytes(), line: 1, is_over: false })),
        b'{' => Ok(Box::new(lines(reader))),
        _ => table(reader),
    }
}

/// A JSON object a line.
fn lines(reader: BufReader<File>) -> impl Iterator<Item = Row> {
    let rows = reader.split(b'\n').zip(1..).map(|(text, line)| match text {
        Ok(text) => {
            Some(Row { line, content: Some(text.trim_ascii()).filter(|text| !text.is_empty()).map(Content::parse)? })
        }
        Err(error) => Some(Row { line, content: Err(error.to_string()) }),
    });
    rows.flatten()
}

/// A JSON array of objects, however it is broken into lines. An object is taken from brace to brace and read for itself,
/// so that a broken one is no loss to the others.
struct Array {
    bytes: io::Bytes<BufReader<File>>,
    line: u64,
    is_over: bool,
}

impl Iterator for Array {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        while !self.is_over {
            match self.byte() {
                Ok(b'{') => return Some(self.object()),
                Ok(b'[' | b',') => {}
                Ok(byte) if byte.is_ascii_whitespace() => {}
                Ok(b']') => self.is_over = true,
                Ok(byte) => return Some(self.end(self.line, format!("`{}` is not an object", byte.escape_ascii()))),
                Err(reason) => return Some(self.end(self.line, reason)),
            }
        }
        None
    }
}

impl Array {
    fn byte(&mut self) -> Result<u8, String> {
        let byte = self.bytes.next().ok_or("the file ends before the `]` of its array")?;
        let byte = byte.map_err(|error| error.to_string())?;
        self.line += u64::from(byte == b'\n');
        Ok(byte)
    }

    fn object(&mut self) -> Row {
        let line = self.line;
        let mut text = vec![b'{'];
        let (mut depth, mut in_text, mut is_escaped) = (1, false, false);
        while depth > 0 {
            let byte = match self.byte() {
                Ok(byte) => byte,
                Err(reason) => return self.end(line, reason),
            };
            text.push(byte);
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' if in_text => is_escaped = true,
                b'"' => in_text = !in_text,
                b'{' if !in_text => depth += 1,
                b'}' if !in_text => depth -= 1,
                _ => {}
            }
        }
        Row { line, content: Content::parse(&text) }
    }

    /// The last row, which cannot be read: nobody can tell where the next would begin.
    fn end(&mut self, line: u64, reason: String) -> Row {
        self.is_over = true;
        Row { line, content: Err(reason) }
    }
}

/// CSV: every field is a text, an empty one is the same as a missing one.
fn table(reader: BufReader<File>) -> anyhow::Result<Box<dyn Iterator<Item = Row>>> {
    let mut records = csv::ReaderBuilder::new().from_reader(reader);
    let header = records.headers().context("the header cannot be read")?.clone();
    let names: Vec<String> = header.iter().map(|name| name.trim().to_lowercase()).collect();
    ensure!(
        names.iter().any(|name| name == "email"),
        "the file is neither JSON, nor CSV with a header that has a column `email`"
    );
    Ok(Box::new(records.into_records().map(move |record| {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                return Row { line, content: Err(error.to_string()) };
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        let filled = names.iter().zip(&record).filter(|(name, value)| *name == "email" || !value.is_empty());
        let fields: Map<_, _> = filled.map(|(name, value)| (name.clone(), Value::from(value))).collect();
        let key = text(fields.get("id").or(fields.get("pk")));
        Row { line, content: Ok(Content { model: String::new(), key, fields }) }
    })))
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
