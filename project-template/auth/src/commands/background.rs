//! What goes on beside the requests, and what a newcomer does first.

use tokio::task::JoinHandle;

use crate::Auth;
use crate::{mail, operations, redis, sessions};

/// Work that goes on while the server serves.
pub(super) struct Background {
    mail: mail::Worker,
    flushing: JoinHandle<()>,
}

impl Background {
    pub(super) fn start(auth: &Auth) -> Self {
        tokio::spawn(redis::prepare(auth.clone()));
        tokio::spawn(sessions::hear_of_changes(auth.clone()));
        Self {
            mail: mail::Worker::start(auth.clone()),
            flushing: tokio::spawn(operations::flush_by_itself(auth.clone())),
        }
    }

    /// Finishes what was begun, and closes the database.
    pub(super) async fn finish(self, auth: &Auth) {
        let _ = self.flushing.await;
        auth.failures().finish(auth).await;
        self.mail.finish().await;
        auth.db().close().await;
    }
}

/// A command to try, at the address where the API begins.
pub(super) fn first_step(api: &str) -> String {
    format!(
        "sign up: curl {api}/registration/ -H 'Content-Type: application/json' -d '{{\"email\":\"you@example.com\",\
         \"password1\":\"correct horse battery\",\"password2\":\"correct horse battery\"}}'"
    )
}
