//! Invitations: who invites whom, what the link gives, what waits for it, and what it ends with.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected may simply stop")]

mod accepting;
mod admin;
mod holding;
mod inviting;
mod pages;
mod parallel;
mod proven;
mod settings;

use std::time::Duration;

use auth::Auth;
use auth::testing::{Client, Engine, PASSWORD, Reply, TestApp};
use auth::users::role::{STAFF, SUPERUSER};
use axum::Router;
use serde_json::{Value, json};

const BOSS: &str = "boss@example.com";
const GRACE: &str = "grace@example.com";
const INVITE: &str = "/jwt-allauth/registration/user-register/";
const SET_PASSWORD: &str = "/jwt-allauth/registration/set-password/";
const FORM: &str = "/jwt-allauth/registration/set-password/default/";
const COMPLETE: &str = "/jwt-allauth/registration/set-password/complete/";
const REGISTER: &str = "/jwt-allauth/registration/";
const DAY: Duration = Duration::from_hours(24);
const MINUTE: Duration = Duration::from_mins(1);
const ALMOST_A_DAY: Duration = Duration::from_mins(24 * 60 - 1);
const ALMOST_TWO_DAYS: Duration = Duration::from_mins(2 * 24 * 60 - 1);
const ALMOST_THREE_DAYS: Duration = Duration::from_mins(3 * 24 * 60 - 1);

/// A slow machine is no reason for a 503.
const ON: &str = "[database]\nacquire_timeout = \"30s\"\n[invitations]\nenabled = true\n";
const VERIFIED: &str = "[email_verification]\nmode = \"mandatory\"\n";

fn router(auth: Auth) -> Router {
    auth.router().with_state(auth)
}

/// An application where addresses are verified and people invited, with a signed-in superuser.
async fn start(engine: Engine) -> (TestApp, Client) {
    configured(engine, &format!("{ON}{VERIFIED}")).await
}

async fn configured(engine: Engine, toml: &str) -> (TestApp, Client) {
    let app = TestApp::configured(engine, router, toml).await;
    let boss = superuser(&app).await;
    (app, boss)
}

/// Also where nobody signs up.
async fn superuser(app: &TestApp) -> Client {
    let open = app.second_instance_with(router, |settings| settings.invitations.only = false).await;
    let boss = open.signed_in_as(BOSS, SUPERUSER).await;
    app.client().holding(&boss.access, &boss.refresh)
}

async fn invite(client: &Client, email: &str, role: i64) -> Reply {
    client.post(INVITE, &json!({ "email": email, "role": role })).await
}

#[track_caller]
fn assert_invited(reply: &Reply) {
    assert_eq!((reply.status, &reply.body), (201, &json!({})), "{reply:?}");
}

/// The latest link that was mailed to an address.
async fn link(app: &TestApp, email: &str) -> String {
    let link = app.mailbox().await.latest(email).link();
    assert!(link.starts_with("/jwt-allauth/registration/verification/"), "{link}");
    link
}

/// A browser in which the link is opened, whose scripts show the CSRF token.
async fn opened(app: &TestApp, link: &str) -> Client {
    let mut browser = app.client();
    let reply = browser.visit(link).await;
    assert_eq!(reply.status, 302, "{reply:?}");
    let token = browser.cookies["csrftoken"].clone();
    browser.with_header("x-csrftoken", &token)
}

/// A browser in which the link of a new invitation is opened.
async fn invited(app: &TestApp, boss: &Client, email: &str, role: i64) -> Client {
    assert_invited(&invite(boss, email, role).await);
    opened(app, &link(app, email).await).await
}

fn passwords(password: &str) -> Value {
    json!({ "new_password1": password, "new_password2": password })
}

async fn set(browser: &Client, password: &str) -> Reply {
    browser.post(SET_PASSWORD, &passwords(password)).await
}

#[track_caller]
fn assert_dead(reply: &Reply) {
    let detail = "This link is no longer valid. Please ask for a new one.";
    assert_eq!(reply.body, json!({ "detail": detail, "code": "link_not_valid" }), "{reply:?}");
    assert_eq!((reply.status, reply.header("www-authenticate")), (401, "Cookie"), "{reply:?}");
}

async fn is_open(app: &TestApp, link: &str) -> bool {
    app.client().visit(link).await.status == 302
}

fn html(reply: &Reply) -> &str {
    assert_eq!(reply.header("content-type"), "text/html; charset=utf-8", "{reply:?}");
    reply.body.as_str().unwrap()
}

async fn claims(app: &TestApp, reply: &Reply) -> Value {
    let client = app.client().holding(reply.text("access"), "");
    client.get("/jwt-allauth/token/claims/").await.body
}

async fn count(app: &TestApp, table: &'static str) -> i64 {
    let statement = format!("select count(*) from {table}");
    let (count,): (i64,) =
        auth::on!(app.auth.db(), pool => auth::sqlx::query_as(auth::sqlx::AssertSqlSafe(statement)).fetch_one(pool).await)
            .unwrap();
    count
}

async fn exists(app: &TestApp, email: &str) -> bool {
    auth::users::by_email(&app.auth, email).await.unwrap().is_some()
}

/// Deactivates or activates an account, as staff do.
async fn set_active(app: &TestApp, email: &str, active: bool) {
    assert!(auth::account::set_active(&app.auth, app.user(email).await.id, active).await.unwrap());
}
