//! The HTTP contract: each endpoint with each of its refusals, and what all of them have in common.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected may simply stop")]

mod abandoned;
mod conventions;
mod cookie_names;
mod cron;
mod crowds;
mod full_disk;
mod headers;
mod health;
mod invalidation;
mod keys;
mod login;
mod logout;
mod metrics;
mod odd_headers;
mod odd_input;
mod password_change;
mod races;
mod races_with_an_end;
mod refresh;
mod registration;
mod reload;
mod retry_window;
mod same_origin;
mod schema;
mod session_limit;
mod sessions;
mod tokens;
mod transport;
mod user;

use auth::Auth;
use auth::testing::{Client, Engine, Reply, TestApp};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use uuid::Uuid;

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

/// As [`configured`], at two instances.
async fn at_two_instances(engine: Engine, toml: &str) -> TestApp {
    configured(engine, toml).await.at_two_instances(router).await
}

/// A request with a body that need not be JSON.
async fn post_raw(client: &Client, path: &str, content_type: Option<&str>, body: impl Into<Body>) -> Reply {
    let request = Request::post(path);
    let request = if let Some(value) = content_type { request.header("content-type", value) } else { request };
    client.send_raw(request.body(body.into()).unwrap()).await
}

async fn claims(client: &Client) -> Value {
    client.get("/jwt-allauth/token/claims/").await.body
}

async fn user_id(client: &Client) -> Uuid {
    claims(client).await["sub"].as_str().unwrap().parse().unwrap()
}

/// The same client with another refresh token.
fn with_refresh(client: &Client, token: &str) -> Client {
    client.holding(&client.access, token)
}

/// The same client at another instance.
fn at(app: &TestApp, client: &Client) -> Client {
    app.client().holding(&client.access, &client.refresh)
}

/// The same client without its refresh token.
fn without_refresh(client: &Client) -> Client {
    with_refresh(client, "")
}

#[track_caller]
fn assert_refused(reply: &Reply, status: u16, body: &Value) {
    assert_eq!((reply.status, &reply.body), (status, body), "{reply:?}");
}

#[track_caller]
fn assert_token_not_valid(reply: &Reply) {
    assert_refused(reply, 401, &json!({ "detail": "Token is invalid or expired", "code": "token_not_valid" }));
}

#[track_caller]
fn assert_not_authenticated(reply: &Reply) {
    let body = json!({ "detail": "Authentication credentials were not provided.", "code": "not_authenticated" });
    assert_refused(reply, 401, &body);
    assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"");
}

#[track_caller]
fn assert_cookie_deleted(reply: &Reply) {
    assert_eq!(reply.header("set-cookie"), "refresh_token=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0");
}

#[track_caller]
fn assert_session_over(reply: &Reply) {
    assert_refused(reply, 401, &json!({ "detail": "Session is no longer active.", "code": "token_not_valid" }));
}
