//! The output of a template's scripts, and the reason why a render failed.

use std::fs;
use std::io::ErrorKind;
use std::path::{MAIN_SEPARATOR, Path};

use super::render::Place;
use super::{Complete, scripts};
use crate::bounds;
use crate::errand::Outcome;
use crate::failure::{Failure, Kind};
use crate::platform;
use crate::scratch::{self, Scratch};
use crate::template::Notice;

/// Marks a failed script in cargo-generate's output.
const FAILED_SCRIPT: &str = "Failed executing script:";
/// Prefix of a line that a script has printed.
const SCRIPT: &str = "Script: ";
/// Prefix of a script's return value.
const RETURNED: &str = "Script `";
/// The error of a prompt without a terminal.
const NO_TERMINAL: &str = "not a terminal";
/// SIGINT. At a prompt the terminal sends it only to the process that asks.
const INTERRUPTED: i32 = 2;

/// Output of scripts: hooks print as notes of cargo-generate, filters directly.
pub(super) fn said(outcome: &Outcome, place: &Place) -> Vec<Notice> {
    let stderr = within(&console::strip_ansi_codes(&outcome.stderr), place);
    let mut said: Vec<Notice> = Vec::new();
    let mut note: Option<(String, Vec<String>)> = None;
    for line in stderr.lines() {
        match (&mut note, line.split_once(SCRIPT).map(|(_, script)| script)) {
            (None, Some(script)) => note = Some((script.to_owned(), Vec::new())),
            (Some(_), _) if line.is_empty() => {
                said.extend(note.take().map(|(script, lines)| Notice::Said { script, lines }));
            }
            (Some((_, lines)), _) => lines.push(line.strip_prefix("  ").unwrap_or(line).to_owned()),
            (None, None) => said.extend(returned(line)),
        }
    }
    said.extend(note.map(|(script, lines)| Notice::Said { script, lines }));
    // The last line is the project's directory, if there is one.
    let mut plain: Vec<String> = console::strip_ansi_codes(&outcome.stdout).lines().map(str::to_owned).collect();
    if outcome.status.success() {
        plain.pop();
    }
    if !plain.is_empty() {
        said.push(Notice::Said { script: "a filter".into(), lines: plain });
    }
    said
}

/// Replaces the paths of cargo-generate's temporary copies by paths in the template.
fn within(text: &str, place: &Place) -> String {
    let inside = |directory: &Path| format!("{}{MAIN_SEPARATOR}", directory.display());
    let text = text.replace(&inside(&place.template), "");
    let copies = inside(&place.temporary);
    let mut parts = text.split(&copies);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once(MAIN_SEPARATOR).map_or(part, |(_, path)| path.trim_start_matches("./"))
    })
}

fn returned(line: &str) -> Option<Notice> {
    let (script, said) = line.split_once(RETURNED)?.1.split_once("` returned: ")?;
    Some(Notice::Said { script: script.to_owned(), lines: vec![said.to_owned()] })
}

impl Complete {
    pub(super) fn failed(&self, outcome: &Outcome, place: &Place) -> Failure {
        if platform::signal(outcome.status) == Some(INTERRUPTED) {
            return Failure::new(Kind::Signal(2), "interrupted: nothing was left behind");
        }
        let said = fs::read_to_string(&place.failure).unwrap_or_default();
        let said = within(&console::strip_ansi_codes(&said), place);
        let why: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let why = why.join(" ");
        if scratch::is_full(&why) {
            return Scratch::failed(&place.template, &ErrorKind::StorageFull.into());
        }
        let beginning = format!("the template `{}` cannot be rendered", self.name);
        if let Some((_, rest)) = why.split_once(FAILED_SCRIPT) {
            let (script, why) = rest.trim().split_once(": ").unwrap_or((rest, ""));
            return self.failed_script(&beginning, script, why);
        }
        let ended = || bounds::complaint(outcome.status, &outcome.stderr);
        let why = Some(why).filter(|why| !why.is_empty()).or_else(ended).unwrap_or_else(|| outcome.status.to_string());
        Failure::new(Kind::Template, format!("it cannot be rendered: {why}"))
    }

    fn failed_script(&self, beginning: &str, script: &str, why: &str) -> Failure {
        if !why.contains(NO_TERMINAL) {
            return Failure::new(Kind::Hook, format!("{beginning}: {script}: {why}"));
        }
        let message = format!("{beginning}: {script} asks a question while it runs, and there is nobody to ask");
        let failure = Failure::new(Kind::Hook, message).hint("run it at a terminal, without `--defaults` and `CI`");
        match scripts::looked_for(&self.sources, script) {
            none if none.is_empty() => failure.hint("no answer can be given beforehand: the script looks for none"),
            names => {
                let flags: Vec<String> = names.iter().map(|name| format!("`-d {name}=…`")).collect();
                failure.hint(format!("it asks only for what it does not find: {}", flags.join(", ")))
            }
        }
    }
}
