use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::outbox::Deliveries;
use crate::Auth;

/// For mails of other processes, mails whose transaction was committed after the wake-up, and retries.
const INTERVAL: Duration = Duration::from_secs(1);
/// The rest stays in the outbox for the next start.
const LAST_ROUND: Duration = Duration::from_secs(10);

pub(crate) struct Worker {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Worker {
    pub(crate) fn start(auth: Auth) -> Self {
        let (stop, stopped) = oneshot::channel();
        Self { stop, task: tokio::spawn(run(auth, stopped)) }
    }

    pub(crate) async fn finish(mut self) {
        let _ = self.stop.send(());
        if tokio::time::timeout(LAST_ROUND, &mut self.task).await.is_err() {
            tracing::warn!("some mails could not be sent in time; they are kept for the next start");
            self.task.abort();
        }
    }
}

async fn run(auth: Auth, mut stopped: oneshot::Receiver<()>) {
    let mut deliveries = Deliveries::default();
    loop {
        note(deliveries.begin(&auth).await.map(drop));
        tokio::select! {
            _ = &mut stopped => break,
            () = auth.mail_wake().notified() => {}
            () = tokio::time::sleep(INTERVAL) => {}
            Some(done) = deliveries.next(), if !deliveries.is_empty() => note(done),
        }
    }
    note(auth.mail().deliver_due().await.map(drop));
    while let Some(done) = deliveries.next().await {
        note(done);
    }
}

fn note(outcome: sqlx::Result<()>) {
    if let Err(error) = outcome {
        tracing::error!(%error, "the outbox cannot be read; mails wait");
    }
}

#[cfg(test)]
#[path = "worker_tests.rs"]
mod tests;
