//! Changes `settings.toml` in place: what is not a feature's stays to the byte, comments and line ends included.

use std::ops::Range;

use toml::{Table, Value};
use toml_edit::{Document, Item, TomlError};

use super::SETTINGS;
use crate::ends;
use crate::failure::{Failure, Kind};

#[derive(Debug)]
pub(super) enum Setting {
    Key {
        section: &'static str,
        key: &'static str,
        value: Value,
    },
    /// One of a list of texts.
    Item {
        section: &'static str,
        key: &'static str,
        item: &'static str,
        /// What the list has if it is not written.
        otherwise: &'static [&'static str],
    },
    /// A section of its own.
    Section {
        name: String,
        body: String,
    },
}

impl Setting {
    pub(super) fn key(section: &'static str, key: &'static str, value: Value) -> Self {
        Self::Key { section, key, value }
    }

    pub(super) fn is_in(&self, settings: &Table) -> bool {
        match self {
            Self::Key { section, key, value } => find(settings, &format!("{section}.{key}")) == Some(value),
            Self::Item { section, key, item, .. } => {
                let list = find(settings, &format!("{section}.{key}")).and_then(Value::as_array);
                list.is_some_and(|list| list.iter().any(|there| there.as_str() == Some(item)))
            }
            Self::Section { name, .. } => find(settings, name).is_some(),
        }
    }

    /// Fails for a file that has the setting in a form that is not understood here.
    pub(super) fn written_into(&self, text: &str) -> Result<String, Failure> {
        let page = Document::parse(text).map_err(|error| unreadable(text, &error))?;
        let written = match self {
            Self::Key { section, key, value } => match item(&page, section, key) {
                Some(old) => old.span().map(|span| replaced(text, span, &value.to_string())),
                None => Some(with_key(text, &page, section, &format!("{key} = {value}"))),
            },
            Self::Item { section, key, item: added, otherwise } => match item(&page, section, key) {
                Some(old) => with_item(text, old, added),
                None => Some(with_key(text, &page, section, &format!("{key} = {}", list(otherwise, added)))),
            },
            Self::Section { name, body } => Some(with_section(text, &page, name, body)),
        };
        let wanted = self.applied(text);
        let is_as_wanted = |written: &String| wanted.is_some() && written.parse().ok() == wanted;
        written.filter(is_as_wanted).ok_or_else(|| self.by_hand())
    }

    /// What the settings are to be afterwards.
    fn applied(&self, text: &str) -> Option<Table> {
        let mut settings: Table = text.parse().ok()?;
        match self {
            Self::Key { section, key, value } => {
                section_of(&mut settings, section)?.insert((*key).to_owned(), value.clone());
            }
            Self::Item { section, key, item, otherwise } => {
                let items = section_of(&mut settings, section)?.entry(*key).or_insert_with(|| texts(otherwise));
                items.as_array_mut()?.push(Value::from(*item));
            }
            Self::Section { name, body } => *section_of(&mut settings, name)? = body.parse().ok()?,
        }
        Some(settings)
    }

    fn by_hand(&self) -> Failure {
        let (what, how) = match self {
            Self::Key { section, key, value } => (format!("{section}.{key}"), format!("{section}.{key} = {value}")),
            Self::Item { section, key, item, .. } => {
                (format!("{section}.{key}"), format!("{item:?} in the list {section}.{key}"))
            }
            Self::Section { name, body } => (name.clone(), format!("[{name}] {}", body.trim_end().replace('\n', ", "))),
        };
        let message = format!("{SETTINGS}: `{what}` cannot be set without changing how its section is written");
        Failure::new(Kind::Destination, message).hint(format!("write it yourself: {how}")).placed(SETTINGS, None)
    }
}

/// The value of a key with dots.
pub(super) fn find<'t>(settings: &'t Table, path: &str) -> Option<&'t Value> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let value = settings.get(first)?;
    rest.map_or(Some(value), |rest| find(value.as_table()?, rest))
}

fn section_of<'t>(settings: &'t mut Table, name: &str) -> Option<&'t mut Table> {
    let below = |table: &'t mut Table, part: &str| {
        table.entry(part).or_insert_with(|| Value::Table(Table::new())).as_table_mut()
    };
    name.split('.').try_fold(settings, below)
}

fn item<'p>(page: &'p Document<&str>, section: &str, key: &str) -> Option<&'p Item> {
    page.get(section)?.get(key)
}

fn replaced(text: &str, span: Range<usize>, by: &str) -> String {
    let mut text = text.to_owned();
    text.replace_range(span, by);
    text
}

fn texts(items: &[&str]) -> Value {
    items.iter().map(|item| Value::from(*item)).collect::<Vec<_>>().into()
}

fn list(items: &[&str], added: &str) -> String {
    texts(&[items, &[added]].concat()).to_string()
}

/// Behind the last item of a list.
fn with_item(text: &str, list: &Item, added: &str) -> Option<String> {
    let items = list.as_array()?;
    let Some(final_one) = items.iter().last() else {
        return Some(replaced(text, list.span()?, &self::list(&[], added)));
    };
    let end = final_one.span()?.end;
    Some(replaced(text, end..end, &format!(", {}", Value::from(added))))
}

fn with_key(text: &str, page: &Document<&str>, section: &str, line: &str) -> String {
    let headers = headers(page);
    match headers.iter().position(|header| header.path == section) {
        Some(index) => inserted(text, end_of(text, &headers, index), &format!("\n{line}")),
        None => with_section(text, page, section, line),
    }
}

/// Below the sections that it belongs to, or at the end of the file.
fn with_section(text: &str, page: &Document<&str>, name: &str, body: &str) -> String {
    let headers = headers(page);
    let above = |parent: &str| {
        let is_within =
            |path: &str| path.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        headers.iter().rposition(|header| is_within(&header.path))
    };
    let parents = name.rmatch_indices('.').map(|(dot, _)| &name[..dot]);
    let end = parents.filter_map(above).map(|index| end_of(text, &headers, index)).next();
    let end = end.unwrap_or_else(|| text.trim_end_matches(['\r', '\n']).len());
    let gap = if end == 0 { "" } else { "\n\n" };
    inserted(text, end, &format!("{gap}[{name}]\n{}", body.trim_end()))
}

fn inserted(text: &str, at: usize, addition: &str) -> String {
    let (before, after) = text.split_at(at);
    let end = if after.is_empty() { "\n" } else { "" };
    format!("{before}{}{after}", ends::as_in(text, &format!("{addition}{end}")))
}

struct Header {
    path: String,
    span: Range<usize>,
}

/// The lines in brackets, as they follow each other.
fn headers(page: &Document<&str>) -> Vec<Header> {
    let mut found = Vec::new();
    collect(page.as_item(), "", &mut found);
    found.sort_by_key(|header| header.span.start);
    found
}

fn collect(item: &Item, path: &str, found: &mut Vec<Header>) {
    let tables: Vec<_> = match item {
        Item::Table(table) => vec![table],
        Item::ArrayOfTables(tables) => tables.iter().collect(),
        _ => return,
    };
    for table in tables {
        let has_header = !table.is_implicit() && !table.is_dotted() && !path.is_empty();
        found.extend(table.span().filter(|_| has_header).map(|span| Header { path: path.to_owned(), span }));
        for (key, item) in table {
            let joint = if path.is_empty() { "" } else { "." };
            collect(item, &format!("{path}{joint}{key}"), found);
        }
    }
}

/// Where the last line of a section ends. A comment right above the next header belongs to that, if an empty line sets it apart.
fn end_of(text: &str, headers: &[Header], index: usize) -> usize {
    let start = headers[index].span.end;
    let next = headers.get(index + 1).map(|next| text[..next.span.start].rfind('\n').map_or(0, |end| end + 1));
    let section = &text[start..next.unwrap_or(text.len())];
    let comment = section.split_inclusive('\n').rev().take_while(|line| line.trim_start().starts_with('#'));
    let without = &section[..section.len() - comment.map(str::len).sum::<usize>()];
    let is_apart = without.lines().next_back().is_some_and(|line| line.trim().is_empty());
    let section = if next.is_some() && is_apart { without } else { section };
    start + section.trim_end_matches(['\r', '\n']).len()
}

fn unreadable(text: &str, error: &TomlError) -> Failure {
    let before = &text[..error.span().map_or(0, |span| span.start).min(text.len())];
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    let (line, why) = (before.matches('\n').count() + 1, error.message().lines().collect::<Vec<_>>().join("; "));
    Failure::new(Kind::Destination, format!("{SETTINGS}:{line}:{column}: {why}"))
        .hint("correct the file first: nothing was changed")
        .placed(SETTINGS, Some((line, column)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totp(text: &str) -> Result<String, Failure> {
        Setting::key("mfa", "totp", "required".into()).written_into(text)
    }

    fn google(text: &str) -> Result<String, Failure> {
        let body = "client_ids = [\"a\"]\n".to_owned();
        Setting::Section { name: "social.providers.google".into(), body }.written_into(text)
    }

    #[test]
    fn a_value_is_replaced_and_nothing_else_changes() {
        for (text, expected) in [
            ("a = 1\n[mfa] # x\ntotp  =  'optional' # y\n\n", "a = 1\n[mfa] # x\ntotp  =  \"required\" # y\n\n"),
            ("\u{feff}[mfa]\r\ntotp = \"\"\r\n\n# z\n", "\u{feff}[mfa]\r\ntotp = \"required\"\r\n\n# z\n"),
            ("mfa.totp = 1", "mfa.totp = \"required\""),
            ("mfa = { totp = 'a', issuer = 'b' } # c\n", "mfa = { totp = \"required\", issuer = 'b' } # c\n"),
        ] {
            assert_eq!(totp(text).unwrap(), expected);
        }
    }

    #[test]
    fn an_item_goes_behind_the_last_one_of_its_list() {
        let item = Setting::Item { section: "languages", key: "offered", item: "de", otherwise: &["en"] };
        for (text, expected) in [
            ("[languages]\noffered = ['en'] # x\n", "[languages]\noffered = ['en', \"de\"] # x\n"),
            ("languages.offered = [\r\n  'en', # a\r\n]", "languages.offered = [\r\n  'en', \"de\", # a\r\n]"),
            ("[languages]\noffered = [ ]\n", "[languages]\noffered = [\"de\"]\n"),
            ("[languages]\n", "[languages]\noffered = [\"en\", \"de\"]\n"),
        ] {
            assert_eq!(item.written_into(text).unwrap(), expected);
            assert!(item.is_in(&expected.parse().unwrap()) && !item.is_in(&text.parse().unwrap()));
        }
        assert!(item.written_into("languages.offered = 'en'").is_err());
    }

    #[test]
    fn a_missing_key_goes_to_the_end_of_its_section_and_a_missing_section_to_the_end_of_the_file() {
        for (text, expected) in [
            (
                "[mfa]\nissuer = 'b'\n\n# of codes\n[codes]\n",
                "[mfa]\nissuer = 'b'\ntotp = \"required\"\n\n# of codes\n[codes]\n",
            ),
            ("[mfa] # x\n[codes]\n", "[mfa] # x\ntotp = \"required\"\n[codes]\n"),
            ("[mfa]\r\n# totp\r\n\r\n[codes]\r\n", "[mfa]\r\n# totp\r\ntotp = \"required\"\r\n\r\n[codes]\r\n"),
            ("[codes]\nlength = 6\n\n\n", "[codes]\nlength = 6\n\n[mfa]\ntotp = \"required\"\n\n\n"),
            ("a = 1", "a = 1\n\n[mfa]\ntotp = \"required\"\n"),
            ("", "[mfa]\ntotp = \"required\"\n"),
        ] {
            assert_eq!(totp(text).unwrap(), expected);
        }
    }

    #[test]
    fn a_section_goes_below_those_that_it_belongs_to_and_their_comments() {
        const ADDED: &str = "\n\n[social.providers.google]\nclient_ids = [\"a\"]";
        for (before, after) in [
            ("[social]\na = 1\n\n[social.providers]\n# as:\n#\n# [x]\n# y", "\n\n[codes]\n[mfa]\n"),
            ("[social]\na = 1", "\n[codes]\n[mfa]\n"),
            ("[social.providers.github]\nclient_ids = ['b']", "\n\n\n# of codes\n[codes]\n"),
            ("[social]\n[codes]\n[social.providers]\n[mfa.x]\n[social.providers.x.y]", "\n[[codes.z]]\n"),
            ("[socials]\n[codes]", "\n"),
        ] {
            let (text, expected) = (format!("{before}{after}"), format!("{before}{ADDED}{after}"));
            assert_eq!(google(&text).unwrap(), expected);
            let windows = |text: &str| text.replace('\n', "\r\n");
            assert_eq!(google(&windows(&text)).unwrap(), windows(&expected));
        }
    }

    #[test]
    fn what_would_change_more_than_the_setting_is_left_to_the_owner() {
        for failure in [
            totp("mfa.issuer = 'b'\n").unwrap_err(),
            totp("mfa = { issuer = 'b' }\n").unwrap_err(),
            totp("[mfa.totp]\n").unwrap_err(),
            totp("mfa = 1\n").unwrap_err(),
            google("[social]\nproviders = {}\n").unwrap_err(),
        ] {
            assert_eq!(failure.kind, Kind::Destination);
            assert!(failure.hints[0].starts_with("write it yourself: "), "{:?}", failure.hints);
        }
    }

    #[test]
    fn a_file_that_is_no_toml_is_refused_with_the_place() {
        let failure = totp("[mfa]\n<<<<<<< yours\n").unwrap_err();
        assert!(failure.message.starts_with("settings.toml:2:9: "), "{failure}");
    }
}
