//! Differs from the built-in project: only codes, sessions and tokens have routes, and there are no pages.

use axum::Router;
use serde_json::Value;

use super::describe::describe;
use crate::openapi::{self, Api};
use crate::{Auth, Settings};
use crate::{login_codes, operations, server, sessions};

impl Auth {
    /// The authentication routes, to be merged into the application's router.
    pub fn router(&self) -> Router<Self> {
        let router = server::api_layers(api(self.settings()).into(), self).merge(Router::from(beside()));
        if self.settings().serves_docs() {
            router.merge(openapi::router(&description(self.settings())))
        } else {
            router
        }
    }

    /// The prefixes of pages: scripts of other origins may call nothing below them.
    pub(crate) fn page_paths(&self) -> impl Iterator<Item = String> {
        let _ = self;
        std::iter::empty()
    }
}

fn api(settings: &Settings) -> Api {
    let api = Api::default().merge(login_codes::router()).merge(sessions::router()).merge(sessions::token_router());
    match settings.http.prefix.as_str() {
        "" => api,
        prefix => Api::default().nest(prefix, api),
    }
}

/// Outside the prefix, at the same paths everywhere.
fn beside() -> Api {
    Api::default().merge(sessions::public_router()).merge(operations::router())
}

fn description(settings: &Settings) -> Value {
    describe(api(settings).merge(beside()).get_openapi(), settings, [])
}
