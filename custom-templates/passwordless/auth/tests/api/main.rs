//! The HTTP contract, its attacks and its races, with the state in memory and in Redis.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected may simply stop")]

mod admission;
mod codes;
mod mail;
mod reload;
mod retry_window;
mod sessions;
mod state;
mod tokens;

use auth::Auth;
use auth::testing::{Client, Engine, Reply, TestApp};
use axum::Router;
use serde_json::{Value, json};

const ADA: &str = "ada@example.com";
const CLAIMS: &str = "/jwt-allauth/token/claims/";

/// An application that has the authentication routes and no others.
fn router(auth: Auth) -> Router {
    auth.router().with_state(auth)
}

async fn start(engine: Engine) -> TestApp {
    TestApp::start(engine, router).await
}

/// With settings as they stand in `settings.toml`.
async fn configured(engine: Engine, toml: &str) -> TestApp {
    TestApp::configured(engine, router, toml).await
}

/// Asks for a code and reads the mail.
async fn code(app: &TestApp, email: &str) -> String {
    let reply = app.client().ask_for_code(email).await;
    assert_eq!((reply.status, &reply.body), (204, &Value::Null), "{reply:?}");
    app.mailbox().latest(email).code()
}

/// A code of the same length that is another one.
fn wrong(code: &str) -> String {
    code.chars().map(|digit| if digit == '9' { '0' } else { char::from(digit as u8 + 1) }).collect()
}

async fn claims(client: &Client) -> Value {
    client.get(CLAIMS).await.body
}

/// The same client with another refresh token.
fn with_refresh(client: &Client, token: &str) -> Client {
    client.holding(&client.access, token)
}

/// The same client at another instance.
fn at(app: &TestApp, client: &Client) -> Client {
    app.client().holding(&client.access, &client.refresh)
}

#[track_caller]
fn assert_code_not_valid(reply: &Reply) {
    assert_eq!((reply.status, reply.text("code")), (401, "code_not_valid"), "{reply:?}");
    assert!(!reply.header("www-authenticate").is_empty());
}

#[track_caller]
fn assert_token_not_valid(reply: &Reply) {
    let body = json!({ "detail": "Token is invalid or expired", "code": "token_not_valid" });
    assert_eq!((reply.status, &reply.body), (401, &body), "{reply:?}");
}
