//! Requirements for production that belong to no single room.

use std::time::Duration;

use super::Settings;
use crate::http;
use crate::settings::{Environment, Reader};

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

    /// How long the server continues to serve after it is asked to stop, until no more requests are sent to it.
    pub(crate) fn drain(&self) -> Duration {
        self.http.drain.unwrap_or(if self.is_production() { DRAIN } else { Duration::ZERO })
    }

    pub(super) fn require_public_url(&self, reader: &mut Reader) {
        if self.http.public_url.is_none() {
            let fix = "must be set in production, for example \"https://auth.example.com\"";
            reader.section("http").problem("public_url", fix);
        }
    }

    pub(crate) fn warn_of_development(&self, warnings: &mut Vec<String>) {
        if !self.is_production() {
            warnings
                .push("environment: set ENVIRONMENT=production; cookies are not Secure and errors are verbose".into());
        }
    }

    /// Notes on settings whose safety depends on the deployment.
    #[must_use]
    pub fn deployment_notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        self.http.note(&mut notes);
        notes
    }
}
