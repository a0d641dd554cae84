//! Features that settings alone switch on: `startproject --with` and `add`. [`known`] is the table of them.

mod addition;
mod env;
mod known;
mod said;
mod settings;
mod social;

use toml::Table;

pub(crate) use addition::Addition;
pub(crate) use known::Feature;
pub(crate) use said::{listed, parse};

use crate::failure::Failure;
use crate::tree::File;
use known::{KNOWN, Site};

/// What the project's own code can be set to, so a feature is there if its setting is.
pub(crate) const DEFAULTS: &str = "auth/defaults.toml";
pub(crate) const SETTINGS: &str = "settings.toml";
/// Where the names of secrets stand.
pub(crate) const ENVIRONMENTS: [&str; 2] = [".env", ".env.example"];

/// The names of the features that a project with these defaults has.
pub(crate) fn available(defaults: &str) -> Vec<&'static str> {
    let defaults = table(defaults);
    KNOWN.iter().filter(|entry| settings::find(&defaults, entry.key).is_some()).map(|entry| entry.name).collect()
}

/// Switches features on in a project's files, or says which cannot be. What is set already stays as it is.
pub(crate) fn switch_on(features: &[Feature], files: &mut [File]) -> Result<(), Failure> {
    let mut failures: Vec<Failure> = Vec::new();
    for feature in features {
        for file in files.iter_mut() {
            let Some(text) = file.text() else { continue };
            let changed = match file.path.as_str() {
                SETTINGS => feature.set_in(text),
                path if ENVIRONMENTS.contains(&path) => Ok(env::with_names(text, &feature.secrets())),
                _ => continue,
            };
            match changed {
                Ok(changed) => file.contents = changed.into_bytes(),
                // A file that cannot be parsed is so for each feature.
                Err(failure) if failures.iter().all(|other| other.message != failure.message) => failures.push(failure),
                Err(_) => {}
            }
        }
    }
    Failure::gathered(failures)
}

/// What their owner still has to do; the addresses in it are those of the settings.
pub(crate) fn steps(features: &[Feature], settings: &str) -> Vec<String> {
    let site = Site::of(&table(settings));
    features.iter().flat_map(|feature| feature.steps(&site)).collect()
}

/// Files that cannot be parsed are reported where they are changed.
fn table(text: &str) -> Table {
    text.parse().unwrap_or_default()
}
