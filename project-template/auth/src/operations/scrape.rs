//! `/metrics`, on a listener of its own.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::text;

use crate::Auth;
use crate::error::Error;

/// `OpenMetrics` 1.0, which Prometheus asks for by this name.
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(crate) fn router(auth: Auth) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(auth)
}

async fn metrics(State(auth): State<Auth>) -> Response {
    match text(&auth).await {
        Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE), (header::CACHE_CONTROL, "no-store")], text).into_response(),
        Err(error) => Error::Internal(error.into()).into_response(),
    }
}

async fn text(auth: &Auth) -> Result<String, std::fmt::Error> {
    let readings = super::readings::take(auth).await;
    let mut written = String::new();
    text::encode_registry(&mut written, &auth.metrics().registry)?;
    text::encode_registry(&mut written, &readings)?;
    text::encode_eof(&mut written)?;
    Ok(written)
}
