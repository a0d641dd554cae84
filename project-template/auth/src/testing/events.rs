//! The audit log, as a test reads it.

use super::TestApp;
use crate::audit::AuditRow;
use crate::on;

impl TestApp {
    /// The rows of the audit log, oldest first, once none is being written any more.
    ///
    /// # Panics
    /// If the database cannot be reached.
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

    /// Writes what the audit log only counted so far, as the server does when it stops.
    pub async fn finish_audit_log(&self) {
        self.auth.failures().finish(&self.auth).await;
    }

    /// Removes what has expired, and gives how many there were of each kind.
    ///
    /// # Panics
    /// If the database cannot be reached.
    pub async fn flush(&self) -> serde_json::Value {
        let flushed = crate::operations::flush(&self.auth).await.expect("the database");
        serde_json::to_value(flushed).expect("counts")
    }
}
