//! `password/reset/`: a link by mail, a capability in a cookie, a new password.

mod asking;
mod pages;
mod setting;

use auth::Auth;
use auth::testing::{Client, Reply, TestApp};
use axum::Router;
use serde_json::{Value, json};

const RESET: &str = "/jwt-allauth/password/reset/";
const FORM: &str = "/jwt-allauth/password/reset/default/";
const SET_NEW: &str = "/jwt-allauth/password/reset/set-new/";
const ADA: &str = "ada@example.com";
const NEW: &str = "a brand new passphrase";

fn router(auth: Auth) -> Router {
    auth.router().with_state(auth)
}

/// Asks for a link and gives its path.
async fn link(app: &TestApp, email: &str) -> String {
    // Mails that wait together may arrive in any order.
    app.deliver_mail().await;
    let reply = app.client().post(RESET, &json!({ "email": email })).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    app.mailbox().await.latest(email).link()
}

/// A browser in which the link has been opened.
async fn opened(app: &TestApp, email: &str) -> Client {
    let link = link(app, email).await;
    let mut browser = app.client();
    let reply = browser.visit(&link).await;
    assert_eq!((reply.status, reply.header("location")), (302, format!("{FORM}?opened").as_str()), "{reply:?}");
    browser
}

fn passwords(password: &str) -> Value {
    json!({ "new_password1": password, "new_password2": password })
}

/// Sets a password as a program does, with the token of the cookie in the header.
async fn set(browser: &Client, password: &str) -> Reply {
    let token = browser.cookies.get("csrftoken").cloned().unwrap_or_default();
    browser.clone().with_header("x-csrftoken", &token).post(SET_NEW, &passwords(password)).await
}
