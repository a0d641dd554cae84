//! The names of cookies, which tell browsers what to hold to: `__Host-` and `__Secure-`.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use auth::Settings;
use auth::testing::{Client, Engine, PASSWORD, Reply, TestApp};
use serde_json::json;

use super::router;

const ADA: &str = "ada@example.com";

/// What production makes of the names, with these lines in `[sessions]`.
fn names(lines: &str) -> auth::sessions::CookieSettings {
    let text = format!(
        "environment = \"production\"\n[http]\npublic_url = \"https://auth.example.com\"\n[mail]\ntransport = \"file\"\n\
         [sessions]\n{lines}"
    );
    Settings::load(Path::new("settings.toml"), &text, &BTreeMap::new()).unwrap().sessions.cookie
}

#[test]
fn production_gives_the_cookie_a_prefix_unless_the_settings_say_otherwise() {
    for (lines, name) in [
        ("", "__Host-refresh_token"),
        ("cookie_name = \"mine\"", "__Host-mine"),
        ("cookie_path = \"/jwt-allauth/\"", "__Secure-refresh_token"),
        ("cookie_domain = \"example.com\"", "__Secure-refresh_token"),
        ("cookie_name = \"__Secure-mine\"", "__Secure-mine"),
        ("cookie_prefix = \"off\"", "refresh_token"),
    ] {
        assert_eq!(names(lines).name, name, "{lines}");
    }
    let development = Settings::load(Path::new("settings.toml"), "", &BTreeMap::new()).unwrap();
    assert_eq!(development.sessions.cookie.name, "refresh_token", "over http no browser would keep another");
}

async fn production(lines: &str) -> TestApp {
    let cookie = names(lines);
    TestApp::start_with(Engine::Sqlite, router, |settings| {
        settings.sessions.cookie = cookie;
        settings.sessions.access_cookie = true;
        settings.email_verification.mode = auth::email_verification::Mode::Optional;
        settings.email_verification.method = auth::email_verification::Method::Both;
    })
    .await
}

/// Every cookie an answer sets, as it is sent.
fn set(reply: &Reply) -> Vec<String> {
    reply.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap().to_owned()).collect()
}

/// A walk past everything that sets a cookie.
async fn walk(app: &TestApp) -> Vec<String> {
    let mut browser = app.client();
    let mut all = Vec::new();
    let mut look = |browser: &mut Client, reply: Reply, status: u16| {
        assert_eq!(reply.status, status, "{reply:?}");
        all.extend(set(&reply));
        browser.keep(reply)
    };
    let reply = browser.register(ADA, PASSWORD).await;
    look(&mut browser, reply, 201);
    app.advance(Duration::from_mins(1));
    let reply = browser.post("/jwt-allauth/registration/verification/resend/", &json!({ "email": ADA })).await;
    look(&mut browser, reply, 200);
    let reply = browser.post("/jwt-allauth/login/code/", &json!({ "email": ADA })).await;
    look(&mut browser, reply, 204);
    let reply = app.client().post("/jwt-allauth/password/reset/", &json!({ "email": ADA })).await;
    assert_eq!(reply.status, 200);
    let link = app.mailbox().await.latest(ADA).link();
    let reply = browser.visit(&link).await;
    look(&mut browser, reply, 302);
    app.set_role(ADA, auth::users::role::SUPERUSER).await;
    let page = browser.visit("/admin/sign-in/").await;
    let page = look(&mut browser, page, 200);
    let html = page.body.as_str().unwrap().to_owned();
    let token = html.split("name=\"csrf_token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = [("csrf_token", token), ("email", ADA), ("password", PASSWORD)];
    let reply = browser.submit("/admin/sign-in/", &form).await;
    look(&mut browser, reply, 303);
    let reply = browser.visit("/admin/").await;
    look(&mut browser, reply, 200);
    all
}

#[tokio::test]
async fn with_a_prefix_every_cookie_has_one_and_what_it_stands_for() {
    for (lines, is_host_only) in [("", true), ("cookie_domain = \"example.com\"", false)] {
        let app = production(lines).await;
        let set = walk(&app).await;
        for name in [
            "refresh_token",
            "access_token",
            "csrf_access_token",
            "verification_request",
            "login_code_request",
            "password_reset_access_token",
            "csrftoken",
            "admin_form",
            "admin_session",
        ] {
            assert!(set.iter().any(|cookie| cookie.contains(&format!("-{name}="))), "{name}: {set:#?}");
        }
        for cookie in &set {
            assert!(cookie.contains("; Secure"), "{cookie}");
            let is_free = cookie.contains("; Path=/;") && !cookie.contains("; Domain=");
            let prefix = if is_free { "__Host-" } else { "__Secure-" };
            assert!(cookie.starts_with(prefix), "{cookie}");
        }
        let refresh = set.iter().find(|cookie| cookie.contains("-refresh_token=")).unwrap();
        assert_eq!(refresh.starts_with("__Host-"), is_host_only, "{refresh}");
    }
}

#[tokio::test]
async fn without_a_prefix_names_are_those_of_django_jwt_allauth() {
    let app = production("cookie_prefix = \"off\"").await;
    for cookie in walk(&app).await {
        assert!(!cookie.starts_with("__"), "{cookie}");
    }
}

/// Another host of the domain can set a cookie by the plain name.
#[tokio::test]
async fn with_a_prefix_the_plain_name_counts_for_nothing() {
    let app = production("").await;
    let ada = app.signed_in(ADA).await;
    let mut plain = app.client();
    plain.cookies.insert("refresh_token".into(), ada.refresh.clone());
    assert_eq!(plain.post("/jwt-allauth/refresh/", &json!({})).await.status, 400);
    let token = ada.cookies["__Host-csrf_access_token"].clone();
    let mut own = ada.with_header("x-csrftoken", &token);
    assert_eq!(own.refresh().await.status, 200);
}
