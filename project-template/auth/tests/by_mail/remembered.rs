//! `"remember": false`, at every way in that a body opens.

use std::time::Duration;

use auth::testing::{Client, Engine, PASSWORD, Reply, TestApp};
use serde_json::{Value, json};

use crate::support::*;

auth::on_both_engines! {
    a_sign_up_is_forgotten_with_the_browser_where_it_says_so,
    a_code_to_sign_in_with_is_too,
    an_account_that_a_code_makes_is_too,
    a_confirmation_by_code_is_too,
    a_confirmation_by_link_is_too,
    a_confirmation_in_a_page_is_as_the_sign_up_said,
    a_new_password_is_too,
    what_is_no_yes_or_no_is_refused_everywhere,
}

const REGISTRATION: &str = "/jwt-allauth/registration/";
const CODE: &str = "/jwt-allauth/login/code/verify/";
const OTP: &str = "/jwt-allauth/registration/verify-otp/";
const SET_NEW: &str = "/jwt-allauth/password/reset/set-new/";

async fn start(engine: Engine) -> TestApp {
    TestApp::configured(engine, router, "login_codes = { create_accounts = true }").await
}

async fn confirming(engine: Engine) -> TestApp {
    let toml = r#"email_verification = { mode = "mandatory", method = "both", session_on_verification = true }"#;
    TestApp::configured(engine, router, toml).await
}

fn with(mut body: Value, remember: impl Into<Value>) -> Value {
    body["remember"] = remember.into();
    body
}

fn account() -> Value {
    json!({ "email": ADA, "password1": PASSWORD, "password2": PASSWORD })
}

/// How long a browser keeps the cookie of the refresh token, as the answer has it.
fn max_age(reply: &Reply) -> Option<String> {
    let set = reply.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let cookie = set.into_iter().find(|cookie| cookie.starts_with("refresh_token=")).expect("a cookie");
    cookie.split("; ").find_map(|attribute| attribute.strip_prefix("Max-Age=")).map(str::to_owned)
}

/// Whoever got this answer has a session until the browser is closed, and for a day.
async fn assert_forgotten(app: &TestApp, mut client: Client, reply: Reply) {
    assert!(reply.status < 400, "{reply:?}");
    assert_eq!(max_age(&client.keep(reply)), None);
    app.advance(Duration::from_hours(23));
    assert_eq!(max_age(&client.refresh().await), None);
    app.advance(Duration::from_hours(24));
    assert_eq!(client.refresh().await.status, 401);
}

#[track_caller]
fn assert_remembered(reply: &Reply) {
    assert_eq!(max_age(reply).as_deref(), Some("1209600"), "{reply:?}");
}

async fn a_sign_up_is_forgotten_with_the_browser_where_it_says_so(engine: Engine) {
    let app = start(engine).await;
    let reply = app.client().post(REGISTRATION, &with(account(), false)).await;
    assert_forgotten(&app, app.client(), reply).await;
    let bob = json!({ "email": "bob@example.com", "password1": PASSWORD, "password2": PASSWORD });
    assert_remembered(&app.client().post(REGISTRATION, &with(bob, true)).await);
}

async fn signed_in_with_code(app: &TestApp, remember: bool) -> Reply {
    ask_for_code(app, ADA).await;
    let code = app.mailbox().await.latest(ADA).code();
    app.client().post(CODE, &with(json!({ "email": ADA, "code": code }), remember)).await
}

async fn a_code_to_sign_in_with_is_too(engine: Engine) {
    let app = start(engine).await;
    app.signed_in(ADA).await;
    let reply = signed_in_with_code(&app, false).await;
    assert_forgotten(&app, app.client(), reply).await;
    assert_remembered(&signed_in_with_code(&app, true).await);
}

async fn an_account_that_a_code_makes_is_too(engine: Engine) {
    let app = start(engine).await;
    let reply = signed_in_with_code(&app, false).await;
    assert_forgotten(&app, app.client(), reply).await;
}

async fn a_confirmation_by_code_is_too(engine: Engine) {
    let app = confirming(engine).await;
    sign_up(&app, ADA, PASSWORD).await;
    let code = app.mailbox().await.latest(ADA).code();
    let reply = app.client().post(OTP, &with(json!({ "email": ADA, "otp": code }), false)).await;
    assert_forgotten(&app, app.client(), reply).await;
}

async fn a_confirmation_by_link_is_too(engine: Engine) {
    let app = confirming(engine).await;
    sign_up(&app, ADA, PASSWORD).await;
    let reply = app.client().post(&link(&app).await, &json!({ "remember": false })).await;
    assert_forgotten(&app, app.client(), reply).await;
}

async fn a_confirmation_in_a_page_is_as_the_sign_up_said(engine: Engine) {
    let app = confirming(engine).await;
    app.client().post(REGISTRATION, &with(account(), false)).await;
    let reply = browser(&app).submit(&link(&app).await, &[]).await;
    assert_eq!(reply.status, 303, "{reply:?}");
    assert_forgotten(&app, app.client(), reply).await;

    let bob = json!({ "email": "bob@example.com", "password1": PASSWORD, "password2": PASSWORD });
    app.client().post(REGISTRATION, &with(bob, false)).await;
    let link = app.mailbox().await.latest("bob@example.com").link();
    assert_remembered(&browser(&app).submit(&link, &[("remember", "true")]).await);
}

async fn a_new_password_is_too(engine: Engine) {
    let app = start(engine).await;
    app.signed_in(ADA).await;
    for remember in [false, true] {
        app.client().post("/jwt-allauth/password/reset/", &json!({ "email": ADA })).await;
        let mut client = app.client();
        client.visit(&link(&app).await).await;
        client.headers.push(("x-csrftoken".into(), client.cookies["csrftoken"].clone()));
        let body = json!({ "new_password1": EVES_PASSWORD, "new_password2": EVES_PASSWORD });
        let reply = client.post(SET_NEW, &with(body, remember)).await;
        if remember {
            assert_remembered(&reply);
        } else {
            assert_forgotten(&app, app.client(), reply).await;
        }
    }
}

async fn what_is_no_yes_or_no_is_refused_everywhere(engine: Engine) {
    let app = confirming(engine).await;
    sign_up(&app, ADA, PASSWORD).await;
    let mail = app.mailbox().await.latest(ADA);
    let bob = json!({ "email": "bob@example.com", "password1": PASSWORD, "password2": PASSWORD });
    let ways = [
        ("/jwt-allauth/login/", json!({ "email": ADA, "password": PASSWORD })),
        (CODE, json!({ "email": ADA, "code": "123456" })),
        (REGISTRATION, bob),
        (OTP, json!({ "email": ADA, "otp": mail.code() })),
        (&mail.link(), json!({})),
    ];
    for (path, body) in ways {
        let reply = app.client().post(path, &with(body, "no")).await;
        assert_eq!((reply.status, reply.body), (400, json!({ "remember": ["Must be a valid boolean."] })), "{path}");
    }
    assert_eq!(login_code(&app, PASSWORD).await, "email_not_verified", "nothing was used up");
    assert_eq!(app.client().post(&mail.link(), &json!({})).await.status, 200);
}
