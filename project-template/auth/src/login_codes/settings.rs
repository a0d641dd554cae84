use crate::settings::{Deployed, Section};

/// `[login_codes]`.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Whether codes are issued and accepted.
    pub enabled: bool,
    /// Whether presenting the code of an address without an account creates one.
    pub create_accounts: bool,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self { enabled: section.flag("enabled"), create_accounts: section.flag("create_accounts") }
    }
}

impl Deployed for Settings {}
