//! Differs from the built-in project: there is no outbox and no table to clean.

use tokio::task::JoinHandle;

use crate::Auth;
use crate::{redis, sessions, state};

pub(super) struct Background {
    tidying: JoinHandle<()>,
}

impl Background {
    pub(super) fn start(auth: &Auth) -> Self {
        tokio::spawn(redis::prepare(auth.clone()));
        tokio::spawn(sessions::hear_of_changes(auth.clone()));
        Self { tidying: tokio::spawn(state::tidy_by_itself(auth.clone())) }
    }

    pub(super) async fn finish(self, auth: &Auth) {
        let _ = self.tidying.await;
        auth.failures().finish(auth).await;
    }
}

pub(super) fn first_step(api: &str) -> String {
    let json = "-H 'Content-Type: application/json' -d";
    format!(
        "sign in: curl {api}/login/code/ {json} '{{\"email\":\"you@example.com\"}}', read the code of the mail here, then \
         curl {api}/login/code/verify/ {json} '{{\"email\":\"you@example.com\",\"code\":\"…\"}}'"
    )
}
