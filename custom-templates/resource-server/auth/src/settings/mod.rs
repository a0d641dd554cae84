//! The settings of the whole program: `settings.toml` over the compiled-in defaults, the environment over both. Differs
//! from the built-in project: it has three sections, and nothing is built from them before the start.

mod environment;
mod problem;
mod sections;
mod sources;
mod variables;
mod well_known;

use std::collections::BTreeMap;
use std::path::Path;

pub use environment::Environment;
use environment::Source;
pub use problem::{Problem, Problems};
use sections::Sections;
pub use sections::{Choice, Section};
pub(crate) use sources::variable;

use crate::{http, tokens};

/// The defaults, with a line on each key: the text `settings.toml` begins as.
pub const DEFAULTS: &str = include_str!("../../defaults.toml");

/// Every setting, checked.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each section is documented where it is declared")]
pub struct Settings {
    pub environment: Environment,
    pub http: http::Settings,
    pub tokens: tokens::Settings,
}

impl Settings {
    /// Reads `settings.toml` (or the file `SETTINGS_FILE` names) and the environment of this process; in development
    /// also `.env`. Without the variable, a file that is missing leaves the defaults.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn from_environment() -> Result<Self, Problems> {
        let Source { path, text, environment } = Source::of_process()?;
        Self::load(&path, &text, &environment)
    }

    /// Reads settings from a text in TOML, named `path` in messages, and environment variables over it.
    ///
    /// # Errors
    /// As [`Settings::from_environment`].
    pub fn load(path: &Path, text: &str, environment: &BTreeMap<String, String>) -> Result<Self, Problems> {
        let mut sections = Sections::new(path, text, environment)?;
        let settings = Self {
            environment: sections.top().one_of("environment"),
            http: http::Settings::read(&mut sections.section("http")),
            tokens: tokens::Settings::read(&mut sections.section("tokens")),
        };
        if settings.is_production() && !settings.tokens.jwks_url.starts_with("https://") {
            // Whoever can change the answer on its way could sign tokens.
            sections.section("tokens").problem("jwks_url", "must begin with `https://` in production");
        }
        sections.finish()?;
        Ok(settings)
    }

    /// Whether this is a production environment.
    #[must_use]
    pub fn is_production(&self) -> bool {
        self.environment == Environment::Production
    }
}
