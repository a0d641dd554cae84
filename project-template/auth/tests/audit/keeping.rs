//! How long what is kept, and of whom.

use std::net::SocketAddr;
use std::time::Duration;

use auth::testing::{Client, Engine, PASSWORD, TestApp};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use serde_json::json;

use super::{ADA, NEW, change_password, log, router, start, user_id};

auth::on_both_engines!(
    of_a_removed_account_only_ids_are_left,
    rows_are_removed_when_they_are_old_enough,
    without_a_retention_they_stay,
    a_row_has_the_address_that_sessions_have,
);

async fn of_a_removed_account_only_ids_are_left(engine: Engine) {
    let app = start(engine).await;
    let mut ada = app.signed_in(ADA).await;
    let id = user_id(&app, ADA).await;
    from(&ada, "203.0.113.7:1").await;
    app.client().login(ADA, "wrong").await;
    app.audit_log().await;
    change_password(&mut ada, PASSWORD, NEW).await;
    app.signed_in("bob@example.com").await;
    let body = json!({ "password": NEW });
    let reply = ada.delete("/jwt-allauth/user/", Some(&body)).await;
    assert_eq!(reply.status, 204, "{reply:?}");
    let rows = app.audit_log().await;
    assert_eq!(rows.last().unwrap().kind, "deleted");
    let (adas, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.user_id == Some(id));
    assert!(adas.len() >= 6, "{adas:?}");
    assert!(adas.iter().all(|row| row.email.is_none() && row.ip.is_none()), "{adas:?}");
    assert!(others.iter().all(|row| row.email.is_some()), "{others:?}");
}

async fn rows_are_removed_when_they_are_old_enough(engine: Engine) {
    let app = start(engine).await;
    app.signed_in(ADA).await;
    app.advance(Duration::from_hours(179 * 24));
    app.client().login("nobody@example.com", "wrong").await;
    assert_eq!(log(&app).await.len(), 3);
    app.advance(Duration::from_hours(24));
    assert_eq!(app.flush().await["events"], 2);
    assert_eq!(log(&app).await, ["sign_in_failed: unknown_address"]);
    assert_eq!(app.flush().await["events"], 0);
}

async fn without_a_retention_they_stay(engine: Engine) {
    let app = TestApp::configured(engine, router, "[audit]\nretention = \"\"").await;
    app.signed_in(ADA).await;
    app.advance(Duration::from_hours(10_000 * 24));
    app.flush().await;
    assert_eq!(log(&app).await, ["sign_up", "sign_in"]);
}

async fn a_row_has_the_address_that_sessions_have(engine: Engine) {
    let app = start(engine).await;
    from(&app.client(), "203.0.113.7:40000").await;
    assert_eq!(app.audit_log().await[0].ip.as_deref(), Some("203.0.113.7"));

    let behind = TestApp::configured(engine, router, "[http]\ntrusted_proxies = [\"10.0.0.0/8\"]").await;
    from(&behind.client().with_header("x-forwarded-for", "1.1.1.1, 198.51.100.1"), "10.0.0.1:1").await;
    assert_eq!(behind.audit_log().await[0].ip.as_deref(), Some("198.51.100.1"));

    let quiet = TestApp::configured(engine, router, "[sessions]\ncollect_device = false").await;
    from(&quiet.client(), "203.0.113.7:40000").await;
    assert_eq!(quiet.audit_log().await[0].ip, None);
}

/// A refused sign-in over a connection from this peer.
async fn from(client: &Client, peer: &str) {
    let body = json!({ "email": "nobody@example.com", "password": "wrong" }).to_string();
    let peer: SocketAddr = peer.parse().unwrap();
    let request = Request::post("/jwt-allauth/login/").header("content-type", "application/json");
    let request = request.extension(ConnectInfo(peer)).body(Body::from(body)).unwrap();
    assert_eq!(client.send_raw(request).await.status, 401);
}
