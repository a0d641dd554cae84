//! Keys that nothing reads: misspelt, or in the wrong table.

use super::{Findings, Rule};
use crate::near;
use crate::template::overlay::manifest;
use crate::template::page::{Entry, Page, entries};
use crate::template::placeholders;

const OVERLAY: [(&str, &[&str]); 2] = [("", &manifest::TABLES), ("template", &manifest::KEYS)];

pub(super) const LISTS: [&str; 3] = ["include", "exclude", "ignore"];
pub(super) const PHASES: [&str; 3] = ["init", "pre", "post"];
const CONDITIONAL: &str = "conditional";
pub(super) const OF_TEMPLATE: [&str; 8] =
    ["sub_templates", "cargo_generate_version", "include", "exclude", "ignore", "vcs", "init", "fmt"];
/// cargo-generate ignores all other keys.
const COMPLETE: [(&str, &[&str]); 3] =
    [("", &["template", "placeholders", "hooks", CONDITIONAL]), ("template", &OF_TEMPLATE), ("hooks", &PHASES)];
const CONDITIONAL_KEYS: [&str; 4] = ["include", "exclude", "ignore", "placeholders"];

type Tables = [(&'static str, &'static [&'static str])];

pub(super) fn of_overlay(page: &Page, top: &[Entry], findings: &mut Findings) {
    check_all(page, top, &OVERLAY, findings);
}

pub(super) fn of_complete(page: &Page, top: &[Entry], findings: &mut Findings) {
    check_all(page, top, &COMPLETE, findings);
    for condition in table(top, CONDITIONAL) {
        let fields = condition.value.as_table().map(entries).unwrap_or_default();
        check(page, &fields, CONDITIONAL, &CONDITIONAL_KEYS, &COMPLETE, findings);
    }
}

/// Checks the keys of a question.
pub(super) fn of_question(page: &Page, fields: &[Entry], findings: &mut Findings) {
    check(page, fields, "placeholders", &placeholders::KEYS, &[], findings);
}

/// The entries of a table; empty if it is missing or not a table.
pub(super) fn table<'t>(top: &[Entry<'t>], name: &str) -> Vec<Entry<'t>> {
    let table = top.iter().find(|entry| entry.key == name).and_then(|entry| entry.value.as_table());
    table.map(entries).unwrap_or_default()
}

fn check_all(page: &Page, top: &[Entry], tables: &Tables, findings: &mut Findings) {
    for (name, keys) in tables {
        let fields = if name.is_empty() { None } else { Some(table(top, name)) };
        check(page, fields.as_deref().unwrap_or(top), name, keys, tables, findings);
    }
}

fn check(page: &Page, fields: &[Entry], here: &str, keys: &[&str], tables: &Tables, findings: &mut Findings) {
    for field in fields.iter().filter(|field| !keys.contains(&field.key)) {
        let key = field.key;
        let there = tables.iter().find(|(name, keys)| *name != here && keys.contains(&key));
        if let Some((table, _)) = there {
            let place = if table.is_empty() { format!("[{key}], a table of its own") } else { format!("[{table}]") };
            let message = format!("`{key}` is not read {}", in_table(here));
            findings.at(page, &field.at, Rule::WrongTable, &message, &format!("move it to {place}"));
        } else if looks_like_a_question(field) && here != "placeholders" {
            let message = format!("`{key}` looks like a question, which is not read {}", in_table(here));
            findings.at(page, &field.at, Rule::WrongTable, &message, &format!("call it [placeholders.{key}]"));
        } else {
            let message = format!("`{key}` is not a key that is read {}", in_table(here));
            let near = near::nearest(key, keys.iter().copied());
            let fix =
                near.map_or_else(|| format!("the keys are {}", keys.join(", ")), |near| format!("write `{near}`"));
            findings.at(page, &field.at, Rule::UnknownKey, &message, &fix);
        }
    }
}

fn in_table(name: &str) -> String {
    if name.is_empty() { "at the top".into() } else { format!("in [{name}]") }
}

fn looks_like_a_question(entry: &Entry) -> bool {
    let fields = entry.value.as_table().map(entries).unwrap_or_default();
    !fields.is_empty() && fields.iter().all(|field| placeholders::KEYS.contains(&field.key))
}
