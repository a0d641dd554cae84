//! Reads the rows of a file one by one: the JSON lines or JSON array of `dumpdata`, or CSV with a header.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use anyhow::{Context, bail, ensure};
use serde_json::{Map, Value};

use super::from::{Extent, FIREBASE_COLUMNS, Left, System, is_row_of_firebase, looks_like_table};
use super::quoted::quoted;
use super::survey::ADDRESSES;
use crate::email::Email;

/// The member that holds the rows, in exports that are a single object.
const MEMBER: &str = "users";

pub(super) struct Row {
    pub(super) place: Place,
    pub(super) content: Result<Content, String>,
}

/// In an array also the row's number, since an array may be a single line.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) line: u64,
    pub(super) number: Option<u64>,
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.number {
            Some(number) => write!(formatter, "{}, row {number}", self.line),
            None => write!(formatter, "{}", self.line),
        }
    }
}

impl Row {
    fn at(line: u64, content: Result<Content, String>) -> Self {
        Self { place: Place { line, number: None }, content }
    }
}

#[derive(Clone, Default)]
pub(super) struct Content {
    /// Django's name of the table, such as `auth.user`; empty if the file has a single table.
    pub(super) model: String,
    pub(super) key: String,
    pub(super) fields: Map<String, Value>,
    pub(super) extent: Extent,
    pub(super) left: Left,
}

impl Content {
    pub(super) fn parse(json: &[u8]) -> Result<Self, String> {
        let value = serde_json::from_slice(json).map_err(|error| format!("it is not JSON: {error}"))?;
        let Value::Object(mut row) = value else { return Err("it is not a JSON object".into()) };
        let key = text(row.get("pk").or(row.get("id")));
        let model = text(row.get("model")).to_lowercase();
        match row.remove("fields") {
            Some(Value::Object(fields)) => Ok(Self { model, key, fields, ..Self::default() }),
            Some(_) => Err("its `fields` are not a JSON object".into()),
            None => Ok(Self { key, fields: row, ..Self::default() }),
        }
    }

    /// Regardless of the model's name.
    pub(super) fn may_be_account(&self) -> bool {
        self.fields.contains_key("email") && (self.model.is_empty() || self.fields.contains_key("password"))
    }

    /// The row's own members take precedence. None if the others add nothing.
    pub(super) fn joined(&self, rest: &Map<String, Value>) -> Option<Self> {
        let mut joined = (!rest.is_empty()).then(|| self.clone())?;
        for (name, value) in rest {
            joined.fields.entry(name.clone()).or_insert_with(|| value.clone());
        }
        Some(joined)
    }

    pub(super) fn verified_address(&self) -> Option<(String, Email)> {
        let is_verified = self.model == ADDRESSES && self.fields.get("verified") == Some(&Value::Bool(true));
        let email = Email::parse(self.fields.get("email").filter(|_| is_verified)?.as_str()?)?;
        Some((reference(self.fields.get("user")), email))
    }

    /// The account that this row belongs to, as [`Content::names`] has it.
    pub(super) fn owner(&self) -> String {
        reference(self.fields.get("user"))
    }

    /// Names that other rows may use for this one: its key or a natural key.
    pub(super) fn names(&self) -> Vec<String> {
        let natural = ["username", "email"].map(|name| self.fields.get(name));
        let natural = natural.into_iter().flatten().map(|value| natural_key(&text(Some(value))));
        Some(self.key.clone()).filter(|key| !key.is_empty()).into_iter().chain(natural).collect()
    }
}

/// By the key or, with `--natural-foreign`, by a list with the natural key.
fn reference(value: Option<&Value>) -> String {
    match value {
        Some(Value::Array(parts)) => natural_key(&text(parts.first())),
        value => text(value),
    }
}

/// Begins with a line break, so that it never equals a primary key.
fn natural_key(name: &str) -> String {
    format!("\n{name}")
}

fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

enum Form {
    Array,
    Object,
    Lines,
    Table,
}

pub(super) fn open(path: &Path, from: Option<System>) -> anyhow::Result<Box<dyn Iterator<Item = Row>>> {
    let (form, mut reader) = start(path)?;
    match form {
        Form::Array => Ok(Box::new(Array::of(reader.bytes()))),
        Form::Object => Ok(Box::new(Array::within_object(reader.bytes())?)),
        Form::Lines => Ok(Box::new(lines(reader))),
        Form::Table if from == Some(System::Firebase) && is_without_header(&mut reader)? => {
            Ok(Box::new(table_of_firebase(reader)))
        }
        Form::Table => table(reader, from),
    }
}

pub(super) fn is_table(path: &Path) -> anyhow::Result<bool> {
    start(path).map(|(form, _)| matches!(form, Form::Table))
}

fn start(path: &Path) -> anyhow::Result<(Form, BufReader<File>)> {
    let cannot = || format!("cannot read {}", path.display());
    let mut file = File::open(path).with_context(cannot)?;
    ensure!(
        file.metadata().with_context(cannot)?.is_file(),
        "{} is not a regular file, and an import reads its file twice; save the export to a file first",
        path.display()
    );
    let mut reader = BufReader::new(&mut file);
    let start = reader.fill_buf().with_context(cannot)?;
    ensure!(!start.starts_with(b"\x1f\x8b"), "{0} is compressed; unpack it first: gunzip {0}", path.display());
    let is_wide = start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") || start.get(1) == Some(&0);
    ensure!(!is_wide, "{0} is UTF-16; make UTF-8 of it: iconv -f UTF-16 -t UTF-8 {0} > users", path.display());
    // The byte order mark that some programs write before UTF-8.
    let mark = if start.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    reader.consume(mark);
    let first = reader.fill_buf().with_context(cannot)?.iter().find(|byte| !byte.is_ascii_whitespace());
    let first = *first.with_context(|| format!("{} is empty", path.display()))?;
    let form = match first {
        b'[' => Form::Array,
        b'{' if is_object_a_line(&mut reader).with_context(cannot)? => Form::Lines,
        b'{' => Form::Object,
        _ => Form::Table,
    };
    file.seek(SeekFrom::Start(mark as u64)).with_context(cannot)?;
    Ok((form, BufReader::new(file)))
}

fn is_object_a_line(reader: &mut impl BufRead) -> io::Result<bool> {
    let mut line = Vec::new();
    while line.trim_ascii().is_empty() && reader.read_until(b'\n', &mut line)? > 0 {}
    let parsed = serde_json::from_slice::<Map<String, Value>>(line.trim_ascii());
    let holds_rows = |object: &Map<String, Value>| object.get(MEMBER).is_some_and(Value::is_array);
    // If the first line is broken, but not cut off, others may follow.
    let is_alone = || !matches!(&parsed, Err(error) if error.is_eof());
    Ok(parsed.as_ref().map_or_else(|_| is_alone(), |object| !holds_rows(object)))
}

fn lines(reader: BufReader<File>) -> impl Iterator<Item = Row> {
    let rows = reader.split(b'\n').zip(1..).map(|(text, line)| match text {
        Ok(text) => Some(Row::at(line, Some(text.trim_ascii()).filter(|text| !text.is_empty()).map(Content::parse)?)),
        Err(error) => Some(Row::at(line, Err(error.to_string()))),
    });
    rows.flatten()
}

/// JSON arrays of objects; several may follow each other, as `sqlite3 -json` writes them. Or the array in one object.
/// Each row is cut out from brace to brace and parsed by itself: a broken one does not affect the others.
struct Array {
    bytes: io::Bytes<BufReader<File>>,
    line: u64,
    rows: u64,
    is_member: bool,
    is_open: bool,
    is_over: bool,
}

impl Iterator for Array {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        while !self.is_over {
            match self.step() {
                Ok(None) => {}
                Ok(row) => return row,
                Err(reason) => return Some(self.end(self.line, reason)),
            }
        }
        None
    }
}

impl Array {
    fn of(bytes: io::Bytes<BufReader<File>>) -> Self {
        Self { bytes, line: 1, rows: 0, is_member: false, is_open: false, is_over: false }
    }

    fn within_object(bytes: io::Bytes<BufReader<File>>) -> anyhow::Result<Self> {
        let mut array = Self { is_member: true, ..Self::of(bytes) };
        array.is_open = array.find_member(0).unwrap_or(false);
        ensure!(
            array.is_open,
            "the file is one JSON object without an array `{MEMBER}`; what can be read is an array of accounts, or an \
             object a line"
        );
        Ok(array)
    }

    fn find_member(&mut self, mut depth: usize) -> Result<bool, String> {
        let (mut text, mut is_escaped, mut last) = (None, false, Vec::new());
        loop {
            let byte = self.byte()?.ok_or("the file ends before the `}` of its object")?;
            match (&mut text, byte) {
                (Some(_), _) if is_escaped => is_escaped = false,
                (Some(_), b'\\') => is_escaped = true,
                (Some(_), b'"') => last = text.take().unwrap_or_default(),
                (Some(text), byte) => text.push(byte),
                (None, b'"') => text = Some(Vec::new()),
                (None, b'[') if depth == 1 && last == MEMBER.as_bytes() => return Ok(true),
                (None, b'{' | b'[') => depth += 1,
                (None, b'}' | b']') if depth <= 1 => return Ok(false),
                (None, b'}' | b']') => depth -= 1,
                (None, b',') => last.clear(),
                (None, _) => {}
            }
        }
    }

    /// Data that would be skipped is an error.
    fn step(&mut self) -> Result<Option<Row>, String> {
        match self.byte()? {
            None if self.is_open => return Err("the file ends before the `]` of its array".into()),
            None => self.is_over = true,
            Some(byte) if byte.is_ascii_whitespace() => {}
            Some(b'{') if self.is_open => return Ok(Some(self.object())),
            Some(b',') if self.is_open => {}
            Some(b']') if self.is_open => self.close()?,
            Some(byte) if self.is_open => return Err(format!("`{}` is not an object", byte.escape_ascii())),
            Some(b'[') if !self.is_member => self.is_open = true,
            Some(byte) => {
                return Err(format!(
                    "`{}` follows the end of the {}; the rest of the file is not read: put it into one of its own",
                    byte.escape_ascii(),
                    if self.is_member { "object" } else { "array" }
                ));
            }
        }
        Ok(None)
    }

    fn close(&mut self) -> Result<(), String> {
        self.is_open = false;
        if !self.is_member {
            return Ok(());
        }
        let next = loop {
            match self.byte()?.ok_or("the file ends before the `}` of its object")? {
                byte if byte.is_ascii_whitespace() => {}
                byte => break byte,
            }
        };
        match next {
            b'}' => Ok(()),
            b',' if !self.find_member(1)? => Ok(()),
            b',' => Err(format!(
                "the object has a second array `{MEMBER}`, which is not read: put it into a file of its own"
            )),
            byte => Err(format!("`{}` follows the array `{MEMBER}`, and is neither `,` nor `}}`", byte.escape_ascii())),
        }
    }

    fn byte(&mut self) -> Result<Option<u8>, String> {
        let Some(byte) = self.bytes.next().transpose().map_err(|error| error.to_string())? else { return Ok(None) };
        self.line += u64::from(byte == b'\n');
        Ok(Some(byte))
    }

    fn object(&mut self) -> Row {
        let line = self.line;
        self.rows += 1;
        let mut text = vec![b'{'];
        let (mut depth, mut in_text, mut is_escaped) = (1, false, false);
        while depth > 0 {
            let byte = match self.byte() {
                Ok(Some(byte)) => byte,
                Ok(None) => return self.end(line, "the file ends before the `]` of its array".into()),
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
        Row { place: Place { line, number: Some(self.rows) }, content: Content::parse(&text) }
    }

    /// The start of the next row is unknown.
    fn end(&mut self, line: u64, reason: String) -> Row {
        self.is_over = true;
        Row::at(line, Err(reason))
    }
}

/// CSV: every field is a text, and an empty one counts as missing. The separator is detected from the header.
fn table(reader: BufReader<File>, from: Option<System>) -> anyhow::Result<Box<dyn Iterator<Item = Row>>> {
    let mut reader = BufReader::new(Plain { reader, had_return: false });
    let start = String::from_utf8_lossy(reader.fill_buf()?).into_owned();
    let (mut header, mut skipped) = (start.lines().next().unwrap_or_default(), 0);
    // Excel may write this line first.
    if header.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("sep=")) {
        reader.consume(header.len() + 1);
        header = start.lines().nth(1).unwrap_or_default();
        skipped = 1;
    }
    let most = |separator: &u8| header.bytes().filter(|byte| byte == separator).count();
    let separator = [b'\t', b';', b','].into_iter().max_by_key(most).unwrap_or(b',');
    let mut records = csv::ReaderBuilder::new().delimiter(separator).from_reader(reader);
    let header = records.headers().context("the header cannot be read")?.clone();
    let names: Vec<String> = header.iter().map(|name| name.trim().to_lowercase()).collect();
    if let Some(system) = looks_like_table(&names) {
        let name = system.name();
        bail!("the file looks like an export of {name}, which has no header; add `--from {name}`");
    }
    let may_lack_address = from.is_some_and(|system| system != System::Django);
    ensure!(
        may_lack_address || names.iter().any(|name| name == "email"),
        "the file is neither JSON, nor CSV with a header that has a column `email`; its first line has {}",
        names.iter().take(12).map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
    );
    Ok(Box::new(records.into_records().map(move |record| {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                return Row::at(line + skipped, Err(error.to_string()));
            }
        };
        let line = record.position().map_or(0, csv::Position::line) + skipped;
        // MySQL, PostgreSQL and others write these for NULL.
        let is_filled = |name: &str, value: &str| name == "email" || !matches!(value, "" | "NULL" | "\\N");
        let filled = names.iter().zip(&record).filter(|(name, value)| is_filled(name, value));
        let fields: Map<_, _> = filled.map(|(name, value)| (name.clone(), Value::from(value))).collect();
        let key = text(fields.get("id").or(fields.get("pk")));
        // pandas writes integers this way if the column has gaps.
        let key = key.strip_suffix(".0").unwrap_or(&key).to_owned();
        Row::at(line, Ok(Content { key, fields, ..Content::default() }))
    })))
}

fn is_without_header(reader: &mut BufReader<File>) -> anyhow::Result<bool> {
    let mut records = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(reader.fill_buf()?);
    let first = records.records().next().and_then(Result::ok);
    Ok(first.is_some_and(|record| is_row_of_firebase(record.get(2))))
}

fn table_of_firebase(reader: BufReader<File>) -> impl Iterator<Item = Row> {
    let reader = BufReader::new(Plain { reader, had_return: false });
    let records = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(reader);
    records.into_records().map(|record| {
        let line = |position: Option<&csv::Position>| position.map_or(0, csv::Position::line);
        let record = match record {
            Ok(record) => record,
            Err(error) => return Row::at(line(error.position()), Err(error.to_string())),
        };
        let filled = |(column, name): (usize, &str)| {
            let value = record.get(column).filter(|value| !value.is_empty())?;
            Some((name.to_owned(), Value::from(value)))
        };
        let fields = FIREBASE_COLUMNS.into_iter().filter_map(filled).collect();
        Row::at(line(record.position()), Ok(Content { fields, ..Content::default() }))
    })
}

/// Reads line ends of any kind as `\n`, since the CSV reader counts lines by the bytes it has begun to read.
struct Plain<R> {
    reader: R,
    had_return: bool,
}

impl<R: BufRead> Read for Plain<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut written = 0;
        while written < buffer.len() {
            let available = self.reader.fill_buf()?;
            let Some(byte) = available.first().copied() else { break };
            let is_dropped = byte == b'\n' && self.had_return;
            self.had_return = byte == b'\r';
            if !is_dropped {
                buffer[written] = if byte == b'\r' { b'\n' } else { byte };
                written += 1;
            }
            self.reader.consume(1);
        }
        Ok(written)
    }
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
