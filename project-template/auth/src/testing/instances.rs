//! An application with several instances, as behind a load balancer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;

use super::{Client, TestApp};
use crate::Auth;

pub(super) struct Instances {
    apps: [TestApp; 2],
    turn: AtomicUsize,
}

impl Instances {
    pub(super) fn next(&self) -> TestApp {
        self.apps[self.turn.fetch_add(1, Ordering::Relaxed) % self.apps.len()].clone()
    }
}

impl TestApp {
    /// Runs two instances, to which new clients are assigned in turn; they stay there: see [`Client::elsewhere`].
    #[must_use]
    pub async fn at_two_instances(mut self, router: impl Fn(Auth) -> Router) -> Self {
        let apps = [self.clone(), Box::pin(self.second_instance(router)).await];
        self.instances = Some(Arc::new(Instances { apps, turn: AtomicUsize::default() }));
        self
    }
}

impl Client {
    /// The instance that serves this client.
    #[must_use]
    pub fn instance(&self) -> &TestApp {
        &self.app
    }

    /// The same client at the next instance, if there is one, so that repeated calls use all instances equally.
    #[must_use]
    pub fn elsewhere(&self) -> Self {
        let app = self.instances.as_ref().map_or_else(|| self.app.clone(), |instances| instances.next());
        Self { app, ..self.clone() }
    }
}
