//! Background work, and a first step for newcomers. Differs from the built-in project: there is no outbox and no table
//! to clean.

use std::time::Duration;

use tokio::task::JoinHandle;

use crate::Auth;
use crate::db::Db;
use crate::{redis, sessions};

/// How often rows that are over are removed from memory.
const INTERVAL: Duration = Duration::from_mins(1);

/// The background work of a running server.
pub(super) struct Background(JoinHandle<()>);

impl Background {
    pub(super) fn start(auth: &Auth) -> Self {
        tokio::spawn(redis::prepare(auth.clone()));
        tokio::spawn(sessions::hear_of_changes(auth.clone()));
        let auth = auth.clone();
        Self(tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = auth.stopped() => return,
                    () = tokio::time::sleep(INTERVAL) => {}
                }
                if let Db::Memory(memory) = auth.db() {
                    let now = auth.now();
                    let rows = memory.tidy(now);
                    auth.metrics().flushed([("rows", rows as u64)], now);
                    tracing::debug!(rows, "removed what is over");
                }
            }
        }))
    }

    /// Finishes what was begun.
    pub(super) async fn finish(self, auth: &Auth) {
        let _ = self.0.await;
        auth.failures().finish(auth).await;
    }
}

/// A command to try first, for the API at this URL.
pub(super) fn first_step(api: &str) -> String {
    let json = "-H 'Content-Type: application/json' -d";
    format!(
        "sign in: curl {api}/login/code/ {json} '{{\"email\":\"you@example.com\"}}', read the code of the mail here, then \
         curl {api}/login/code/verify/ {json} '{{\"email\":\"you@example.com\",\"code\":\"…\"}}'"
    )
}
