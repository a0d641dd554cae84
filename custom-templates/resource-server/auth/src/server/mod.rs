//! What surrounds every route: layers, limits, connections. Differs from the built-in project: there are no cookies and
//! pages to protect, and no metrics.

mod listening;
mod patience;
mod places;
mod rest;
mod timeout;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;

pub(crate) use listening::{Allowance, serve};

use crate::error::Error;
use crate::http::Settings;

impl Allowance {
    /// As the settings have it. Whose connections are is not known: no proxy is.
    pub(crate) fn of(settings: &Settings) -> Self {
        Self { idle: settings.idle_timeout, ..Self::default() }
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
