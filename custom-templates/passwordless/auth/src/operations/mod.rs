//! `/health/live` and `/health/ready`, for load balancers; metrics, for operators.

mod metrics;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use utoipa_axum::routes;

use crate::app::Auth;
use crate::db::Db;
use crate::openapi::{Api, bodies};

pub(crate) use metrics::{Delivery, Metrics, Outcome, Way, router as metrics_router};

/// Rows of the state in memory that were over and were removed.
#[derive(Clone, Copy, Default)]
pub(crate) struct Flushed(pub(crate) u64);

impl Flushed {
    fn by_name(self) -> [(&'static str, u64); 1] {
        [("rows", self.0)]
    }
}

pub(crate) fn router() -> Api {
    Api::default().routes(routes!(live)).routes(routes!(ready))
}

bodies! {
    /// How the server is.
    #[schema(example = json!({ "status": "ok", "redis": "ok" }))]
    struct Health {
        /// `ok`, `stopping` or `unavailable`.
        status: String,
        /// `ok` or `unavailable`, where `redis.url` is set.
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

/// The server can serve: Redis answers where the state is in it, and the server was not asked to stop.
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
    match (auth.db(), auth.db().ping().await) {
        (Db::Memory(_), _) => Json(json!({ "status": "ok" })).into_response(),
        (Db::Redis(_), Ok(())) => Json(json!({ "status": "ok", "redis": "ok" })).into_response(),
        (Db::Redis(_), Err(_)) => {
            let body = Json(json!({ "status": "unavailable", "redis": "unavailable" }));
            (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
        }
    }
}
