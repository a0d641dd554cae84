//! The admin pages: who comes in, what they can do to whom, and what they see.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected may simply stop")]

mod acts;
mod entry;
mod lists;
mod search;
mod superusers;

use auth::Auth;
use auth::email_verification::Mode;
use auth::on;
use auth::testing::{Client, Engine, PASSWORD, Reply, TestApp};
use auth::users::role::{STAFF, SUPERUSER};
use axum::Router;
use uuid::Uuid;

const ADA: &str = "ada@example.com";
const BOSS: &str = "boss@example.com";
const HELPER: &str = "helper@example.com";

fn router(auth: Auth) -> Router {
    auth.router().with_state(auth)
}

/// An application with a superuser, a member of staff and Ada, who is neither.
async fn start(engine: Engine) -> TestApp {
    let app = TestApp::start_with(engine, router, |settings| settings.email_verification.mode = Mode::Optional).await;
    for (email, role) in [(BOSS, SUPERUSER), (HELPER, STAFF), (ADA, 0)] {
        app.signed_in(email).await;
        set_role(&app, email, role).await;
    }
    app
}

async fn id(app: &TestApp, email: &str) -> Uuid {
    auth::users::by_email(&app.auth, email).await.unwrap().unwrap().id
}

async fn role(app: &TestApp, email: &str) -> i64 {
    auth::users::by_email(&app.auth, email).await.unwrap().unwrap().role
}

async fn is_active(app: &TestApp, email: &str) -> bool {
    auth::users::by_email(&app.auth, email).await.unwrap().unwrap().is_active
}

async fn set_role(app: &TestApp, email: &str, role: i64) {
    on!(app.auth.db(), pool => {
        sqlx::query("update users set role = $1 where email_key = $2").bind(role).bind(email).execute(pool).await.map(drop)
    })
    .unwrap();
}

/// A browser with the sign-in page open, and the token of its form.
async fn at_the_door(app: &TestApp) -> (Client, String) {
    let mut browser = app.client();
    let page = browser.visit("/admin/sign-in/").await;
    assert_eq!(page.status, 200, "{page:?}");
    (browser, token(&page))
}

async fn sign_in(app: &TestApp, email: &str, password: &str) -> (Client, Reply) {
    let (mut browser, token) = at_the_door(app).await;
    let form = [("csrf_token", token.as_str()), ("email", email), ("password", password)];
    let reply = browser.submit("/admin/sign-in/", &form).await;
    (browser, reply)
}

/// A browser in which somebody is signed in.
async fn signed_in(app: &TestApp, email: &str) -> Client {
    let (browser, reply) = sign_in(app, email, PASSWORD).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/admin/"), "{reply:?}");
    browser
}

/// The token that every form of a page has.
fn token(page: &Reply) -> String {
    let html = page.body.as_str().unwrap_or_default();
    let (_, rest) = html.split_once("name=\"csrf_token\" value=\"").unwrap_or_else(|| panic!("no form in {page:?}"));
    rest.split('"').next().unwrap().to_owned()
}

/// Posts the form of an act on a user's page.
async fn act(app: &TestApp, browser: &mut Client, email: &str, act: &str, fields: &[(&str, &str)]) -> Reply {
    let page = browser.visit("/admin/upkeep/").await;
    let token = token(&page);
    let form: Vec<_> = [("csrf_token", token.as_str())].into_iter().chain(fields.iter().copied()).collect();
    browser.submit(&format!("/admin/users/{}/{act}/", id(app, email).await), &form).await
}

#[track_caller]
fn assert_done(reply: &Reply) {
    assert_eq!(reply.status, 303, "{reply:?}");
    assert!(reply.header("location").starts_with("/admin/users/"), "{reply:?}");
}

#[track_caller]
fn assert_outside(reply: &Reply) {
    assert_eq!((reply.status, reply.header("location")), (303, "/admin/sign-in/"), "{reply:?}");
}

fn html(reply: &Reply) -> &str {
    reply.body.as_str().unwrap_or_default()
}
