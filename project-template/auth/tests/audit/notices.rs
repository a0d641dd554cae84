//! Mails that tell of something somebody else may have done.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use auth::Settings;
use auth::testing::{Client, Engine, PASSWORD, TestApp};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use serde_json::json;

use super::{ADA, router, start};

auth::on_both_engines!(
    nobody_is_told_unless_the_settings_say_so,
    a_sign_in_with_a_new_device_or_from_a_new_address_is_told_once,
    a_mail_has_no_word_of_the_strangers_own,
    a_replay_is_told_once_for_a_session,
    a_notice_leads_to_the_page_that_the_settings_name_and_else_says_where_to_ask,
);

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0";
const NEWER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const EDGE: &str = "Mozilla/5.0 (Windows NT 10.0) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0";

async fn telling(engine: Engine) -> TestApp {
    TestApp::configured(engine, router, "[audit]\nnotify_new_device = true\nnotify_replay = true").await
}

async fn post_from(app: &TestApp, peer: &str, user_agent: &str, path: &str, body: serde_json::Value) {
    let peer: SocketAddr = peer.parse().unwrap();
    let request = Request::post(path).header("content-type", "application/json").header("user-agent", user_agent);
    let request = request.extension(ConnectInfo(peer)).body(Body::from(body.to_string())).unwrap();
    let reply = app.client().send_raw(request).await;
    assert!(reply.status < 300, "{reply:?}");
}

async fn sign_up_from(app: &TestApp, peer: &str, user_agent: &str) {
    let body = json!({ "email": ADA, "password1": PASSWORD, "password2": PASSWORD });
    post_from(app, peer, user_agent, "/jwt-allauth/registration/", body).await;
}

async fn login_from(app: &TestApp, peer: &str, user_agent: &str) {
    post_from(app, peer, user_agent, "/jwt-allauth/login/", json!({ "email": ADA, "password": PASSWORD })).await;
}

async fn mails(app: &TestApp) -> usize {
    app.mailbox().await.to(ADA).len()
}

async fn replay(mut ada: Client) {
    let stolen = ada.holding("", &ada.refresh);
    ada.refresh().await;
    for _ in 0..3 {
        assert_eq!(stolen.clone().refresh().await.status, 401);
    }
}

async fn nobody_is_told_unless_the_settings_say_so(engine: Engine) {
    let app = start(engine).await;
    sign_up_from(&app, "203.0.113.7:1", FIREFOX).await;
    login_from(&app, "198.51.100.1:1", EDGE).await;
    let mut ada = app.client();
    ada.login(ADA, PASSWORD).await;
    replay(ada).await;
    assert_eq!(mails(&app).await, 0);
}

async fn a_sign_in_with_a_new_device_or_from_a_new_address_is_told_once(engine: Engine) {
    let app = telling(engine).await;
    sign_up_from(&app, "203.0.113.7:1", FIREFOX).await;
    login_from(&app, "203.0.113.7:2", FIREFOX).await;
    login_from(&app, "203.0.113.7:3", NEWER).await;
    assert_eq!(mails(&app).await, 0, "the first sign-in, the same again, and an update are nothing new");
    login_from(&app, "203.0.113.7:4", EDGE).await;
    let mail = app.mailbox().await.latest(ADA);
    assert!(mail.text.contains("Edge on Windows, from 203.0.113.7."), "{}", mail.text);
    assert!(mail.html.contains("Edge on Windows") && mail.subject.contains("New sign-in"), "{}", mail.html);
    login_from(&app, "203.0.113.7:5", EDGE).await;
    assert_eq!(mails(&app).await, 1);
    for _ in 0..2 {
        login_from(&app, "198.51.100.1:1", FIREFOX).await;
    }
    assert_eq!(mails(&app).await, 2);
    assert!(app.mailbox().await.all().iter().any(|mail| mail.text.contains("198.51.100.1")));
}

async fn a_mail_has_no_word_of_the_strangers_own(engine: Engine) {
    let app = telling(engine).await;
    sign_up_from(&app, "203.0.113.7:1", FIREFOX).await;
    login_from(&app, "203.0.113.7:1", "visit-evil.example.com/1 (call 555)").await;
    let mail = app.mailbox().await.latest(ADA);
    assert!(!mail.source.contains("evil") && mail.text.contains("an unknown device"), "{}", mail.text);
}

async fn a_replay_is_told_once_for_a_session(engine: Engine) {
    let app = telling(engine).await;
    replay(app.signed_in(ADA).await).await;
    assert_eq!(mails(&app).await, 1);
    let mail = app.mailbox().await.latest(ADA);
    assert!(mail.subject.contains("was ended") && mail.text.contains(ADA), "{}", mail.text);
}

async fn a_notice_leads_to_the_page_that_the_settings_name_and_else_says_where_to_ask(engine: Engine) {
    for (page, way) in [
        ("", "for a link where you sign in at auth.example.com."),
        ("https://app.example.com/forgot", "\nhttps://app.example.com/forgot\n"),
        ("/forgot", "\nhttps://auth.example.com/forgot\n"),
    ] {
        let toml = format!(
            "[audit]\nnotify_replay = true\n[password]\nforgot_page = {page:?}\n\
             [http]\npublic_url = \"https://auth.example.com/base\""
        );
        let app = TestApp::configured(engine, router, &toml).await;
        replay(app.signed_in(ADA).await).await;
        let mail = app.mailbox().await.latest(ADA);
        let text = mail.text.replace("\r\n", "\n");
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(way) || words.contains(way), "{page}: {text}");
        assert!(text.lines().all(|line| line.chars().count() <= 76), "{text}");
    }
}

#[test]
fn a_device_that_is_not_kept_cannot_be_known_again() {
    let toml = "[audit]\nnotify_new_device = true\n[sessions]\ncollect_device = false";
    let problems = Settings::load(Path::new("settings.toml"), toml, &BTreeMap::new()).unwrap_err();
    assert!(problems.to_string().contains("`audit.notify_new_device` needs sessions.collect_device"), "{problems}");
}
