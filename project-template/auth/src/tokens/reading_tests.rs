//! Keys of a running server.

use tokio::signal::unix::{SignalKind, signal};

use super::*;
use crate::testing::{Engine, TestApp};
use crate::tokens::Algorithm;

/// Longer than it takes to read a few files.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn keys_are_read_again_by_themselves_a_minute_from_the_start_and_every_minute() {
    let timer = every_minute();
    assert_eq!(timer.period(), Duration::from_mins(1));
    let app = TestApp::start(Engine::default(), |auth: Auth| auth.router().with_state(auth)).await;
    app.add_key("0002", Algorithm::EdDsa, None);
    let task = tokio::spawn(keep_reading(app.auth.clone(), signal(SignalKind::hangup()).unwrap(), timer));
    tokio::task::yield_now().await;
    assert_eq!(app.auth.current_tokens().get().keys().count(), 1, "the minute is not over");
    task.abort();

    // An interval whose first tick is due now, like the timer after a minute.
    let timer = tokio::time::interval(EVERY);
    let task = tokio::spawn(keep_reading(app.auth.clone(), signal(SignalKind::hangup()).unwrap(), timer));
    let both = async {
        while app.auth.current_tokens().get().keys().count() == 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, both).await.expect("the keys are read");
    task.abort();
}
