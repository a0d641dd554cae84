use super::{Client, TestApp};
use crate::audit::AuditRow;
use crate::on;

impl TestApp {
    /// The rows of the audit log, oldest first, after all pending rows are written.
    pub async fn audit_log(&self) -> Vec<AuditRow> {
        self.auth.failures().settled().await;
        on!(self.auth.db(), pool => sqlx::query_as(
            "select id, at, kind, request_id, user_id, session_id, actor_id, email, ip, detail, count
             from audit order by id",
        )
        .fetch_all(pool)
        .await)
        .expect("the audit log")
    }

    /// Writes the failures that were only counted so far, as the server does when it stops.
    pub async fn finish_audit_log(&self) {
        self.auth.failures().finish(&self.auth).await;
    }

    /// The metrics, as the listener at `http.metrics_bind` serves them.
    pub async fn metrics(&self) -> String {
        let reply = self.metrics_client().get("/metrics").await;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert!(reply.header("content-type").starts_with("application/openmetrics-text; version=1.0.0"), "{reply:?}");
        reply.body.as_str().expect("a text").to_owned()
    }

    /// A client of the listener that serves the metrics.
    #[must_use]
    pub fn metrics_client(&self) -> Client {
        let mut listener = self.clone();
        listener.router = crate::operations::metrics_router(self.auth.clone());
        listener.client()
    }

    /// Removes expired data, and returns the counts by kind.
    pub async fn flush(&self) -> serde_json::Value {
        let flushed = crate::operations::flush(&self.auth).await.expect("the database");
        serde_json::to_value(flushed).expect("counts")
    }
}
