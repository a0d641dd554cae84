use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;
use toml::{Table, Value};

use super::problem::{Problem, Problems};
use super::{DEFAULTS, sources, variables};

/// A setting with a fixed list of values.
pub trait Choice: Copy + 'static {
    /// The words and their values.
    const NAMES: &[(&str, Self)];
}

pub(crate) struct Sections {
    values: Table,
    /// Key to the variable or file that set it.
    sources: BTreeMap<String, String>,
    problems: Vec<String>,
    noted: Vec<(String, String)>,
    refused: BTreeSet<String>,
    /// Keys whose value could not be read and was replaced by a harmless one, which must not be reported.
    replaced: BTreeSet<String>,
}

impl Sections {
    pub(crate) fn new(path: &Path, text: &str, environment: &BTreeMap<String, String>) -> Result<Self, Problems> {
        let defaults: Table = DEFAULTS.parse().map_err(|error| Problems(vec![format!("defaults.toml: {error}")]))?;
        let file: Table = text.parse().map_err(|error: toml::de::Error| {
            Problems(vec![format!("{}: {}", path.display(), error.to_string().trim_end())])
        })?;
        let mut sections = Self {
            values: defaults,
            sources: BTreeMap::new(),
            problems: Vec::new(),
            noted: Vec::new(),
            refused: BTreeSet::new(),
            replaced: BTreeSet::new(),
        };
        sections.merge_file(&path.display().to_string(), file);
        let keys = sections.keys();
        for entry in sources::overrides(environment, &keys, &mut sections.problems) {
            sections.merge_variable(&entry);
        }
        sections.problems.extend(sources::near_misses(environment, &keys));
        if let Some(port) = environment.get("PORT").filter(|port| !port.is_empty()) {
            sections.merge_port(port);
        }
        Ok(sections)
    }

    fn keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        for (name, value) in &self.values {
            match value {
                Value::Table(section) => keys.extend(section.keys().map(|key| format!("{name}.{key}"))),
                _ => keys.push(name.clone()),
            }
        }
        keys
    }

    fn merge_file(&mut self, source: &str, file: Table) {
        for (name, value) in file {
            match (value, self.values.get(&name).is_some_and(Value::is_table)) {
                (Value::Table(section), true) => {
                    for (key, value) in section {
                        self.set(&format!("{name}.{key}"), value, source);
                    }
                }
                (value, _) => self.set(&name, value, source),
            }
        }
    }

    fn merge_variable(&mut self, entry: &sources::Override) {
        let Some(default) = self.slot(&entry.key) else {
            if !self.merge_inner(entry) {
                self.problems.push(unknown(&entry.variable, &entry.key));
            }
            return;
        };
        match variables::value(&entry.value, default) {
            Ok(value) => self.set(&entry.key, value, &entry.variable),
            Err(words) => self.replace(&entry.key, format!("{}: `{}` {words}", entry.variable, entry.key)),
        }
    }

    /// A value within a setting that is a table: `SOCIAL__PROVIDERS__GOOGLE__CLIENT_SECRET`. It is a text; whoever reads the
    /// table knows its type. False if there is no such table.
    fn merge_inner(&mut self, entry: &sources::Override) -> bool {
        let mut parts = entry.key.split('.');
        let (Some(section), Some(key)) = (parts.next(), parts.next()) else { return false };
        let Some(mut slot) = self.slot(&format!("{section}.{key}")) else { return false };
        for part in parts {
            if part.is_empty() {
                return false;
            }
            let Some(table) = slot.as_table_mut() else { return false };
            slot = table.entry(part).or_insert_with(|| Value::Table(Table::new()));
        }
        *slot = Value::String(entry.value.clone());
        self.sources.insert(entry.key.clone(), entry.variable.clone());
        true
    }

    fn merge_port(&mut self, port: &str) {
        if port.parse::<u16>().is_err() {
            self.problems.push(format!("PORT: `{port}` is not a port"));
            return;
        }
        if let Some(Value::String(bind)) = self.slot("http.bind") {
            let host = bind.rsplit_once(':').map_or(bind.as_str(), |(host, _)| host).to_owned();
            *bind = format!("{host}:{port}");
            self.sources.insert("http.bind".into(), "PORT".into());
        }
    }

    fn slot(&mut self, key: &str) -> Option<&mut Value> {
        match key.split_once('.') {
            Some((section, key)) => self.values.get_mut(section)?.as_table_mut()?.get_mut(key),
            None => self.values.get_mut(key).filter(|value| !value.is_table()),
        }
    }

    fn set(&mut self, key: &str, value: Value, source: &str) {
        let Some(slot) = self.slot(key) else {
            self.problems.push(unknown(source, key));
            return;
        };
        if slot.same_type(&value) {
            *slot = value;
            self.sources.insert(key.to_owned(), source.to_owned());
        } else {
            let problem = format!("{source}: `{key}` must be {}, not {}", described(slot), described(&value));
            self.replace(key, problem);
        }
    }

    fn replace(&mut self, key: &str, problem: String) {
        self.problems.push(problem);
        self.refused.insert(key.to_owned());
        self.replaced.insert(key.to_owned());
    }

    pub(crate) fn top(&mut self) -> Section<'_> {
        Section { name: "", sections: self }
    }

    pub(crate) fn section<'r>(&'r mut self, name: &'r str) -> Section<'r> {
        Section { name, sections: self }
    }

    fn note(&mut self, problem: &Problem) {
        let source = self.sources.get(&problem.key).map(|source| format!("{source}: ")).unwrap_or_default();
        self.noted.push((problem.key.clone(), format!("{source}{problem}")));
        self.refused.insert(problem.key.clone());
    }

    /// Skips keys already refused: one mistake is reported once.
    pub(crate) fn note_found(&mut self, problems: &[Problem]) {
        let news: Vec<_> = problems.iter().filter(|problem| !self.refused.contains(&problem.key)).collect();
        for problem in news {
            self.note(problem);
        }
    }

    pub(crate) fn finish(self) -> Result<(), Problems> {
        self.finish_where(|_| true)
    }

    /// Problems found by a section count if `counts` accepts its name.
    pub(crate) fn finish_where(self, counts: impl Fn(&str) -> bool) -> Result<(), Problems> {
        let Self { mut problems, noted, .. } = self;
        let section = |key: &str| key.split('.').next().unwrap_or_default().to_owned();
        problems.extend(noted.into_iter().filter(|(key, _)| counts(&section(key))).map(|(_, problem)| problem));
        if problems.is_empty() { Ok(()) } else { Err(Problems(problems)) }
    }
}

fn unknown(source: &str, key: &str) -> String {
    format!("{source}: there is no setting `{key}`; `auth/defaults.toml` lists them all")
}

fn described(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text in quotes",
        Value::Integer(_) => "a whole number",
        Value::Boolean(_) => "true or false",
        Value::Array(_) => "a list",
        Value::Table(_) => "a section",
        Value::Float(_) => "a number with a fraction",
        Value::Datetime(_) => "a date",
    }
}

/// The keys of one section. A method that cannot read a value reports that and returns a harmless one: settings with a
/// problem are never used, and one mistake is reported once.
pub struct Section<'r> {
    name: &'r str,
    sections: &'r mut Sections,
}

impl Section<'_> {
    /// Reports a problem with a key, in words that follow its name.
    pub fn problem(&mut self, key: &str, problem: impl Display) {
        self.conflict(key, &[], problem);
    }

    /// As [`Section::problem`], for a key that conflicts with others, named with their sections. Not reported if one of
    /// them could not be read.
    pub fn conflict(&mut self, key: &str, others: &[&str], problem: impl Display) {
        let key = self.key(key);
        let replaced = &self.sections.replaced;
        if !replaced.contains(&key) && !others.iter().any(|other| replaced.contains(*other)) {
            self.sections.note(&Problem::new(key, problem));
        }
    }

    /// As [`Section::problem`], for a value that the room replaces by a harmless one.
    pub fn unreadable(&mut self, key: &str, problem: impl Display) {
        self.problem(key, problem);
        self.sections.replaced.insert(self.key(key));
    }

    /// Reports problems that a room found in the use of its keys.
    pub fn found(&mut self, problems: &[Problem]) {
        self.sections.note_found(problems);
    }

    fn key(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    fn value(&mut self, key: &str) -> Value {
        let key = self.key(key);
        self.sections.slot(&key).cloned().unwrap_or(Value::Boolean(false))
    }

    /// A text; may be empty.
    pub fn text(&mut self, key: &str) -> String {
        self.value(key).as_str().unwrap_or_default().to_owned()
    }

    /// A text that must not be empty.
    pub fn required_text(&mut self, key: &str) -> String {
        let text = self.text(key);
        if text.is_empty() {
            self.unreadable(key, "must not be empty");
        }
        text
    }

    /// A text, `None` if it is empty.
    pub fn optional_text(&mut self, key: &str) -> Option<String> {
        Some(self.text(key)).filter(|text| !text.is_empty())
    }

    /// A text that is never printed.
    pub fn secret(&mut self, key: &str) -> SecretString {
        self.text(key).into()
    }

    /// True or false.
    pub fn flag(&mut self, key: &str) -> bool {
        self.value(key).as_bool().unwrap_or_default()
    }

    /// A whole number within bounds.
    pub fn number(&mut self, key: &str, bounds: RangeInclusive<u32>) -> u32 {
        let number = self.value(key).as_integer().unwrap_or_default();
        match u32::try_from(number) {
            Ok(number) if bounds.contains(&number) => number,
            _ => {
                self.unreadable(key, format_args!("must be from {} to {}, not {number}", bounds.start(), bounds.end()));
                *bounds.start()
            }
        }
    }

    /// A list of texts.
    pub fn list(&mut self, key: &str) -> Vec<String> {
        let Value::Array(items) = self.value(key) else { return Vec::new() };
        let texts: Vec<String> = items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect();
        if texts.len() < items.len() {
            self.unreadable(key, "must be a list of texts in quotes");
        }
        texts
    }

    /// A list of whole numbers, which the environment has as texts.
    pub fn whole_numbers(&mut self, key: &str) -> Vec<i64> {
        let Value::Array(items) = self.value(key) else { return Vec::new() };
        let number = |item: &Value| item.as_integer().or_else(|| item.as_str()?.parse().ok());
        let numbers: Vec<i64> = items.iter().filter_map(number).collect();
        if numbers.len() < items.len() {
            self.unreadable(key, "must be a list of whole numbers");
        }
        numbers
    }

    /// A list of texts that are never printed.
    pub fn secrets(&mut self, key: &str) -> Vec<SecretString> {
        self.list(key).into_iter().map(SecretString::from).collect()
    }

    /// A table of names and values.
    pub fn table(&mut self, key: &str) -> Table {
        self.value(key).as_table().cloned().unwrap_or_default()
    }

    /// A list of texts that parse as `T`.
    pub fn parsed_list<T>(&mut self, key: &str, parse: impl Fn(&str) -> Option<T>, expected: &str) -> Vec<T> {
        let mut parsed = Vec::new();
        for item in self.list(key) {
            match parse(&item) {
                Some(value) => parsed.push(value),
                None => self.problem(key, format_args!("has `{item}`, which is not {expected}")),
            }
        }
        parsed
    }

    /// A duration such as `"15m"`.
    pub fn duration(&mut self, key: &str) -> Duration {
        let text = self.text(key);
        parse_duration(&text).unwrap_or_else(|| {
            self.unreadable(
                key,
                format_args!("must be a duration such as \"30s\", \"15m\", \"12h\" or \"14d\", not {text:?}"),
            );
            Duration::from_secs(1)
        })
    }

    /// A duration, `None` if the text is empty.
    pub fn optional_duration(&mut self, key: &str) -> Option<Duration> {
        (!self.text(key).is_empty()).then(|| self.duration(key))
    }

    /// One of the words of a [`Choice`].
    pub fn one_of<C: Choice>(&mut self, key: &str) -> C {
        let text = self.text(key);
        if let Some((_, choice)) = C::NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(&text)) {
            return *choice;
        }
        let names: Vec<&str> = C::NAMES.iter().map(|(name, _)| *name).collect();
        self.unreadable(key, format_args!("must be one of {}, not {text:?}", names.join(", ")));
        C::NAMES[0].1
    }
}

/// Parses a whole number and a unit: `s`, `m`, `h` or `d`.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let seconds = match unit.trim() {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        // Zero needs no unit.
        "" if number == "0" => 1,
        _ => return None,
    };
    // At most a century, so that arithmetic on dates cannot overflow.
    number
        .parse::<u64>()
        .ok()?
        .checked_mul(seconds)
        .filter(|seconds| *seconds <= 3_155_760_000)
        .map(Duration::from_secs)
}
