//! The description of the API, held against the API: what it promises is so, and nothing is answered that it does not say.

mod checks;
mod inputs;
mod schema;
mod spec;
mod words;

use auth::testing::{Client, Engine, Reply, TestApp};
use auth::{Auth, Settings};
use axum::Router;
use serde_json::{Value, json};

use spec::{Operation, Spec};

fn router(auth: Auth) -> Router {
    auth.router().with_state(auth)
}

async fn start(engine: Engine, change: impl FnOnce(&mut Settings)) -> (TestApp, Spec) {
    let app = TestApp::start_with(engine, router, change).await;
    let reply = app.client().get("/openapi.json").await;
    assert_eq!(reply.status, 200, "{reply:?}");
    (app, Spec(reply.body))
}

/// Somebody new, with both tokens and, for an operation that takes one, with a code.
async fn somebody(app: &TestApp, operation: &Operation<'_>) -> (Client, String) {
    let email = format!("{}@example.com", uuid::Uuid::now_v7().simple());
    let mut client = app.signed_in(&email).await;
    if let Some(token) = client.cookies.get("csrf_access_token").cloned() {
        client = client.with_header("x-csrftoken", &token);
    }
    // Another mail to the address would come too soon.
    app.advance(app.auth.settings().codes.resend_cooldown);
    if operation.path.ends_with("/login/code/verify/") {
        client.ask_for_code(&email).await;
    }
    (client, email)
}

/// No path has something of a client in it.
async fn path(_: &TestApp, operation: &Operation<'_>, _: &Client, _: &str) -> String {
    std::future::ready(operation.path.to_owned()).await
}

/// The example with what is the client's own.
async fn own(app: &TestApp, operation: &Operation<'_>, client: &Client, email: &str) -> Option<Value> {
    let mut body = std::future::ready(operation.example()).await?;
    for (name, value) in body.as_object_mut().expect("an object") {
        match name.as_str() {
            "email" => *value = json!(email),
            "code" => *value = json!(app.mailbox().latest(email).code()),
            "token" => *value = json!(client.access),
            "refresh" => *value = json!(client.refresh),
            _ => {}
        }
    }
    Some(body)
}

async fn send(_: &TestApp, operation: &Operation<'_>, (client, _): (&Client, &str), body: Option<&Value>) -> Reply {
    client.send(operation.method.clone(), operation.path, body).await
}

/// Ends the session of a client.
async fn sign_out(client: &Client) {
    assert_eq!(client.post("/jwt-allauth/logout/", &json!({})).await.status, 200);
}
