//! Requirements of production, and `check --deploy`.

use std::time::Duration;

use super::{Settings, combinations};
use crate::http;
use crate::settings::{Advice, Environment, Sections};

/// The time that load balancers need to notice that a server is leaving.
const DRAIN: Duration = Duration::from_secs(5);

impl Settings {
    /// Whether this is a production environment.
    #[must_use]
    pub fn is_production(&self) -> bool {
        self.environment == Environment::Production
    }

    /// Whether the description of the API is served.
    #[must_use]
    pub fn serves_docs(&self) -> bool {
        match self.http.docs {
            http::Docs::On => true,
            http::Docs::Off => false,
            http::Docs::Development => !self.is_production(),
        }
    }

    pub(crate) fn drain(&self) -> Duration {
        self.http.drain.unwrap_or(if self.is_production() { DRAIN } else { Duration::ZERO })
    }

    pub(super) fn deployed(mut self, sections: &mut Sections) -> Self {
        combinations::refuse(&self, sections);
        if self.is_production() {
            self.sessions.cookie.add_prefix();
            self.require_public_url(sections);
            for (name, section) in self.sections() {
                section.refuse_unsafe(&mut sections.section(name));
            }
        }
        self
    }

    fn require_public_url(&self, sections: &mut Sections) {
        if self.http.public_url.is_none() {
            let fix = "must be set in production, for example \"https://auth.example.com\"";
            sections.section("http").problem("public_url", fix);
        }
    }

    fn advice(&self) -> Advice {
        let mut advice = Advice::default();
        for (_, section) in self.sections() {
            section.advise(&mut advice);
        }
        combinations::advise(self, &mut advice);
        advice
    }

    /// Settings that work in production but should be changed, each with a remedy.
    #[must_use]
    pub fn deployment_warnings(&self) -> Vec<String> {
        self.advice().warnings
    }

    /// Notes on settings whose safety depends on the deployment.
    #[must_use]
    pub fn deployment_notes(&self) -> Vec<String> {
        self.advice().notes
    }
}
