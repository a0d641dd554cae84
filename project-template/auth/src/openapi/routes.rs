//! `/openapi.json` and `/docs/`.

use axum::Router;
use axum::body::Bytes;
use axum::http::header;
use axum::routing::get;
use serde_json::Value;

use crate::app::Auth;

pub(crate) fn router(spec: &Value) -> Router<Auth> {
    let json = Bytes::from(spec.to_string());
    Router::new().route("/openapi.json", get(|| async { ([(header::CONTENT_TYPE, "application/json")], json) }))
}
