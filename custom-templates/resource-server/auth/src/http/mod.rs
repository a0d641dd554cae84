//! What every request and every answer has in common.

mod patience;
mod places;
mod rest;
mod server;
mod timeout;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;

pub(crate) use server::{Allowance, serve};

use crate::error::Error;
use crate::settings::Section;

/// `[http]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the server listens.
    pub bind: SocketAddr,
    /// The time a request may take.
    pub request_timeout: Duration,
    /// How long a connection is kept that nobody uses.
    pub idle_timeout: Duration,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let bind = section.text("bind").parse().unwrap_or_else(|_| {
            section.unreadable("bind", "must be an address and a port, such as \"127.0.0.1:8100\"");
            SocketAddr::from(([127, 0, 0, 1], 8100))
        });
        Self {
            bind,
            request_timeout: section.duration("request_timeout"),
            idle_timeout: section.duration("idle_timeout"),
        }
    }

    /// What connections may take. Whose they are is not known: no proxy is.
    pub(crate) fn allowance(&self) -> Allowance {
        Allowance { idle: self.idle_timeout, ..Allowance::default() }
    }
}

/// The layers of the whole service.
pub(crate) fn outer_layers(app: Router, settings: &Settings) -> Router {
    app.layer(middleware::from_fn_with_state(settings.request_timeout, timeout::limit))
        .layer(CatchPanicLayer::custom(|_| Error::Internal(anyhow::anyhow!("a handler panicked")).into_response()))
        .layer(middleware::map_response(harden))
}

/// No browser guesses what an answer is, and no cache keeps what was for one user.
async fn harden(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
