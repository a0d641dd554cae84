//! Settings that were read, but not validated.

use std::collections::BTreeMap;
use std::path::Path;

use super::Settings;
use crate::settings::{Problem, Problems, Reader, Source};

/// Settings with the problems found so far. Rejected values are replaced by harmless ones.
pub(crate) struct Draft {
    settings: Settings,
    reader: Reader,
}

impl Draft {
    /// As [`Settings::from_environment`].
    ///
    /// # Errors
    /// If the file cannot be read or is not TOML, since none of its settings is known then.
    pub(crate) fn from_environment() -> Result<Self, Problems> {
        let Source { path, text, environment } = Source::of_process()?;
        Self::read(&path, &text, &environment)
    }

    /// The settings of this process as production would read them, which takes nothing from `.env`.
    ///
    /// # Errors
    /// As [`Draft::from_environment`].
    pub(crate) fn as_in_production() -> Result<Self, Problems> {
        let Source { path, text, mut environment } = Source::of_process()?;
        environment.retain(|name, _| std::env::var_os(name).is_some());
        environment.remove("JWT_ALLAUTH__ENVIRONMENT_FILE");
        environment.insert("JWT_ALLAUTH__ENVIRONMENT".to_owned(), "production".to_owned());
        Self::read(&path, &text, &environment)
    }

    pub(super) fn read(path: &Path, text: &str, environment: &BTreeMap<String, String>) -> Result<Self, Problems> {
        let mut reader = Reader::new(path, text, environment)?;
        Ok(Self { settings: Settings::read(&mut reader), reader })
    }

    /// The settings before validation, to set up logging.
    pub(crate) fn unchecked(&self) -> &Settings {
        &self.settings
    }

    /// The settings, if they have no problems.
    ///
    /// # Errors
    /// Every problem.
    pub(crate) fn finish(self) -> Result<Settings, Problems> {
        self.reader.finish()?;
        Ok(self.settings)
    }

    /// The settings, in which rejected values are replaced, and every problem.
    pub(crate) fn judge(self) -> (Settings, Vec<String>) {
        let problems = self.reader.finish().err().map(|problems| problems.0).unwrap_or_default();
        (self.settings, problems)
    }

    /// Like [`Draft::finish`], for what needs one section only: problems of the other sections do not count.
    ///
    /// # Errors
    /// Every problem of that section, and every key and variable that no setting has.
    pub(crate) fn finish_section(self, section: &str) -> Result<Settings, Problems> {
        self.reader.finish_where(|name| name == section)?;
        Ok(self.settings)
    }

    /// The result of `make`, if neither the settings nor `make` have problems.
    ///
    /// # Errors
    /// All problems of the settings and of `make`.
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
    /// Reads `settings.toml` (or the file that `SETTINGS_FILE` names) and the environment of this process; in
    /// development also `.env`. If the file is missing, the defaults apply.
    ///
    /// # Errors
    /// Every problem at once: a file that cannot be read, unknown keys, wrong types, impossible combinations.
    pub fn from_environment() -> Result<Self, Problems> {
        Draft::from_environment()?.finish()
    }

    /// Reads settings from a TOML text, which messages call `path`, and environment variables that override it.
    ///
    /// # Errors
    /// As [`Settings::from_environment`].
    pub fn load(path: &Path, text: &str, environment: &BTreeMap<String, String>) -> Result<Self, Problems> {
        Draft::read(path, text, environment)?.finish()
    }
}
