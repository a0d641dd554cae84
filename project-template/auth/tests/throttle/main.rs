//! Limits on guessing and on flooding, with the settings as they are by default.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected may simply stop")]

mod addresses;
mod clocks;
mod domains;
mod guesses;
mod names;
mod owner;
mod parallel;
mod rates;
mod stale;

use auth::Auth;
use auth::testing::{Client, Engine, PASSWORD, Reply, TestApp};
use axum::Router;
use serde_json::{Value, json};

const ADA: &str = "ada@example.com";
const NOBODY: &str = "nobody@example.com";
const WRONG: &str = "a wrong password";
/// Where Ada is, and where somebody else is.
const HOME: &str = "198.51.100.1";
const ELSEWHERE: &str = "203.0.113.7";

fn router(auth: Auth) -> Router {
    auth.router().with_state(auth)
}

async fn start(engine: Engine) -> TestApp {
    TestApp::start(engine, router).await
}

/// Ada's account, made from her address, and her signed-in client.
async fn ada(app: &TestApp) -> Client {
    let mut ada = app.client().from_address(HOME);
    assert_eq!(ada.register(ADA, PASSWORD).await.status, 201);
    ada
}

/// The number of an address that nobody else has.
fn address(number: usize) -> String {
    format!("192.0.{}.{}", number / 250, number % 250 + 1)
}

async fn login(app: &TestApp, from: &str, email: &str, password: &str) -> Reply {
    app.client().from_address(from).login(email, password).await
}

/// The status, and how long to wait.
async fn outcome(app: &TestApp, from: &str, email: &str, password: &str) -> (u16, String) {
    let reply = login(app, from, email, password).await;
    (reply.status, reply.header("retry-after").to_owned())
}

fn throttled(seconds: u64) -> Value {
    json!({
        "detail": format!("Request was throttled. Expected available in {seconds} seconds."),
        "code": "throttled",
    })
}

/// Strangers guess at an account from so many addresses, one wrong password each.
async fn strangers_guess(app: &TestApp, email: &str, addresses: std::ops::Range<usize>) {
    for number in addresses {
        assert_eq!(login(app, &address(number), email, WRONG).await.status, 401, "guess {number}");
    }
}
