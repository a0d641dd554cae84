//! What a template may do while it is rendered, and what it says then.

use std::path::Path;

use anyhow::Result;

use super::placeholders::Placeholder;
use crate::answers::Value;
use crate::signals::Signals;

/// Asks a question of the script that is named.
pub(crate) type Ask = fn(&str, &Placeholder) -> Result<Value>;

/// What a template may do while it is rendered.
pub(crate) struct Permit<'a> {
    /// Whether it may run its scripts and commands.
    pub(crate) commands: bool,
    /// Asks what its scripts ask, if there is somebody to answer.
    pub(crate) ask: Option<Ask>,
    /// The project, as the person calls it.
    pub(crate) project: &'a Path,
    pub(crate) signals: &'a Signals,
    /// Receives messages that are not errors.
    pub(crate) notice: &'a dyn Fn(Notice),
}

impl<'a> Permit<'a> {
    /// Without prompts or messages.
    pub(crate) fn quiet(commands: bool, signals: &'a Signals) -> Self {
        Self { commands, ask: None, project: Path::new("."), signals, notice: &|_| {} }
    }
}

/// A message of a render.
pub(crate) enum Notice {
    /// Output of a template's script.
    Said {
        script: String,
        lines: Vec<String>,
    },
    Warning(String),
}
