use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Choice, Problems, sources};

/// The kind of deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// A developer's machine: plain HTTP, `.env` is read, migrations are applied at start.
    Development,
    /// Unsafe settings are refused.
    Production,
}

impl Choice for Environment {
    const NAMES: &[(&str, Self)] = &[("development", Self::Development), ("production", Self::Production)];
}

pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    pub(crate) environment: BTreeMap<String, String>,
}

impl Source {
    /// Outside production, `.env` adds variables that are not set.
    pub(crate) fn of_process() -> Result<Self, Problems> {
        let process = sources::of_process();
        let (path, text) = file(&process)?;
        if sources::is_production(&process, &text) {
            return Ok(Self { path, text, environment: process });
        }
        let environment = sources::with_dot_env(process).map_err(|problem| Problems(vec![problem]))?;
        // `.env` may set `SETTINGS_FILE`.
        let (path, text) = file(&environment)?;
        Ok(Self { path, text, environment })
    }
}

/// A missing file is an error only if `SETTINGS_FILE` names it.
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
