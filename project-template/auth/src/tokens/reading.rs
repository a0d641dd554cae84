//! Reads the keys again while the server runs, so that a rotation needs no restart.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio::signal::unix::Signal;
use tokio::time::{Instant, Interval, interval_at};

use super::Tokens;
use crate::Auth;
use crate::settings::Problems;

const EVERY: Duration = Duration::from_mins(1);

pub(crate) struct Current {
    tokens: RwLock<Arc<Tokens>>,
    /// The problems of the last reading, to log them only once.
    trouble: Mutex<String>,
}

impl Current {
    pub(crate) fn new(tokens: Tokens) -> Self {
        Self { tokens: RwLock::new(Arc::new(tokens)), trouble: Mutex::default() }
    }

    pub(crate) fn get(&self) -> Arc<Tokens> {
        Arc::clone(&self.tokens.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// If the keys cannot be used, the current ones stay in use.
    pub(crate) fn read_again(&self) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match self.get().read_again() {
            Ok(read) => {
                trouble.clear();
                let Some(tokens) = read else { return };
                let kids: Vec<_> = tokens.keys().map(|key| key.kid().to_owned()).collect();
                *self.tokens.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(tokens);
                tracing::info!(?kids, "tokens.keys has changed; the keys were read again");
            }
            Err(problems) => {
                let problems = Problems::from(problems).to_string();
                if *trouble != problems {
                    tracing::error!("tokens.keys cannot be read again; the keys in use stay: {problems}");
                    *trouble = problems;
                }
            }
        }
    }
}

pub(crate) fn every_minute() -> Interval {
    interval_at(Instant::now() + EVERY, EVERY)
}

pub(crate) async fn keep_reading(auth: Auth, mut hangup: Signal, mut timer: Interval) {
    loop {
        tokio::select! {
            () = auth.stopped() => return,
            _ = hangup.recv() => {}
            _ = timer.tick() => {}
        }
        let auth = auth.clone();
        // The disk may be slow. The runtime reports a panic, and the next tick tries again.
        let _ = tokio::task::spawn_blocking(move || auth.current_tokens().read_again()).await;
    }
}

#[cfg(test)]
#[path = "reading_tests.rs"]
mod tests;
