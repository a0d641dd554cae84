//! The state of a running service.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use time::OffsetDateTime;

use crate::Settings;
use crate::clock::{Clock, Moment};
use crate::settings::Problems;
use crate::tokens::Tokens;

/// A running service: the state of its router. Cloning it is cheap.
#[derive(Clone)]
pub struct Auth(Arc<Inner>);

struct Inner {
    settings: Settings,
    clock: Clock,
    tokens: Tokens,
}

impl Auth {
    /// Fetches the keys. If they cannot be reached yet, they are tried again with the first tokens.
    ///
    /// # Errors
    /// A key that tokens are encrypted with is not usable.
    pub async fn start(settings: Settings) -> Result<Self, Problems> {
        Self::start_at(settings, Clock::default()).await
    }

    /// As [`Auth::start`], by a clock that a test can move.
    ///
    /// # Errors
    /// As [`Auth::start`].
    pub async fn start_at(settings: Settings, clock: Clock) -> Result<Self, Problems> {
        let tokens = Tokens::start(&settings.tokens, clock.moment()).await.map_err(Problems::from)?;
        Ok(Self(Arc::new(Inner { settings, clock, tokens })))
    }

    /// Whether the process runs, and whether it has keys to verify with.
    pub fn router(&self) -> Router<Self> {
        Router::new().route("/health/live/", get(|| async { "ok\n" })).route("/health/ready/", get(ready))
    }

    /// The settings it was started with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.0.clock.now()
    }

    /// The time now, and how long the process has run.
    #[must_use]
    pub fn moment(&self) -> Moment {
        self.0.clock.moment()
    }

    /// What verifies tokens.
    #[must_use]
    pub fn tokens(&self) -> &Tokens {
        &self.0.tokens
    }
}

async fn ready(State(auth): State<Auth>) -> (StatusCode, &'static str) {
    if auth.tokens().has_keys(auth.moment()) {
        (StatusCode::OK, "ok\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "no keys yet\n")
    }
}
