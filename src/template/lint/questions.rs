//! Questions: whether each can be asked as intended, and whether its answer is used.

use std::collections::BTreeSet;
use std::ops::Range;

use regex_syntax::hir::Look;

use super::keys::{self, table};
use super::{Findings, Rule};
use crate::template::overlay::manifest;
use crate::template::page::{Entry, Page, entries};
use crate::template::placeholders::{self, Dialect};
use crate::template::variables;

const PLACEHOLDERS: &str = "placeholders";
/// cargo-generate's own variables, which it does not allow to be overridden.
const RESERVED: [&str; 7] =
    ["authors", "os-arch", "project-name", "crate_name", "crate_type", "within_cargo_project", "is_init"];

/// A question's name, and where it is asked.
pub(super) struct Asked {
    pub(super) name: String,
    at: Range<usize>,
}

pub(super) fn of_overlay(page: &Page, top: &[Entry], findings: &mut Findings) -> Vec<Asked> {
    table(top, PLACEHOLDERS).iter().filter_map(|entry| asked(page, entry, Dialect::Overlay, findings)).collect()
}

pub(super) fn of_complete(page: &Page, top: &[Entry], findings: &mut Findings) -> Vec<Asked> {
    let conditionals = table(top, "conditional");
    let conditional = conditionals.iter().filter_map(|entry| entry.value.as_table());
    let conditional = conditional.flat_map(|fields| table(&entries(fields), PLACEHOLDERS));
    let all = table(top, PLACEHOLDERS).into_iter().chain(conditional);
    all.filter_map(|entry| asked(page, &entry, Dialect::CargoGenerate, findings)).collect()
}

/// An unused question is usually a misspelt name in the question or in a file.
pub(super) fn all_are_used(page: &Page, asked: &[Asked], used: &BTreeSet<String>, findings: &mut Findings) {
    for question in asked.iter().filter(|question| !used.contains(&question.name)) {
        let message = format!("no file uses the answer to `{}`", question.name);
        findings.at(page, &question.at, Rule::UnusedPlaceholder, &message, "use it, or do not ask for it");
    }
}

fn asked(page: &Page, entry: &Entry, dialect: Dialect, findings: &mut Findings) -> Option<Asked> {
    let before = findings.len();
    check(page, entry, dialect, findings);
    // Report the reader's own error only if no rule has reported the question.
    if findings.len() == before
        && let Err(failure) = placeholders::placeholder(page, entry, dialect)
    {
        findings.of_failure(&failure, Rule::InvalidPlaceholder, "correct the question");
    }
    entry.value.as_table().map(|_| Asked { name: entry.key.to_owned(), at: entry.at.clone() })
}

fn check(page: &Page, entry: &Entry, dialect: Dialect, findings: &mut Findings) {
    let name = entry.key;
    let is_overlay = dialect == Dialect::Overlay;
    let reserved: &[&str] = if is_overlay { &variables::NAMES } else { &RESERVED };
    if reserved.contains(&name) {
        let message = format!("`{name}` is a variable that every project has");
        findings.at(page, &entry.at, Rule::ReservedName, &message, "take another name, or use the variable");
    }
    let Some(fields) = entry.value.as_table().map(entries) else {
        let (rule, fix) = if manifest_keys(dialect).contains(&name) {
            (Rule::WrongTable, "move it to [template]".to_owned())
        } else {
            (Rule::InvalidPlaceholder, format!("write {name} = {{ prompt = \"…\" }}"))
        };
        return findings.at(page, &entry.at, rule, &format!("`{name}` is not a question: it is no table"), &fix);
    };
    keys::of_question(page, &fields, findings);
    let field = |key: &str| fields.iter().find(|field| field.key == key);
    if !is_overlay && field("prompt").is_none() {
        let message = format!("`{name}` has no `prompt`, without which cargo-generate refuses the template");
        findings.at(page, &entry.at, Rule::InvalidPlaceholder, &message, "add `prompt = \"…\"`");
    }
    if !is_overlay
        && let Some(regex) = field("regex")
        && let Some(text) = regex.value.as_str()
        && is_unanchored(text)
    {
        let message = format!("`{text}` is content with any part of an answer to `{name}`");
        findings.at(page, &regex.at, Rule::UnanchoredRegex, &message, &format!("write `^(?:{})$`", bare(text)));
    }
}

fn manifest_keys(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Overlay => &manifest::KEYS,
        Dialect::CargoGenerate => &keys::OF_TEMPLATE,
    }
}

/// Whether a match may be part of the answer only. Another rule reports invalid expressions.
fn is_unanchored(text: &str) -> bool {
    regex_syntax::parse(text).is_ok_and(|expression| {
        let properties = expression.properties();
        let (starts, ends) = (properties.look_set_prefix(), properties.look_set_suffix());
        !starts.contains(Look::Start) || !ends.contains(Look::End)
    })
}

/// The expression without its anchors.
fn bare(text: &str) -> &str {
    let text = text.strip_prefix('^').unwrap_or(text);
    text.strip_suffix('$').filter(|rest| !rest.ends_with('\\')).unwrap_or(text)
}
