//! `[templates]`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::sources;
use crate::settings::{Deployed, Section};

/// `[templates]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name of the service in mails and pages.
    pub service_name: Option<String>,
    /// The files that replace built-in texts, by key.
    pub files: BTreeMap<&'static str, PathBuf>,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let service_name = section.optional_text("service_name");
        if service_name.as_deref().is_some_and(|name| name.chars().any(char::is_control)) {
            section.problem("service_name", "must be one line");
        }
        let files = sources().filter_map(|source| Some((source.key(), section.optional_text(source.key())?.into())));
        Self { service_name, files: files.collect() }
    }
}

impl Deployed for Settings {}
