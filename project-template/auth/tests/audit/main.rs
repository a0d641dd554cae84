//! What happened to accounts, and what is told of it: each event has its row and its line, and neither has a secret.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected may simply stop")]

mod events;
mod failures;
mod keeping;
mod log;
mod lost_answers;
mod notices;
mod secrets;

use auth::Auth;
use auth::testing::{Client, Engine, TestApp};
use axum::Router;
use serde_json::json;
use uuid::Uuid;

const ADA: &str = "ada@example.com";
const NEW: &str = "a brand new passphrase";

fn router(auth: Auth) -> Router {
    auth.router().with_state(auth)
}

async fn start(engine: Engine) -> TestApp {
    TestApp::start(engine, router).await
}

async fn user_id(app: &TestApp, email: &str) -> Uuid {
    auth::users::by_email(&app.auth, email).await.unwrap().unwrap().id
}

/// Each row as `kind`, or `kind: detail`, with a number behind it where it stands for several.
async fn log(app: &TestApp) -> Vec<String> {
    let rows = app.audit_log().await;
    let told = |row: &auth::testing::AuditRow| {
        let detail = row.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
        let count = if row.count == 1 { String::new() } else { format!(" x{}", row.count) };
        format!("{}{detail}{count}", row.kind)
    };
    rows.iter().map(told).collect()
}

/// What was written since `before` rows.
async fn since(app: &TestApp, before: usize) -> Vec<String> {
    log(app).await.split_off(before)
}

async fn change_password(client: &mut Client, old: &str, new: &str) -> u16 {
    let body = json!({ "old_password": old, "new_password1": new, "new_password2": new });
    let reply = client.post("/jwt-allauth/password/change/", &body).await;
    client.keep(reply).status
}
