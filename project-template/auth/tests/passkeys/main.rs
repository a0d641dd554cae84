//! Passkeys: adding one, signing in with it, naming and removing it.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected may simply stop")]

mod adding;
mod keeping;
mod pages;
mod races;
mod settings;
mod signing_in;
mod strangers;

use auth::Auth;
use auth::testing::{Authenticator, Client, Engine, Reply, TestApp};
use axum::Router;
use serde_json::{Value, json};

const ADA: &str = "ada@example.com";
const GRACE: &str = "grace@example.com";
const PASSKEYS: &str = "/jwt-allauth/passkeys/";
const OPTIONS: &str = "/jwt-allauth/passkeys/options/";
const LOGIN_OPTIONS: &str = "/jwt-allauth/login/passkey/options/";
const LOGIN: &str = "/jwt-allauth/login/passkey/";

fn router(auth: Auth) -> Router {
    auth.router().with_state(auth)
}

async fn start(engine: Engine) -> TestApp {
    TestApp::start(engine, router).await
}

async fn configured(engine: Engine, toml: &str) -> TestApp {
    TestApp::configured(engine, router, toml).await
}

/// A user with a passkey, their client, and the authenticator that has it.
async fn with_passkey(app: &TestApp, email: &str) -> (Client, Authenticator) {
    let client = app.signed_in(email).await;
    let mut authenticator = app.authenticator();
    let reply = client.add_passkey(&mut authenticator).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    (client, authenticator)
}

async fn begin(client: &Client, path: &str) -> Value {
    let reply = client.post(path, &json!({})).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body
}

fn response(begun: &Value, credential: &Value) -> Value {
    json!({ "challenge_id": begun["challenge_id"], "credential": credential })
}

/// A response to a new challenge.
async fn signed(app: &TestApp, authenticator: &mut Authenticator) -> Value {
    let begun = begin(&app.client(), LOGIN_OPTIONS).await;
    response(&begun, &authenticator.sign(&begun["options"]))
}

#[track_caller]
fn assert_refused(reply: &Reply) {
    let body = json!({ "detail": "This passkey cannot be used to sign in.", "code": "passkey_not_valid" });
    assert_eq!((reply.status, &reply.body), (401, &body), "{reply:?}");
    assert!(reply.header("set-cookie").is_empty(), "{reply:?}");
}

async fn details(app: &TestApp, kind: &str) -> Vec<String> {
    let log = app.audit_log().await;
    log.iter().filter(|row| row.kind == kind).map(|row| row.detail.clone().unwrap_or_default()).collect()
}
