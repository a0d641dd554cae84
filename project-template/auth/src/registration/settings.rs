use super::blocked;
use crate::settings::{Advice, Deployed, Section};

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
}

impl Deployed for Settings {
    fn advise(&self, advice: &mut Advice) {
        advice.warn_if(
            !self.hide_existing,
            "registration.hide_existing: sign-up tells strangers who has an account; set it to true",
        );
    }
}
