//! Signing up.

mod routes;

pub(crate) use routes::router;

use crate::settings::Section;

/// `[registration]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether anybody can sign up.
    pub open: bool,
    /// Whether both names are required.
    pub require_names: bool,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self { open: section.flag("open"), require_names: section.flag("require_names") }
    }
}
