use std::time::Duration;

use crate::pages::is_target;
use crate::settings::{Advice, Choice, Deployed, Section};

/// Above this, `check --deploy` warns.
const SAFE_LINK_LIFETIME: Duration = Duration::from_hours(3 * 24);

/// How addresses are verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Not at all: addresses are trusted.
    None,
    /// A mail asks for confirmation.
    Optional,
    /// An address must be confirmed before it can sign in.
    Mandatory,
}

impl Choice for Mode {
    const NAMES: &[(&str, Self)] =
        &[("none", Self::None), ("optional", Self::Optional), ("mandatory", Self::Mandatory)];
}

/// The means of confirmation in a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the settings' own words")]
pub enum Method {
    Link,
    Code,
    Both,
}

impl Choice for Method {
    const NAMES: &[(&str, Self)] = &[("link", Self::Link), ("code", Self::Code), ("both", Self::Both)];
}

impl Method {
    /// Whether mails have a link.
    #[must_use]
    pub fn has_link(self) -> bool {
        self != Self::Code
    }

    /// Whether mails have a code.
    #[must_use]
    pub fn has_code(self) -> bool {
        self != Self::Link
    }
}

/// The treatment of a password that was set before its address was confirmed, where that is not mandatory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstProof {
    /// Notify its owner.
    Notify,
    /// Remove it.
    Reset,
}

impl Choice for FirstProof {
    const NAMES: &[(&str, Self)] = &[("notify", Self::Notify), ("reset", Self::Reset)];
}

/// `[email_verification]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How addresses are verified.
    pub mode: Mode,
    /// The means of confirmation in a mail.
    pub method: Method,
    /// How long a link is valid.
    pub link_lifetime: Duration,
    /// Where a person is led after the confirmation.
    pub redirect: Option<String>,
    /// The treatment of a password that was set before the first proof.
    pub first_proof: FirstProof,
    /// Whether opening a link is enough.
    pub confirm_on_get: bool,
    /// Whether a confirmation also signs in.
    pub session_on_verification: bool,
}

impl Settings {
    /// Whether an address must be confirmed before it can sign in.
    #[must_use]
    pub fn is_mandatory(&self) -> bool {
        self.mode == Mode::Mandatory
    }

    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let settings = Self {
            mode: section.one_of("mode"),
            method: section.one_of("method"),
            link_lifetime: section.duration("link_lifetime"),
            redirect: section.optional_text("redirect"),
            first_proof: section.one_of("first_proof"),
            confirm_on_get: section.flag("confirm_on_get"),
            session_on_verification: section.flag("session_on_verification"),
        };
        if settings.link_lifetime.is_zero() {
            section.problem("link_lifetime", "must be longer than zero");
        }
        if settings.redirect.as_deref().is_some_and(|redirect| !is_target(redirect)) {
            section.problem("redirect", "must be an address such as \"https://app.example.com/welcome\", or a path");
        }
        settings
    }
}

impl Deployed for Settings {
    fn advise(&self, advice: &mut Advice) {
        advice.warn_if(
            self.mode != Mode::Mandatory,
            "email_verification.mode: anybody can sign up with anybody's address, sign-up tells which ones have an \
                 account, and second factors give way to a mailed code; \"mandatory\" ends all three",
        );
        advice.warn_if(
            self.confirm_on_get,
            "email_verification.confirm_on_get: programs that scan mail confirm addresses nobody asked for; set it to false",
        );
        advice.warn_if(
            self.session_on_verification,
            "email_verification.session_on_verification: whoever opens somebody else's link is signed in to their account",
        );
        advice.warn_if(
            self.link_lifetime > SAFE_LINK_LIFETIME,
            "email_verification.link_lifetime: a link lies in a mailbox for more than three days; shorten it",
        );
        advice.warn_if(
            self.redirect.as_deref().is_some_and(|target| target.starts_with("http://")),
            "email_verification.redirect: use https; anybody on the network path can change the page",
        );
    }
}
