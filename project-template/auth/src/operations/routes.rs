use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::health::{self, Health};
use crate::Auth;
use crate::openapi::{Api, routes};

/// A cache in front would keep reporting a dead server as healthy.
const UNCACHED: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

pub(crate) fn router() -> Api {
    Api::default().routes(routes!(live)).routes(routes!(ready))
}

/// The process answers.
#[utoipa::path(
    get, path = "/health/live", operation_id = "getLiveness", tag = "Operations",
    responses((status = 200, description = "It does.", body = Health, example = json!({ "status": "ok" }))),
)]
async fn live() -> Response {
    (UNCACHED, Json(json!({ "status": "ok" }))).into_response()
}

#[utoipa::path(
    get, path = "/health/ready", operation_id = "getReadiness", tag = "Operations", summary = health::READY,
    responses(
        (status = 200, description = "It can.", body = Health),
        (status = 503, description = "Send it no requests.", body = Health, example = json!({ "status": "stopping" })),
    ),
)]
async fn ready(State(auth): State<Auth>) -> Response {
    let (status, health) = if auth.is_leaving() {
        (StatusCode::SERVICE_UNAVAILABLE, json!({ "status": "stopping" }))
    } else {
        health::of(&auth).await
    };
    (status, UNCACHED, Json(health)).into_response()
}
