//! The translations of a language, from its `texts.toml`: English texts and what they are in it, or a table of plural
//! forms.

use std::collections::HashMap;

use toml::{Table, Value};

use super::plural::Plural;
use super::text::next_name;

macro_rules! shipped {
    ($($tag:literal)+) => {
        &[$(($tag, include_str!(concat!("../../languages/", $tag, "/texts.toml")))),+]
    };
}

/// The built-in languages, and their texts.
pub(super) const SHIPPED: &[(&str, &str)] =
    shipped!["cs" "de" "en" "es" "fr" "ko" "pl" "pt-BR" "ru" "tr" "zh-Hans" "zh-Hant"];

pub(super) fn shipped(tag: &str) -> Option<(&'static str, &'static str)> {
    SHIPPED.iter().copied().find(|(shipped, _)| shipped.eq_ignore_ascii_case(tag))
}

#[derive(Debug)]
pub(super) enum Translation {
    Text(String),
    Forms(Vec<(Plural, String)>),
}

#[derive(Debug, Default)]
pub(super) struct Catalog(HashMap<String, Translation>);

impl Catalog {
    /// The translation of a text, in the plural form of `count`.
    pub(super) fn find(&self, tag: &str, english: &str, count: Option<u64>) -> Option<&str> {
        match self.0.get(english)? {
            Translation::Text(text) => Some(text),
            Translation::Forms(forms) => {
                let form = Plural::of(tag, count.unwrap_or_default());
                let found = |form| forms.iter().find(|(of, _)| *of == form).map(|(_, text)| text.as_str());
                found(form).or_else(|| found(Plural::Other))
            }
        }
    }

    /// Lays texts over those that are there.
    pub(super) fn lay_over(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The texts that can be used, and what is wrong with each of the others, with its key.
    pub(super) fn parse(tag: &str, text: &str) -> (Self, Vec<String>) {
        let (mut catalog, mut problems) = (Self::default(), Vec::new());
        let table = text.parse().unwrap_or_else(|error: toml::de::Error| {
            problems.push(error.to_string().trim_end().to_owned());
            Table::new()
        });
        for (key, value) in table {
            match translation(tag, &key, value) {
                Ok(translation) => {
                    catalog.0.insert(key, translation);
                }
                Err(problem) => problems.push(format!("{key:?} {problem}")),
            }
        }
        (catalog, problems)
    }
}

fn translation(tag: &str, key: &str, value: Value) -> Result<Translation, String> {
    match value {
        Value::String(text) => {
            check(key, &text, false)?;
            Ok(Translation::Text(text))
        }
        Value::Table(_) if !key.contains("{count}") => {
            Err("has no {count}, so it has no plural forms: write one text".to_owned())
        }
        Value::Table(table) => forms(tag, key, table).map(Translation::Forms),
        _ => Err("must be a text, or a table of plural forms".to_owned()),
    }
}

fn forms(tag: &str, key: &str, table: Table) -> Result<Vec<(Plural, String)>, String> {
    let needed: Vec<&str> =
        Plural::ALL.into_iter().filter(|(_, form)| form.is_needed(tag)).map(|(name, _)| name).collect();
    let needs = format!("the forms of `{tag}` are {}", needed.join(", "));
    let mut forms = Vec::new();
    for (name, value) in table {
        let form = Plural::ALL.into_iter().find(|(of, form)| *of == name && form.is_known(tag));
        let Some((_, form)) = form else { return Err(format!("has the form `{name}`; {needs}")) };
        let Value::String(text) = value else { return Err(format!("has a form `{name}` that is no text")) };
        check(key, &text, form.is_of_one_number(tag)).map_err(|problem| format!("{problem} (in the form `{name}`)"))?;
        forms.push((form, text));
    }
    match needed.into_iter().find(|name| !forms.iter().any(|(form, _)| Plural::ALL.contains(&(*name, *form)))) {
        Some(missing) => Err(format!("lacks the form `{missing}`; {needs}")),
        None => Ok(forms),
    }
}

/// Whether a translation has the names in braces of its key. A form of one number may spell out `{count}`.
fn check(key: &str, text: &str, may_spell_out: bool) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("is empty; without the line, it would be in English".to_owned());
    }
    if text.chars().any(char::is_control) {
        return Err("must be one line".to_owned());
    }
    if has_stray_brace(text) && !has_stray_brace(key) {
        let words = "has a brace that is not part of a name: write names like {email}, as the English text does, and \
                     remove other braces";
        return Err(words.to_owned());
    }
    let (wanted, given) = (names(key), names(text));
    let missing = wanted.iter().find(|name| !(given.contains(name) || may_spell_out && **name == "count"));
    if let Some(missing) = missing {
        return Err(format!("lacks {{{missing}}}"));
    }
    match given.iter().find(|name| !wanted.contains(name)) {
        Some(unknown) => Err(format!("has {{{unknown}}}, which the English text has not")),
        None => Ok(()),
    }
}

fn names(text: &str) -> Vec<&str> {
    let mut rest = text;
    let next = || {
        let (_, name, after) = next_name(rest)?;
        rest = after;
        Some(name)
    };
    std::iter::from_fn(next).collect()
}

/// Whether a reader would see a brace, most often of a name with a typing error.
fn has_stray_brace(text: &str) -> bool {
    let mut rest = text;
    while let Some((before, _, after)) = next_name(rest) {
        if before.contains(['{', '}']) {
            return true;
        }
        rest = after;
    }
    rest.contains(['{', '}'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(tag: &str, text: &str) -> String {
        let (_, problems) = Catalog::parse(tag, text);
        assert!(!problems.is_empty(), "{text} was accepted");
        problems.join("\n")
    }

    #[test]
    fn a_text_is_found_by_its_english_one_in_the_form_of_its_number() {
        let text =
            "\"Hello {name}.\" = \"Hallo {name}.\"\n[\"{count} days\"]\none = \"ein Tag\"\nother = \"{count} Tage\"";
        let (catalog, problems) = Catalog::parse("de", text);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(catalog.find("de", "Hello {name}.", None), Some("Hallo {name}."));
        assert_eq!(catalog.find("de", "{count} days", Some(1)), Some("ein Tag"));
        assert_eq!(catalog.find("de", "{count} days", Some(0)), Some("{count} Tage"));
        assert_eq!(catalog.find("de", "Goodbye.", None), None);
    }

    #[test]
    fn a_form_of_millions_may_be_missing() {
        let text = "\"{count} days\" = { one = \"{count} jour\", other = \"{count} jours\" }";
        let (catalog, _) = Catalog::parse("fr", text);
        assert_eq!(catalog.find("fr", "{count} days", Some(1_000_000)), Some("{count} jours"));
    }

    #[test]
    fn every_text_that_cannot_be_used_is_named_with_what_is_wrong() {
        for (tag, text, expected) in [
            ("de", "\"Hello {name}.\" = \"Hallo.\"", "\"Hello {name}.\" lacks {name}"),
            ("de", "\"Hello.\" = \"Hallo {you}.\"", "\"Hello.\" has {you}, which the English text has not"),
            ("de", "\"Hello.\" = \" \"", "\"Hello.\" is empty"),
            ("de", "\"Hello.\" = \"a\\nb\"", "\"Hello.\" must be one line"),
            ("de", "\"Hello.\" = 1", "\"Hello.\" must be a text, or a table of plural forms"),
            ("de", "\"Hello.\" = { other = \"Hallo.\" }", "\"Hello.\" has no {count}"),
            (
                "de",
                "\"{count} days\" = { other = \"{count} Tage\" }",
                "lacks the form `one`; the forms of `de` are one, other",
            ),
            ("de", "\"{count} days\" = { one = \"\", other = \"{count} Tage\" }", "is empty"),
            ("de", "\"{count} days\" = { one = \"ein Tag\", other = \"Tage\" }", "lacks {count} (in the form `other`)"),
            (
                "fr",
                "\"{count} days\" = { one = \"un jour\", other = \"{count} jours\" }",
                "lacks {count} (in the form `one`)",
            ),
            ("de", "\"{count} days\" = { few = \"x\" }", "has the form `few`"),
            ("ru", "\"{count} days\" = { one = \"{count} a\", few = \"{count} b\" }", "lacks the form `many`"),
            ("de", "x = ", "TOML parse error"),
        ] {
            let problem = problem(tag, text);
            assert!(problem.contains(expected), "{expected}\n---\n{problem}");
        }
        let both = problem("de", "\"a\" = \"{x}\"\n\"b\" = \"{y}\"");
        assert_eq!(both.lines().count(), 2, "{both}");
    }

    #[test]
    fn a_brace_that_is_not_part_of_a_name_is_refused_where_the_english_text_has_none() {
        for text in ["Hallo { name}.", "Hallo {name}}.", "Hallo {Name}.", "Hallo {name.", "}Hallo {name}.", "{}{name}"]
        {
            let problem = problem("de", &format!("\"Hello {{name}}.\" = \"{text}\""));
            assert!(
                problem.contains("\"Hello {name}.\" has a brace that is not part of a name: write names"),
                "{problem}"
            );
        }
        let (catalog, problems) = Catalog::parse("de", "\"Write {} for {name}.\" = \"{} steht für {name}.\"");
        assert!(problems.is_empty(), "{problems:?}");
        assert!(catalog.find("de", "Write {} for {name}.", None).is_some());
    }

    #[test]
    fn the_texts_beside_one_that_cannot_be_used_are_kept() {
        let (catalog, problems) = Catalog::parse("de", "\"a\" = \"{x}\"\n\"b\" = \"B\"");
        assert_eq!((catalog.find("de", "b", None), problems.len()), (Some("B"), 1));
    }
}
