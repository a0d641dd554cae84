use crate::settings::{Deployed, Section};

/// `[portal]`.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Whether the pages for everybody are served.
    pub enabled: bool,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self { enabled: section.flag("enabled") }
    }
}

impl Deployed for Settings {}
