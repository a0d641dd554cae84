use std::sync::Arc;
use std::time::Duration;

use axum::Router;

use super::{Client, Engine, TestApp};
use crate::Auth;
use crate::Settings;

impl TestApp {
    /// Starts an application with the default settings, except for those that would slow tests down.
    pub async fn start(engine: Engine, router: impl Fn(Auth) -> Router) -> Self {
        Self::start_with(engine, router, |_| ()).await
    }

    /// As [`TestApp::start`], with changed settings.
    pub async fn start_with(
        engine: Engine,
        router: impl Fn(Auth) -> Router,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        Box::pin(Self::prepare(engine, router, "", change)).await
    }

    /// As [`TestApp::start`], with settings written as in `settings.toml`.
    pub async fn configured(engine: Engine, router: impl Fn(Auth) -> Router, toml: &str) -> Self {
        Box::pin(Self::prepare(engine, router, toml, |_| ())).await
    }

    /// A second process with the same state, keys and clock.
    pub async fn second_instance(&self, router: impl Fn(Auth) -> Router) -> Self {
        self.second_instance_with(router, |_| ()).await
    }

    /// A new client, without tokens or cookies.
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
