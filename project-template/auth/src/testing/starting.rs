//! The ways in which a test starts an application, and what it then does first.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;

use super::{Client, Engine, TestApp};
use crate::Auth;
use crate::Settings;

impl TestApp {
    /// Starts an application with the default settings, but for what would only make tests slow.
    ///
    /// # Panics
    /// If what keeps its state cannot be reached.
    pub async fn start(engine: Engine, router: impl Fn(Auth) -> Router) -> Self {
        Self::start_with(engine, router, |_| ()).await
    }

    /// As [`TestApp::start`], with settings changed first.
    ///
    /// # Panics
    /// As [`TestApp::start`].
    pub async fn start_with(
        engine: Engine,
        router: impl Fn(Auth) -> Router,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        Self::prepare(engine, router, "", change).await
    }

    /// As [`TestApp::start`], with settings as they would stand in `settings.toml`.
    ///
    /// # Panics
    /// As [`TestApp::start`]; also if the settings are not valid.
    pub async fn configured(engine: Engine, router: impl Fn(Auth) -> Router, toml: &str) -> Self {
        Self::prepare(engine, router, toml, |_| ()).await
    }

    /// A second process with the same state, keys and clock.
    ///
    /// # Panics
    /// As [`TestApp::start`].
    pub async fn second_instance(&self, router: impl Fn(Auth) -> Router) -> Self {
        self.second_instance_with(router, |_| ()).await
    }

    /// A client that nobody knows yet.
    #[must_use]
    pub fn client(&self) -> Client {
        match &self.instances {
            Some(instances) => Client::new(instances.next(), Some(Arc::clone(instances))),
            None => Client::new(self.clone(), None),
        }
    }

    /// Moves the clock.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }
}
