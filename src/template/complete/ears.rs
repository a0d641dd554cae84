//! Hears what scripts print and ask while they run.

use std::collections::BTreeSet;

use super::heard::{self, Count, Said};
use super::place::Place;
use super::question::Questions;
use super::stage::{SCRIPT, Stage};
use crate::failure::Failure;
use crate::template::{Notice, Permit};

/// A script that prints by `eval`, or has not said which one it is.
pub(super) const SOME: &str = "a script";

/// Hears what scripts print, and counts it.
pub(super) struct Ears<'a> {
    pub(super) place: &'a Place,
    pub(super) stage: &'a Stage<'a>,
    notice: &'a dyn Fn(Notice),
    /// The script that runs, unless it has imported another.
    speaker: Option<String>,
    /// Whether files are rendered, which filters are a part of.
    renders: bool,
    /// Names in the paths of files that have no value after all scripts.
    lacking: BTreeSet<usize>,
    count: Count,
    questions: Option<Questions>,
    stopped: Option<Stopped>,
}

/// A script that prints more than it may, or asks what cannot be asked.
pub(super) struct Stopped {
    pub(super) script: String,
    pub(super) why: String,
}

impl<'a> Ears<'a> {
    pub(super) fn new(place: &'a Place, stage: &'a Stage, permit: &'a Permit) -> Self {
        Self {
            place,
            stage,
            notice: permit.notice,
            speaker: None,
            renders: !stage.scripts_run,
            lacking: BTreeSet::new(),
            count: Count::default(),
            questions: permit.ask.map(|ask| Questions::new(ask, place.reply.clone())),
            stopped: None,
        }
    }

    /// Whether the script may go on.
    pub(super) fn hear(&mut self, line: &str) -> bool {
        let (script, text) = heard::said(line).unwrap_or((None, line.to_owned()));
        // Scripts are imported without their suffix.
        let imported = |script: &str| format!("{}{SCRIPT}", self.place.seen(script).trim_end_matches(SCRIPT));
        let speaker = script.map(imported).or_else(|| self.speaker.clone()).unwrap_or_else(|| SOME.to_owned());
        let outcome = match self.stage.scripts.understood(&text) {
            Some(Said::Asks { script, part }) => self.ask(script, &text, part),
            // One that is imported prints under its own name.
            Some(Said::Begins(introduced)) if script.is_none() => {
                self.speaker = Some(introduced.to_owned());
                Ok(())
            }
            Some(Said::Begins(_)) => Ok(()),
            Some(Said::Concluded) => {
                (self.renders, self.speaker) = (true, None);
                Ok(())
            }
            Some(Said::Lacks(number)) => {
                self.lacking.insert(number);
                Ok(())
            }
            None => self.show(&speaker, &text),
        };
        self.stopped = outcome.err().map(|why| Stopped { script: speaker, why });
        self.stopped.is_none()
    }

    fn show(&mut self, script: &str, text: &str) -> Result<(), String> {
        self.count.add(text).map_err(|what| format!("prints {what}"))?;
        let text = self.place.seen(&console::strip_ansi_codes(text));
        (self.notice)(Notice::Said { script: script.to_owned(), lines: text.lines().map(str::to_owned).collect() });
        Ok(())
    }

    fn ask(&mut self, script: &str, text: &str, part: &str) -> Result<(), String> {
        self.count.add(text).map_err(|what| format!("prints and asks {what}"))?;
        let part = self.place.seen(&console::strip_ansi_codes(part));
        let asked = |questions: &mut Questions| questions.take(script, &part).map_err(|why| format!("asks {why}"));
        self.questions.as_mut().map_or(Ok(()), asked)
    }

    pub(super) fn has_asked(&self) -> bool {
        self.questions.as_ref().is_some_and(Questions::were_asked)
    }

    /// Why the last question has no answer.
    pub(super) fn unanswered(&mut self) -> anyhow::Result<()> {
        self.questions.as_mut().map_or(Ok(()), Questions::outcome)
    }

    pub(super) fn stopped(&mut self) -> Option<Stopped> {
        self.stopped.take()
    }

    /// The names in the paths of files that are not defined.
    pub(super) fn unnamed(&self) -> Vec<Failure> {
        self.stage.unnamed(&self.lacking)
    }

    /// The script that was at work when the process ended, if no file was.
    pub(super) fn hook(&self) -> Option<&str> {
        let is_before_or_after = !self.renders || self.stage.not_rendered(&self.place.temporary).is_none();
        self.speaker.as_deref().filter(|_| is_before_or_after)
    }
}
