use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::Auth;
use crate::openapi::bodies;

pub(super) const READY: &str = "The server can serve: its database answers, and it was not asked to stop.";

bodies! {
    /// How the server is. `redis` is there where `redis.url` is set; without it the database does its work, so the server is ready.
    #[schema(example = json!({ "status": "ok", "database": "ok" }))]
    pub(super) struct Health {
        #[schema(inline)]
        status: Status,
        #[schema(required = false, inline)]
        database: Reach,
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
        tracing::error!(%error, "the database does not answer");
        return (StatusCode::SERVICE_UNAVAILABLE, json!({ "status": "unavailable", "database": "unavailable" }));
    }
    let mut health = json!({ "status": "ok", "database": "ok" });
    if let Some(redis) = auth.redis() {
        health["redis"] = json!(if redis.is_there().await { "ok" } else { "unavailable" });
    }
    (StatusCode::OK, health)
}
