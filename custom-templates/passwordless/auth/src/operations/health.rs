//! Checks the services that the server depends on. Differs from the built-in project: there is no database to be
//! reached.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::Auth;
use crate::db::Db;
use crate::openapi::bodies;

pub(super) const READY: &str =
    "The server can serve: Redis answers where the state is in it, and the server was not asked to stop.";

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
    match (auth.db(), auth.db().ping().await) {
        (Db::Memory(_), _) => (StatusCode::OK, json!({ "status": "ok" })),
        (Db::Redis(_), Ok(())) => (StatusCode::OK, json!({ "status": "ok", "redis": "ok" })),
        (Db::Redis(_), Err(_)) => {
            (StatusCode::SERVICE_UNAVAILABLE, json!({ "status": "unavailable", "redis": "unavailable" }))
        }
    }
}
