//! Settings that were read and not yet believed.

use std::collections::BTreeMap;
use std::path::Path;

use super::Settings;
use crate::settings::{Problem, Problems, Reader, Source};

/// Settings with everything that is wrong with them so far. What was refused has something harmless in its place.
pub(crate) struct Draft {
    settings: Settings,
    reader: Reader,
}

impl Draft {
    /// As [`Settings::from_environment`].
    ///
    /// # Errors
    /// Where there is a file that cannot be read, or that is no TOML: then nothing is known of what it says.
    pub(crate) fn from_environment() -> Result<Self, Problems> {
        let Source { path, text, environment } = Source::of_process()?;
        Self::read(&path, &text, &environment)
    }

    pub(super) fn read(path: &Path, text: &str, environment: &BTreeMap<String, String>) -> Result<Self, Problems> {
        let mut reader = Reader::new(path, text, environment)?;
        Ok(Self { settings: Settings::read(&mut reader), reader })
    }

    /// The settings, whatever is wrong with them: for what has to be there before that is told.
    pub(crate) fn unchecked(&self) -> &Settings {
        &self.settings
    }

    /// The settings, if nothing is wrong with them.
    ///
    /// # Errors
    /// Every problem.
    pub(crate) fn finish(self) -> Result<Settings, Problems> {
        self.reader.finish()?;
        Ok(self.settings)
    }

    /// What is made of the settings, if nothing is wrong with them and it can be made.
    ///
    /// # Errors
    /// Every problem of the settings, and every one that `make` found.
    pub(crate) fn finish_with<T>(
        mut self,
        make: impl FnOnce(&Settings) -> Result<T, Vec<Problem>>,
    ) -> Result<T, Problems> {
        let outcome = make(&self.settings).inspect_err(|problems| self.reader.note_found(problems));
        self.reader.finish()?;
        Ok(outcome?)
    }
}

impl Settings {
    /// Reads `settings.toml` (or the file `SETTINGS_FILE` names) and the environment of this process; in development
    /// also `.env`. A file that is missing leaves the defaults.
    ///
    /// # Errors
    /// Every problem at once: a file that cannot be read, unknown keys, wrong types, impossible combinations.
    pub fn from_environment() -> Result<Self, Problems> {
        Draft::from_environment()?.finish()
    }

    /// Reads settings from a text in TOML, named `path` in messages, and environment variables over it.
    ///
    /// # Errors
    /// As [`Settings::from_environment`].
    pub fn load(path: &Path, text: &str, environment: &BTreeMap<String, String>) -> Result<Self, Problems> {
        Draft::read(path, text, environment)?.finish()
    }
}
