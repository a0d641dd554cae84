//! Differs from the built-in project: there is no database to be reached.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::Auth;
use crate::openapi::bodies;

pub(super) const READY: &str = "The server can serve: Redis answers, where it is used, and it was not asked to stop.";

bodies! {
    /// How the server is. `redis` is there where `redis.url` is set.
    #[schema(example = json!({ "status": "ok", "redis": "ok" }))]
    pub(super) struct Health {
        #[schema(inline)]
        status: Status,
        #[schema(required = false, inline)]
        redis: Reach,
    }

    /// What a load balancer needs to know.
    #[schema(rename_all = "lowercase")]
    enum Status {
        Ok,
        Stopping,
        Unavailable,
    }

    /// Whether it answers.
    #[schema(rename_all = "lowercase")]
    enum Reach {
        Ok,
        Unavailable,
    }
}

pub(super) async fn of(auth: &Auth) -> (StatusCode, Value) {
    if let Err(error) = auth.db().ping().await {
        tracing::error!(%error, "the state cannot be reached");
        return (StatusCode::SERVICE_UNAVAILABLE, json!({ "status": "unavailable", "redis": "unavailable" }));
    }
    let mut health = json!({ "status": "ok" });
    if auth.redis().is_some() {
        health["redis"] = json!("ok");
    }
    (StatusCode::OK, health)
}
