//! Second factors: setting one up, signing in with it, guessing at it, removing it, and every way that must not get past it.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected may simply stop")]

mod admin;
mod bootstrap;
mod enrolment;
mod fresh;
mod guesses;
mod import;
mod keeping;
mod leaving;
mod pages;
mod parallel;
mod passkeys;
mod sign_in;
mod strangers;
mod ways;

use std::sync::Arc;

use auth::Auth;
use auth::testing::{AuthenticatorApp, Client, Engine, PASSWORD, Reply, TestApp};
use axum::Router;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

const ADA: &str = "ada@example.com";
const LOGIN: &str = "/jwt-allauth/login/";
const SETUP: &str = "/jwt-allauth/mfa/setup/";
const ACTIVATE: &str = "/jwt-allauth/mfa/activate/";
const VERIFY: &str = "/jwt-allauth/mfa/verify/";
const VERIFY_PASSKEY: &str = "/jwt-allauth/mfa/verify-passkey/";
const VERIFY_PASSKEY_OPTIONS: &str = "/jwt-allauth/mfa/verify-passkey/options/";
const VERIFY_RECOVERY: &str = "/jwt-allauth/mfa/verify-recovery/";
const DEACTIVATE: &str = "/jwt-allauth/mfa/deactivate/";
const AUTHENTICATORS: &str = "/jwt-allauth/mfa/authenticators/";
const RECOVERY_CODES: &str = "/jwt-allauth/mfa/recovery-codes/";
const REAUTHENTICATE: &str = "/jwt-allauth/reauthenticate/";

/// Every user has a second factor. A slow machine is no reason for a 503.
const REQUIRED: &str = "[database]\nacquire_timeout = \"30s\"\n[mfa]\ntotp = \"required\"";
const PATIENT: &str = "[database]\nacquire_timeout = \"30s\"";

fn router(auth: Auth) -> Router {
    auth.router().with_state(auth)
}

async fn configured(engine: Engine, toml: &str) -> TestApp {
    TestApp::configured(engine, router, toml).await
}

/// An application with a signed-in user who has a second factor.
async fn enrolled(engine: Engine, toml: &str) -> (TestApp, Client, AuthenticatorApp) {
    let app = configured(engine, toml).await;
    let ada = app.signed_in(ADA).await;
    let authenticator = ada.enrol(&app).await;
    (app, ada, authenticator)
}

/// The challenge that a right password is answered with.
async fn challenge(app: &TestApp) -> String {
    let reply = app.client().login(ADA, PASSWORD).await;
    assert_challenged(&reply);
    reply.text("challenge_id").to_owned()
}

/// A setup challenge, of the account or of a sign-up.
#[track_caller]
fn setup_challenge(reply: &Reply) -> String {
    assert!(reply.status < 300 && reply.body["mfa_setup_required"] == json!(true), "{reply:?}");
    let id = reply.text("setup_challenge_id").to_owned();
    assert!(is_id(&id), "{reply:?}");
    assert!(reply.body.get("access").is_none() && reply.headers.get("set-cookie").is_none(), "{reply:?}");
    id
}

fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[track_caller]
fn assert_challenged(reply: &Reply) {
    let id = reply.text("challenge_id");
    assert!(is_id(id), "{reply:?}");
    assert_eq!((reply.status, &reply.body), (200, &json!({ "mfa_required": true, "challenge_id": id })));
    assert!(reply.headers.get("set-cookie").is_none(), "{reply:?}");
    assert_eq!(reply.header("cache-control"), "no-store");
}

/// The application's answer to a code for a challenge.
async fn verify(app: &TestApp, challenge: &str, code: &str) -> Reply {
    app.client().post(VERIFY, &json!({ "challenge_id": challenge, "code": code })).await
}

async fn verify_recovery(app: &TestApp, challenge: &str, code: &str) -> Reply {
    app.client().post(VERIFY_RECOVERY, &json!({ "challenge_id": challenge, "recovery_code": code })).await
}

#[track_caller]
fn assert_refused(reply: &Reply, status: u16, detail: &str, code: &str) {
    assert_eq!((reply.status, &reply.body), (status, &json!({ "detail": detail, "code": code })), "{reply:?}");
    assert!(reply.headers.get("set-cookie").is_none(), "{reply:?}");
}

#[track_caller]
fn assert_expired(reply: &Reply) {
    assert_refused(reply, 400, "Challenge expired or invalid.", "challenge_not_valid");
}

#[track_caller]
fn assert_wrong(reply: &Reply) {
    assert_refused(reply, 400, "Invalid code.", "invalid_code");
}

/// The account takes no codes, for as long as the answer says.
#[track_caller]
fn assert_locked(reply: &Reply) -> u64 {
    assert_refused(reply, 429, "Too many failed MFA attempts. Try again later.", "mfa_locked");
    let wait = reply.header("retry-after").parse().unwrap();
    assert!((1..=900).contains(&wait), "{wait}");
    wait
}

#[track_caller]
fn assert_signed_in(reply: &Reply) {
    assert_eq!(reply.status, 200, "{reply:?}");
    assert!(!reply.text("access").is_empty(), "{reply:?}");
    assert!(reply.header("set-cookie").starts_with("refresh_token="), "{reply:?}");
    assert_eq!(reply.header("cache-control"), "no-store");
}

/// The claims of an answer with tokens.
async fn claims(app: &TestApp, reply: &Reply) -> Value {
    let client = app.client().holding(reply.text("access"), "");
    client.get("/jwt-allauth/token/claims/").await.body
}

/// Sends every request at the same moment.
async fn at_once(requests: Vec<(Client, &'static str, Value)>) -> Vec<Reply> {
    let start = Arc::new(Barrier::new(requests.len()));
    let mut tasks = JoinSet::new();
    for (client, path, body) in requests {
        let start = Arc::clone(&start);
        tasks.spawn(async move {
            start.wait().await;
            client.post(path, &body).await
        });
    }
    tasks.join_all().await
}

fn statuses(replies: &[Reply]) -> Vec<u16> {
    let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    statuses
}
