//! Whether what the server needs is there.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::app::Auth;
use crate::db::Db;
use crate::openapi::bodies;

pub(super) const READY: &str =
    "The server can serve: Redis answers where the state is in it, and the server was not asked to stop.";

bodies! {
    /// How the server is.
    #[schema(example = json!({ "status": "ok", "redis": "ok" }))]
    pub(super) struct Health {
        /// `ok`, `stopping` or `unavailable`.
        status: String,
        /// `ok` or `unavailable`, where `redis.url` is set.
        #[schema(required = false)]
        redis: String,
    }
}

pub(super) async fn of(auth: &Auth) -> (StatusCode, Value) {
    match (auth.db(), auth.db().ping().await) {
        (Db::Memory(_), _) => (StatusCode::OK, json!({ "status": "ok" })),
        (Db::Redis(_), Ok(())) => (StatusCode::OK, json!({ "status": "ok", "redis": "ok" })),
        (Db::Redis(_), Err(_)) => {
            (StatusCode::SERVICE_UNAVAILABLE, json!({ "status": "unavailable", "redis": "unavailable" }))
        }
    }
}
