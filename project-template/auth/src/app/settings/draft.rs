use std::collections::BTreeMap;
use std::path::Path;

use super::Settings;
use crate::settings::{Problem, Problems, Sections, Source};

/// Settings with the problems found so far. Rejected values are replaced by harmless ones.
pub(crate) struct Draft {
    settings: Settings,
    sections: Sections,
}

impl Draft {
    /// Fails only if the file cannot be read or is not TOML, since none of its settings is known then.
    pub(crate) fn from_environment() -> Result<Self, Problems> {
        let Source { path, text, environment } = Source::of_process()?;
        Self::read(&path, &text, &environment)
    }

    /// As production would read them, without `.env`.
    pub(crate) fn as_in_production() -> Result<Self, Problems> {
        let Source { path, text, mut environment } = Source::of_process()?;
        environment.retain(|name, _| std::env::var_os(name).is_some());
        environment.remove("JWT_ALLAUTH__ENVIRONMENT_FILE");
        environment.insert("JWT_ALLAUTH__ENVIRONMENT".to_owned(), "production".to_owned());
        Self::read(&path, &text, &environment)
    }

    pub(super) fn read(path: &Path, text: &str, environment: &BTreeMap<String, String>) -> Result<Self, Problems> {
        let mut sections = Sections::new(path, text, environment)?;
        Ok(Self { settings: Settings::read(&mut sections), sections })
    }

    /// Before validation, to set up logging.
    pub(crate) fn unchecked(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn finish(self) -> Result<Settings, Problems> {
        self.sections.finish()?;
        Ok(self.settings)
    }

    pub(crate) fn judge(self) -> (Settings, Vec<String>) {
        let problems = self.sections.finish().err().map(|problems| problems.0).unwrap_or_default();
        (self.settings, problems)
    }

    /// Ignores problems of other sections, but not keys and variables that no setting has.
    pub(crate) fn finish_section(self, section: &str) -> Result<Settings, Problems> {
        self.sections.finish_where(|name| name == section)?;
        Ok(self.settings)
    }

    /// The error has all problems of the settings and of `make`.
    pub(crate) fn finish_with<T>(
        mut self,
        make: impl FnOnce(&Settings) -> Result<T, Vec<Problem>>,
    ) -> Result<T, Problems> {
        let outcome = make(&self.settings).inspect_err(|problems| self.sections.note_found(problems));
        self.sections.finish()?;
        Ok(outcome?)
    }
}

impl Settings {
    /// Reads `settings.toml` (or the file that `SETTINGS_FILE` names) and the environment of this process; in
    /// development also `.env`. If the file is missing, the defaults apply. The error has every problem at once.
    pub fn from_environment() -> Result<Self, Problems> {
        Draft::from_environment()?.finish()
    }

    /// Reads settings from a TOML text, which messages call `path`, and environment variables that override it.
    pub fn load(path: &Path, text: &str, environment: &BTreeMap<String, String>) -> Result<Self, Problems> {
        Draft::read(path, text, environment)?.finish()
    }
}
