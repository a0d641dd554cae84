use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderName, header};
use axum::routing::{MethodRouter, get};
use serde_json::Value;

use super::page;
use crate::Auth;

const CACHE: &str = "no-cache";

pub(crate) fn router(spec: &Value) -> Router<Auth> {
    let html = page::render(spec).unwrap_or_else(|error| {
        tracing::error!(%error, "the page of the API could not be written");
        "<!doctype html><title>API</title><p><a href=\"/openapi.json\">openapi.json</a>".to_owned()
    });
    let html = fixed("text/html; charset=utf-8", html);
    Router::new()
        .route("/openapi.json", fixed("application/json", spec.to_string()))
        .route("/docs/", html.clone())
        .route("/docs", html)
        .route("/docs/page.css", fixed("text/css; charset=utf-8", page::STYLE))
        .route("/docs/page.js", fixed("text/javascript; charset=utf-8", page::SCRIPT))
}

fn fixed(media_type: &'static str, text: impl Into<Bytes>) -> MethodRouter<Auth> {
    let text = text.into();
    let headers: [(HeaderName, &str); 3] = [
        (header::CONTENT_TYPE, media_type),
        (header::CACHE_CONTROL, CACHE),
        (header::CONTENT_SECURITY_POLICY, page::POLICY),
    ];
    get(move || async move { (headers, text) })
}
