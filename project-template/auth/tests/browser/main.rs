//! The pages in a real browser: what people see, hear and do there.
//!
//! The tests are ignored unless asked for, since they need Chromium: `cargo test --test browser -- --include-ignored`.
//! With `SCREENSHOTS=DIRECTORY` they leave pictures of every page there.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected may simply stop")]

mod admin;
mod chromium;
mod docs;
mod flows;
mod invitations;
mod looks;
mod passkeys;
mod portal;
mod related;
mod reload;
mod reset_form;
mod social;
mod tab;
mod tour;
mod typed_client;

use std::collections::BTreeMap;
use std::path::Path;

use auth::email_verification::Mode;
use auth::testing::{Engine, Listening, PASSWORD, Provider, TestApp};
use auth::{Auth, Settings};
use axum::Router;
use serde_json::json;

const ADA: &str = "ada@example.com";
const NEW: &str = "a brand new passphrase";

fn router(auth: Auth) -> Router {
    auth.router().with_state(auth)
}

/// An application where addresses are verified, at an address of its own.
async fn listening() -> (TestApp, Listening) {
    listening_with(|_| ()).await
}

async fn listening_with(change: impl FnOnce(&mut Settings)) -> (TestApp, Listening) {
    let app = TestApp::start_with(Engine::Sqlite, router, |settings| {
        settings.email_verification.mode = Mode::Mandatory;
        settings.portal.enabled = true;
        settings.invitations.enabled = true;
        change(settings);
    })
    .await;
    let server = app.listen().await;
    (app, server)
}

/// The settings with which people can sign in with this provider.
fn social(provider: &Provider) -> auth::social::Settings {
    let toml = format!("{}name = \"Example Inc.\"\n", provider.settings("example"));
    Settings::load(Path::new("the test"), &toml, &BTreeMap::new()).unwrap().social
}

/// Signs up, and gives the link that was mailed.
async fn verification_link(app: &TestApp, email: &str) -> String {
    assert_eq!(app.client().register(email, PASSWORD).await.status, 201);
    app.mailbox().await.latest(email).link()
}

/// An account, ready to be signed in to: it was confirmed in the browser of the sign-up.
async fn account(app: &TestApp, email: &str) {
    let mut client = app.client();
    assert_eq!(client.register(email, PASSWORD).await.status, 201);
    let link = app.mailbox().await.latest(email).link();
    assert_eq!(client.post(&link, &json!({})).await.status, 200);
}

/// Invites somebody in the name of an account, and gives the link that was mailed.
async fn invitation_link(app: &TestApp, inviter: &str, guest: &str) -> String {
    let mut client = app.client();
    assert_eq!(client.login(inviter, PASSWORD).await.status, 200);
    let body = json!({ "email": guest, "role": 0 });
    assert_eq!(client.post("/jwt-allauth/registration/user-register/", &body).await.status, 201);
    app.mailbox().await.latest(guest).link()
}

/// Asks for a link to set a new password.
async fn reset_link(app: &TestApp, email: &str) -> String {
    let reply = app.client().post("/jwt-allauth/password/reset/", &json!({ "email": email })).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    app.mailbox().await.latest(email).link()
}

/// Signs in, asks for another address, and gives the link that was mailed to it.
async fn change_link(app: &TestApp, email: &str, password: &str, new: &str) -> String {
    let mut client = app.client();
    assert_eq!(client.login(email, password).await.status, 200);
    let reply = client.post("/jwt-allauth/user/email/", &json!({ "email": new, "password": password })).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    app.mailbox().await.latest(new).link()
}

/// Tests that need Chromium.
macro_rules! in_chromium {
    ($($test:ident),* $(,)?) => {
        mod chromium {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[ignore = "needs Chromium: cargo test -- --include-ignored"]
            async fn $test() {
                super::$test().await;
            })*
        }
    };
}
use in_chromium;
