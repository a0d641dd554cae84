//! Signing in with an account at another service: what of a provider is believed, whose account it leads to, and what
//! happens when the provider lies, hangs or is gone.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected may simply stop")]

mod code;
mod connections;
mod github;
mod import;
mod invited;
mod linking;
mod microsoft;
mod pages;
mod parallel;
mod redirect;
mod settings;
mod token;
mod trouble;

use std::sync::Arc;

use auth::Auth;
use auth::testing::{Client, Engine, PASSWORD, Provider, Reply, TestApp, Trouble};
use axum::Router;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

const ADA: &str = "ada@example.com";
const TOKEN: &str = "/jwt-allauth/social/example/token/";
const CODE: &str = "/jwt-allauth/social/example/code/";
const CONNECT_TOKEN: &str = "/jwt-allauth/social/example/connect/token/";
const CONNECT_CODE: &str = "/jwt-allauth/social/example/connect/code/";
const ACCOUNTS: &str = "/jwt-allauth/social/accounts/";
const CALLBACK: &str = "https://app.example.com/callback";
/// A slow machine is no reason for a 503.
const PATIENT: &str = "[database]\nacquire_timeout = \"30s\"\n";
const MANDATORY: &str = "[email_verification]\nmode = \"mandatory\"\n";

fn router(auth: Auth) -> Router {
    auth.router().with_state(auth)
}

/// An application with these settings, and a provider named `example`.
async fn with_provider(engine: Engine, toml: &str) -> (Provider, TestApp) {
    let provider = Provider::start().await;
    let app = TestApp::configured(engine, router, &format!("{toml}\n{}", provider.settings("example"))).await;
    (provider, app)
}

fn body_of_token(provider: &Provider, claims: &Value) -> Value {
    json!({ "id_token": provider.sign(claims), "client_id": "web" })
}

fn body_of_code(provider: &Provider, claims: &Value) -> Value {
    json!({ "code": provider.code(claims), "callback_url": CALLBACK })
}

async fn by_token(app: &TestApp, provider: &Provider, claims: &Value) -> Reply {
    app.client().post(TOKEN, &body_of_token(provider, claims)).await
}

#[track_caller]
fn assert_signed_in(reply: &Reply) {
    assert_eq!(reply.status, 200, "{reply:?}");
    assert!(!reply.text("access").is_empty() && reply.header("cache-control") == "no-store", "{reply:?}");
}

#[track_caller]
fn assert_refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status, reply.text("code")), (status, code), "{reply:?}");
    assert!(reply.body.get("access").is_none() && reply.headers.get("set-cookie").is_none(), "{reply:?}");
}

/// A client with the tokens of an answer.
fn holding(app: &TestApp, reply: Reply) -> Client {
    assert_signed_in(&reply);
    let mut client = app.client();
    client.keep(reply);
    client
}

/// The id of the account of an answer's token.
async fn account(app: &TestApp, reply: &Reply) -> String {
    let client = app.client().holding(reply.text("access"), "");
    client.get("/jwt-allauth/token/claims/").await.text("sub").to_owned()
}

async fn count(app: &TestApp, table: &str) -> i64 {
    let query = auth::sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
    let (count,): (i64,) = auth::on!(app.auth.db(), pool => auth::sqlx::query_as(query).fetch_one(pool).await).unwrap();
    count
}

async fn live(app: &TestApp) -> i64 {
    count(app, "sessions where ended_at is null").await
}

/// Sends requests so that they arrive together.
async fn at_once(requests: Vec<(Client, &'static str, Value)>) -> Vec<Reply> {
    let barrier = Arc::new(Barrier::new(requests.len()));
    let mut tasks = JoinSet::new();
    for (client, path, body) in requests {
        let barrier = Arc::clone(&barrier);
        tasks.spawn(async move {
            barrier.wait().await;
            client.post(path, &body).await
        });
    }
    tasks.join_all().await
}
