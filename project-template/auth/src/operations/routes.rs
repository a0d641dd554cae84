//! `/health/live` and `/health/ready`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use utoipa_axum::routes;

use crate::app::Auth;
use crate::openapi::{Api, bodies};

pub(crate) fn router() -> Api {
    Api::default().routes(routes!(live)).routes(routes!(ready))
}

bodies! {
    /// How the server is.
    #[schema(example = json!({ "status": "ok", "database": "ok" }))]
    struct Health {
        /// `ok`, `stopping` or `unavailable`.
        status: String,
        /// `ok` or `unavailable`.
        #[schema(required = false)]
        database: String,
        /// `ok` or `unavailable`, where `redis.url` is set. Without it the database does its work, so the server is ready.
        #[schema(required = false)]
        redis: String,
    }
}

/// The process answers.
#[utoipa::path(
    get, path = "/health/live", tag = "Operations",
    responses((status = 200, description = "It does.", body = Health, example = json!({ "status": "ok" }))),
)]
async fn live() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

/// The server can serve: its database answers, and it was not asked to stop.
#[utoipa::path(
    get, path = "/health/ready", tag = "Operations",
    responses(
        (status = 200, description = "It can.", body = Health),
        (status = 503, description = "Send it no requests.", body = Health, example = json!({ "status": "stopping" })),
    ),
)]
async fn ready(State(auth): State<Auth>) -> Response {
    if auth.is_stopping() {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "stopping" }))).into_response();
    }
    match auth.db().ping().await {
        Ok(()) => {
            let mut body = json!({ "status": "ok", "database": "ok" });
            if let Some(redis) = auth.redis() {
                body["redis"] = json!(if redis.is_there().await { "ok" } else { "unavailable" });
            }
            Json(body).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "the database does not answer");
            let body = Json(json!({ "status": "unavailable", "database": "unavailable" }));
            (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
        }
    }
}
