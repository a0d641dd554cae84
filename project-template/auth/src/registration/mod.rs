//! Signing up.

mod blocked;
mod door;
mod routes;
mod sign_up;

pub(crate) use blocked::{EmailDomainNotAllowed, is_allowed, require_allowed};
pub(crate) use routes::router;
pub(crate) use sign_up::{SignUp, sign_up};

use crate::settings::Section;

/// `[registration]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether anyone can sign up.
    pub open: bool,
    /// Whether both names are required.
    pub require_names: bool,
    /// Whether the answer to a sign-up is the same for addresses with and without an account.
    pub hide_existing: bool,
    /// Domains, in ASCII, whose addresses are refused, as are those of their subdomains.
    pub blocked_email_domains: Vec<String>,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self {
            open: section.flag("open"),
            require_names: section.flag("require_names"),
            hide_existing: section.flag("hide_existing"),
            blocked_email_domains: section.parsed_list(
                "blocked_email_domains",
                blocked::parse,
                "a domain such as \"mailinator.com\"",
            ),
        }
    }

    pub(crate) fn warn(&self, warnings: &mut Vec<String>) {
        if !self.hide_existing {
            warnings
                .push("registration.hide_existing: sign-up tells strangers who has an account; set it to true".into());
        }
    }
}
