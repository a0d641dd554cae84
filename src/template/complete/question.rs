//! What scripts ask at a terminal.
//!
//! cargo-generate would ask in the child process, where nobody escapes, bounds or corrects what is asked. So in its copy of a
//! script `variable::prompt` is a function of ours: it says through `debug` what is asked, and then waits for a command
//! that prints the answer ([`super::shell`]). This process asks.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use anyhow::Result;
use regex::Regex;

use super::shell;
use crate::answers::Value;
use crate::template::{Ask, Placeholder, PlaceholderKind};

/// What begins the parts of a question: its text, the default of one kind or the other, a choice, a pattern, the end.
const QUESTION: char = 'q';
const BOOL: char = 'b';
const TEXT: char = 't';
const CHOICE: char = 'c';
const PATTERN: char = 'r';
const END: char = 'e';

/// The function of a script, of as many letters as `prompt`. A script that is imported would call that of another one by
/// the same name.
pub(super) fn name(number: usize) -> String {
    format!("_q{number:04x}")
}

/// An answer is put between these, because cargo-generate trims what a command prints.
const GUARD: &str = ".";

/// Defines the function in a script, on one line. /// All that it says begins with `key`.
pub(super) fn function(key: &str, number: usize) -> String {
    let asked = name(number);
    let command = shell::ANSWER;
    [
        format!("fn {asked}_(said){{for part in said{{debug(\"{key}\"+part);}}debug(\"{key}{END}\");"),
        format!("let said=system::command(\"{command}\");said.sub_string(1,said.len-2)}}"),
        format!("fn {asked}(q){{{asked}_([\"{QUESTION}\"+q])}}"),
        format!("fn {asked}(q,d){{if type_of(d)==\"bool\"{{{asked}_([\"{QUESTION}\"+q,\"{BOOL}\"+d])==\"true\"}}"),
        format!("else{{{asked}_([\"{QUESTION}\"+q,\"{TEXT}\"+d])}}}}"),
        format!("fn {asked}(q,d,c){{let said=[\"{QUESTION}\"+q,\"{TEXT}\"+d];"),
        format!("if type_of(c)==\"array\"{{for one in c{{said.push(\"{CHOICE}\"+one);}}}}"),
        format!("else{{said.push(\"{PATTERN}\"+c);}}{asked}_(said)}}"),
    ]
    .concat()
}

/// Collects what a script says of its question, and has it asked.
pub(super) struct Questions {
    ask: Ask,
    reply: PathBuf,
    said: Vec<(char, String)>,
    asking: Option<JoinHandle<Result<()>>>,
}

impl Questions {
    pub(super) fn new(ask: Ask, reply: PathBuf) -> Self {
        Self { ask, reply, said: Vec::new(), asking: None }
    }

    /// Takes a part of a question. At its end it is asked, on a thread of its own, so that a signal is seen meanwhile.
    pub(super) fn take(&mut self, script: &str, part: &str) -> Result<(), String> {
        let mut characters = part.chars();
        match characters.next() {
            Some(END) => {
                let question = question(std::mem::take(&mut self.said))?;
                let (ask, reply, script) = (self.ask, self.reply.clone(), script.to_owned());
                self.asking = Some(thread::spawn(move || answered(ask, &script, &question, &reply)));
            }
            Some(kind) => self.said.push((kind, characters.as_str().to_owned())),
            None => {}
        }
        Ok(())
    }

    /// Whether somebody was asked, who may still be.
    pub(super) fn were_asked(&self) -> bool {
        self.asking.is_some()
    }

    /// Why the last question has no answer.
    pub(super) fn outcome(&mut self) -> Result<()> {
        let asking = self.asking.take_if(|asking| asking.is_finished());
        asking.and_then(|asking| asking.join().ok()).unwrap_or(Ok(()))
    }
}

fn answered(ask: Ask, script: &str, question: &Placeholder, reply: &Path) -> Result<()> {
    let answer = ask(script, question);
    let text = answer.as_ref().map(|value: &Value| format!("{GUARD}{value}{GUARD}")).unwrap_or_default();
    // Renamed, so that it is there as a whole. Without an answer the script fails.
    let whole = reply.with_extension("new");
    fs::write(&whole, text).and_then(|()| fs::rename(&whole, reply))?;
    answer.map(drop)
}

fn question(said: Vec<(char, String)>) -> Result<Placeholder, String> {
    let (mut prompt, mut default, mut pattern, mut choices) = (String::new(), None, None, Vec::new());
    let mut is_bool = false;
    for (kind, text) in said {
        match kind {
            QUESTION => prompt = text,
            BOOL => (is_bool, default) = (true, Some(Value::Bool(text == "true"))),
            TEXT => default = Some(Value::Text(text)),
            PATTERN => {
                pattern = Some(Regex::new(&text).map_err(|_| format!("for a match of `{text}`, which is no pattern"))?);
            }
            CHOICE => choices.push(text),
            _ => {}
        }
    }
    // As with cargo-generate, an answer without a default is not empty.
    let pattern = if default.is_none() { Regex::new(".").ok() } else { pattern };
    let kind = match (is_bool, choices.is_empty()) {
        (true, _) => PlaceholderKind::Bool,
        (false, false) => PlaceholderKind::Choice(choices),
        (false, true) => PlaceholderKind::Text { pattern, one_line: false },
    };
    Ok(Placeholder { name: String::new(), prompt, kind, default })
}
