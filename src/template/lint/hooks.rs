//! Scripts: cargo-generate runs only Rhai, and reports anything else only when a project is started.

use super::keys::table;
use super::paths::texts;
use super::{Findings, Rule, Subject};
use crate::template::complete::config::FORMAT;
use crate::template::complete::scripts;
use crate::template::complete::stage::SCRIPT;
use crate::template::page::{Entry, Page};
use crate::template::source::Source;

/// Returns the paths of existing scripts.
pub(super) fn check(subject: &Subject, page: &Page, top: &[Entry], findings: &mut Findings) -> Vec<String> {
    let mut found = Vec::new();
    for phase in table(top, "hooks") {
        for (script, at) in texts(&phase) {
            if script == FORMAT {
                if phase.key != "post" {
                    let message = format!("`{FORMAT}` does nothing under `{}`", phase.key);
                    findings.at(page, &at, Rule::WithoutEffect, &message, "move it to `post`");
                }
                continue;
            }
            let script = script.trim_start_matches("./");
            match scripts::named(subject.sources, "", script) {
                None => {
                    let message = format!("there is no script `{script}`");
                    findings.at(page, &at, Rule::MatchesNothing, &message, "write the script, or correct its path");
                }
                Some(_) if !script.ends_with(SCRIPT) => {
                    let message = format!("`{script}` is not a Rhai script; cargo-generate runs no other");
                    let fix = "write it in Rhai, in a file `*.rhai`; `system::command` runs programs";
                    findings.at(page, &at, Rule::HookNotRhai, &message, fix);
                }
                Some(source) => {
                    compiles(source, findings);
                    found.push(script.to_owned());
                }
            }
        }
    }
    found
}

fn compiles(source: &Source, findings: &mut Findings) {
    let fix = "correct the script: https://rhai.rs/book";
    let Some(text) = source.text() else {
        return findings.of_file(&source.path, Rule::HookNotRhai, "it is not text", fix);
    };
    if let Some(((line, column), message)) = scripts::mistake(text) {
        let lines: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
        let offset = text[lines..].char_indices().nth(column - 1).map_or(text.len(), |(at, _)| lines + at);
        findings.in_text(&source.path, text, offset, Rule::HookNotRhai, &message, fix);
    }
}

/// The scripts that run as filters of a file.
pub(super) fn filters(subject: &Subject, source: &Source, hooks: &[String], findings: &mut Findings) {
    // What runs before may write a script.
    let texts = subject.sources.iter().filter(|source| hooks.contains(&source.path)).filter_map(Source::text);
    let may_be_written = { texts }.any(|text| ["file::", "system::"].iter().any(|module| text.contains(module)));
    for (offset, script) in scripts::filters_of(source) {
        let Some(script) = script else { continue };
        match scripts::named(subject.sources, "", script) {
            Some(script) => compiles(script, findings),
            None if may_be_written => {}
            None => {
                let text = source.text().unwrap_or_default();
                let message = format!("there is no script `{script}`");
                let fix = "write the script, or correct its path";
                findings.in_text(&source.path, text, offset, Rule::MatchesNothing, &message, fix);
            }
        }
    }
}
