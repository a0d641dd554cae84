use tokio::task::JoinHandle;

use crate::Auth;
use crate::{mail, operations, redis, sessions};

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

    pub(super) async fn finish(self, auth: &Auth) {
        let _ = self.flushing.await;
        auth.failures().finish(auth).await;
        self.mail.finish().await;
        auth.db().close().await;
    }
}

pub(super) fn first_step(api: &str) -> String {
    format!(
        "sign up: curl {api}/registration/ -H 'Content-Type: application/json' -d '{{\"email\":\"you@example.com\",\
         \"password1\":\"correct horse battery\",\"password2\":\"correct horse battery\"}}'"
    )
}
