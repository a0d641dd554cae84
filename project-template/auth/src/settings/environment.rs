//! Where a process runs, and what it reads its settings from.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Choice, Problems, sources};

/// What kind of place this process runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// A developer's machine: plain HTTP, `.env` is read, migrations are applied at start.
    Development,
    /// Everything unsafe is refused.
    Production,
}

impl Choice for Environment {
    const NAMES: &[(&str, Self)] = &[("development", Self::Development), ("production", Self::Production)];
}

/// What settings are read from: a text in TOML, the path it is known by, and variables.
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    pub(crate) environment: BTreeMap<String, String>,
}

impl Source {
    /// The file of settings and the variables of this process; unless those say that this is production, `.env` below them.
    pub(crate) fn of_process() -> Result<Self, Problems> {
        let process = sources::of_process();
        let (path, text) = file(&process)?;
        if sources::is_production(&process, &text) {
            return Ok(Self { path, text, environment: process });
        }
        let environment = sources::with_dot_env(process).map_err(|problem| Problems(vec![problem]))?;
        // It may name another file.
        let (path, text) = file(&environment)?;
        Ok(Self { path, text, environment })
    }
}

/// `settings.toml`, or the file `SETTINGS_FILE` names; without the variable, a file that is missing is an empty one.
fn file(environment: &BTreeMap<String, String>) -> Result<(PathBuf, String), Problems> {
    let named = environment.get("SETTINGS_FILE").map(PathBuf::from);
    let is_named = named.is_some();
    let path = named.unwrap_or_else(|| PathBuf::from("settings.toml"));
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok((path, text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !is_named => Ok((path, String::new())),
        Err(error) => Err(Problems(vec![format!("{}: {error}", path.display())])),
    }
}
