//! What cargo-generate has left to say: what scripts return, and why a render failed.

use std::fs;
use std::io::ErrorKind;

use super::ears::{Ears, SOME, Stopped};
use super::place::Place;
use super::stage::Stage;
use super::{Complete, mistakes, scripts};
use crate::bounds;
use crate::errand::Outcome;
use crate::failure::{Failure, Kind};
use crate::scratch::{self, Scratch};
use crate::template::{Notice, tags};

/// Marks a failed script in cargo-generate's output.
const FAILED_SCRIPT: &str = "Failed executing script:";
/// Before and after the name of a filter's script, and before the reason why it fails.
const FILTER_SCRIPT: &str = "Filter script ";
const FAILED_FILTER: &str = " not found or failed: ";
/// Rhai's beginning of the error for a script that is not there.
const NOT_THERE: &str = "Cannot open script file";
/// In Rhai's error of a function of an imported script, before the name of that script.
const ELSEWHERE: &str = " @ '";
/// Prefix of a line that a script has printed.
const SCRIPT: &str = "Script: ";
/// Prefix of a script's return value.
const RETURNED: &str = "Script `";
/// The error of a prompt without a terminal.
const NO_TERMINAL: &str = "not a terminal";

/// What cargo-generate prints for scripts: what they return, and notes of what went around [`Ears`].
pub(super) fn said(outcome: &Outcome, place: &Place) -> Vec<Notice> {
    let stderr = place.seen(&console::strip_ansi_codes(&outcome.stderr));
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
    said
}

/// The position in a script that Rhai's message of an error says. The first one is that of the error itself, the last one
/// that of the outermost call, which alone is certain to be in the script if a function of another script has failed.
fn position(why: &str, script: &str) -> Option<(usize, usize)> {
    let said = |part: &str| {
        let (line, rest) = part.split_once(", position ")?;
        let (column, _) = rest.split_once(')')?;
        Some((line.parse().ok()?, column.parse().ok()?))
    };
    let in_script = |(line, _): &(usize, usize)| (1..=script.lines().count()).contains(line);
    let mut positions = why.split("(line ").skip(1).filter_map(said).filter(in_script);
    if why.contains(ELSEWHERE) { positions.last() } else { positions.next() }
}

fn returned(line: &str) -> Option<Notice> {
    let (script, said) = line.split_once(RETURNED)?.1.split_once("` returned: ")?;
    Some(Notice::Said { script: script.to_owned(), lines: vec![said.to_owned()] })
}

impl Complete {
    pub(super) fn failed(&self, outcome: &Outcome, ears: &Ears) -> Failure {
        let (place, stage) = (ears.place, ears.stage);
        let said = fs::read_to_string(&place.answer).unwrap_or_default();
        let said = place.seen(&console::strip_ansi_codes(&said));
        let why: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let why = why.join(" ");
        if scratch::is_full(&why) {
            return Scratch::failed(&place.template, &ErrorKind::StorageFull.into());
        }
        let beginning = self.beginning();
        if let Some((_, rest)) = why.split_once(FAILED_SCRIPT) {
            let (script, why) = rest.trim().split_once(": ").unwrap_or((rest, ""));
            return self.failed_script(stage, script, why);
        }
        let listed = mistakes::listed(&said);
        // In the name of a file a filter that fails ends all, and so does a name of which nothing is left.
        let mut causes = self.mistakes_in_names(stage);
        causes.extend(self.failed_filters(outcome, place, stage));
        causes.extend(ears.unnamed());
        let is_explained = listed.is_some() || !causes.is_empty();
        let found = self.mistakes(listed.as_deref(), stage).into_iter().chain(causes);
        if !why.is_empty() {
            let all = || Failure::new(Kind::Template, format!("it cannot be rendered: {why}"));
            let reason = (!is_explained).then(all);
            return reason.into_iter().chain(found).reduce(Failure::and).unwrap_or_else(all);
        }
        let why = bounds::complaint(outcome.status, &outcome.stderr).unwrap_or_else(|| outcome.status.to_string());
        let failure = match (stage.not_rendered(&place.temporary), ears.hook()) {
            (Some(file), None) => {
                Failure::at(file, None, &format!("it cannot be rendered: {why}")).hint(bounds::REMEDY)
            }
            (_, Some(script)) => {
                let message = format!("{beginning}: {script}: {why}");
                Failure::new(Kind::Hook, message)
                    .naming_template()
                    .placed(script, None)
                    .hint("see what the script does; nothing was written")
            }
            (None, None) => Failure::new(Kind::Template, format!("it cannot be rendered: {why}")),
        };
        found.fold(failure, Failure::and)
    }

    pub(super) fn was_stopped(&self, Stopped { script, why }: Stopped) -> Failure {
        let message = format!("{}: {script} {why}, and was stopped", self.beginning());
        let failure = Failure::new(Kind::Hook, message)
            .naming_template()
            .hint("see why the script does that; nothing was written");
        if script == SOME { failure } else { failure.placed(&script, None) }
    }

    fn beginning(&self) -> String {
        format!("the template `{}` cannot be rendered", self.called)
    }

    /// The filters that have failed, each once. cargo-generate only warns of them.
    pub(super) fn failed_filters(&self, outcome: &Outcome, place: &Place, stage: &Stage) -> Vec<Failure> {
        let stderr = place.seen(&console::strip_ansi_codes(&outcome.stderr));
        let mut failed: Vec<(&str, String)> = Vec::new();
        let mut lines = stderr.lines().peekable();
        while let Some(line) = lines.next() {
            let said = line.split_once(FILTER_SCRIPT).and_then(|(_, said)| said.split_once(FAILED_FILTER));
            let Some((script, why)) = said else { continue };
            let mut why = why.to_owned();
            let is_of_another = |line: &str| [FILTER_SCRIPT, SCRIPT, RETURNED].iter().any(|other| line.contains(other));
            while let Some(more) = lines.next_if(|line| !line.trim().is_empty() && !is_of_another(line)) {
                why = [&why, " ", more.trim()].concat();
            }
            if failed.iter().all(|(other, _)| *other != script) {
                failed.push((script, why));
            }
        }
        failed.iter().map(|(script, why)| self.failed_filter(stage, script, why)).collect()
    }

    fn failed_filter(&self, stage: &Stage, script: &str, why: &str) -> Failure {
        if why.starts_with(NOT_THERE) {
            let message = format!("there is no script `{script}`");
            let hint = "write the script, or correct its path";
            let place = self.inside(stage.folder, Some(stage.files)).find_map(|source| {
                let mut filters = scripts::filters_of(source).into_iter();
                let (offset, _) = filters.find(|(_, named)| *named == Some(script))?;
                Some((source, tags::position(source.text()?, offset)))
            });
            return match place {
                Some((source, position)) => Failure::at(&source.path, Some(position), &message).hint(hint),
                None => Failure::new(Kind::Template, message).hint(hint),
            };
        }
        let source = scripts::named(&self.sources, stage.folder, script);
        match source.and_then(|source| Some((source, scripts::mistake(source.text()?)?))) {
            Some((source, (position, message))) => {
                Failure::at(&source.path, Some(position), &message).hint("correct the script: https://rhai.rs/book")
            }
            None => self.failed_script(stage, script, why),
        }
    }

    fn failed_script(&self, stage: &Stage, script: &str, why: &str) -> Failure {
        let (beginning, why) = (self.beginning(), stage.scripts.in_template(why));
        let failed = |message| Failure::new(Kind::Hook, message).naming_template();
        let placed = |failure: Failure| match scripts::named(&self.sources, stage.folder, script) {
            Some(source) => failure.placed(&source.path, position(&why, source.text().unwrap_or_default())),
            None => failure,
        };
        if !why.contains(NO_TERMINAL) {
            return placed(failed(format!("{beginning}: {script}: {why}")));
        }
        let (what, remedy) = if stage.scripts.are_asked_for() {
            // Only calls that are written out are replaced in the copies.
            let what = "asks a question by `eval`, or by a pointer to `variable::prompt`, which cannot be asked";
            (what, "let the script call `variable::prompt` itself")
        } else {
            let what = "asks a question while it runs, and there is nobody to ask";
            (what, "run it at a terminal, without `--defaults` and `CI`")
        };
        let failure = placed(failed(format!("{beginning}: {script} {what}"))).hint(remedy);
        match scripts::looked_for(&self.sources, script) {
            none if none.is_empty() => failure.hint("no answer can be given beforehand: the script looks for none"),
            names => {
                let flags: Vec<String> = names.iter().map(|name| format!("`-d {name}=…`")).collect();
                failure.hint(format!("it asks only for what it does not find: {}", flags.join(", ")))
            }
        }
    }
}
