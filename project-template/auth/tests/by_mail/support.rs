//! What these tests share.

use auth::Auth;
use auth::email_verification::{Method, Mode};
use auth::testing::{Client, Engine, PASSWORD, Reply, TestApp};
use axum::Router;
use serde_json::json;

pub(crate) const ADA: &str = "ada@example.com";
pub(crate) const EVES_PASSWORD: &str = "another horse battery staple";

pub(crate) fn router(auth: Auth) -> Router {
    auth.router().with_state(auth)
}

/// An application where nobody signs in before their address is verified.
pub(crate) async fn strict(engine: Engine, method: Method) -> TestApp {
    TestApp::start_with(engine, router, |settings| {
        settings.email_verification.mode = Mode::Mandatory;
        settings.email_verification.method = method;
    })
    .await
}

pub(crate) async fn sign_up(app: &TestApp, email: &str, password: &str) -> Reply {
    let reply = app.client().register(email, password).await;
    assert_eq!((reply.status, reply.body.to_string()), (201, r#"{"detail":"Verification e-mail sent."}"#.into()));
    reply
}

pub(crate) async fn login(app: &TestApp, password: &str) -> Reply {
    app.client().login(ADA, password).await
}

/// Whether the account can be signed in to with a password, and why not.
pub(crate) async fn login_code(app: &TestApp, password: &str) -> String {
    let reply = login(app, password).await;
    if reply.status == 200 { "signed in".into() } else { reply.text("code").to_owned() }
}

/// The path of the link in the latest mail to Ada.
pub(crate) async fn link(app: &TestApp) -> String {
    app.mailbox().await.latest(ADA).link()
}

pub(crate) fn browser(app: &TestApp) -> Client {
    app.client().with_header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
}

pub(crate) async fn resend(app: &TestApp, email: &str) -> Reply {
    app.client().post("/jwt-allauth/registration/verification/resend/", &json!({ "email": email })).await
}

pub(crate) async fn ask_for_code(app: &TestApp, email: &str) -> Reply {
    app.client().post("/jwt-allauth/login/code/", &json!({ "email": email })).await
}

pub(crate) async fn verify_code(app: &TestApp, email: &str, code: &str) -> Reply {
    let body = json!({ "email": email, "otp": code });
    app.client().post("/jwt-allauth/registration/verify-otp/", &body).await
}

/// A code that is not this one.
pub(crate) fn wrong(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

/// Ada's account, signed up and confirmed.
pub(crate) async fn ada(app: &TestApp) {
    sign_up(app, ADA, PASSWORD).await;
    let reply = app.client().post(&link(app).await, &json!({})).await;
    assert_eq!((reply.status, reply.text("detail")), (200, "E-mail address verified."));
}

/// Sets a password with a link that was mailed.
pub(crate) async fn set_password(app: &TestApp, link: &str, password: &str) {
    let mut client = app.client();
    client.visit(link).await;
    let token = client.cookies["csrftoken"].clone();
    let client = client.with_header("x-csrftoken", &token);
    let body = json!({ "new_password1": password, "new_password2": password });
    let reply = client.post("/jwt-allauth/password/reset/set-new/", &body).await;
    assert_eq!(reply.status, 200, "{reply:?}");
}

/// Whether a page has a form that posts to a path.
pub(crate) fn posts_to(page: &Reply, path: &str) -> bool {
    page.body.as_str().is_some_and(|html| html.replace("&#x2f;", "/").contains(&format!("action=\"{path}\"")))
}
