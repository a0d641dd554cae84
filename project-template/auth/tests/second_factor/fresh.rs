//! `reauthenticate/`, and what asks for a recent proof or two factors.

use std::time::Duration;

use auth::{Fresh, SecondFactor};
use axum::routing::post;

use super::*;

auth::on_both_engines!(
    a_password_or_a_code_makes_a_session_fresh_and_changes_nothing_else,
    a_code_counts_once_wherever_it_is_shown,
    what_is_wrong_proves_nothing,
    an_ended_session_proves_nothing,
    changing_a_password_without_the_old_one_proves_nothing,
    some_routes_take_two_factors,
);

fn guarded(auth: Auth) -> Router {
    Router::new()
        .route("/close/", post(|user: Fresh| async move { user.id().to_string() }))
        .route("/pay/", post(|user: SecondFactor| async move { user.id().to_string() }))
        .merge(auth.router())
        .with_state(auth)
}

async fn started(engine: Engine, toml: &str) -> (TestApp, Client) {
    let app = TestApp::configured(engine, guarded, toml).await;
    let ada = app.signed_in(ADA).await;
    (app, ada)
}

async fn a_password_or_a_code_makes_a_session_fresh_and_changes_nothing_else(engine: Engine) {
    let (app, mut ada) = started(engine, "").await;
    let authenticator = ada.enrol(&app).await;
    let began = ada.get("/jwt-allauth/token/claims/").await.body;
    for proof in ["password", "code"] {
        app.advance(Duration::from_secs(301));
        assert_eq!(ada.post("/close/", &json!({})).await.text("code"), "sign_in_again");
        ada.refresh().await;
        assert_eq!(ada.post("/close/", &json!({})).await.text("code"), "sign_in_again", "a refresh proves nothing");
        let body = match proof {
            "code" => json!({ "code": authenticator.code(&app) }),
            _ => json!({ "password": PASSWORD }),
        };
        let refresh = ada.refresh.clone();
        let reply = ada.post(REAUTHENTICATE, &body).await;
        assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"), "{reply:?}");
        let access = reply.text("access").to_owned();
        assert_eq!(reply.body, json!({ "access": access, "expires_in": 1800 }));
        assert!(reply.headers.get("set-cookie").is_none());
        ada.keep(reply);
        assert_eq!(ada.refresh, refresh);
        assert_eq!(ada.post("/close/", &json!({})).await.status, 200);
        let said = ada.get("/jwt-allauth/token/claims/").await.body;
        assert_eq!(said["auth_time"], json!(app.auth.now().unix_timestamp()));
        assert_eq!((&said["session"], &said["session_iat"]), (&began["session"], &began["session_iat"]));
        assert_eq!(ada.refresh().await.status, 200, "the refresh token is the same");
    }
}

async fn a_code_counts_once_wherever_it_is_shown(engine: Engine) {
    let (app, ada) = started(engine, "").await;
    let authenticator = ada.enrol(&app).await;
    assert_wrong(&ada.post(REAUTHENTICATE, &json!({ "code": authenticator.code(&app) })).await);
    let code = authenticator.next_code(&app);
    assert_eq!(ada.post(REAUTHENTICATE, &json!({ "code": code })).await.status, 200);
    let id = challenge(&app).await;
    assert_wrong(&verify(&app, &id, &code).await);
}

async fn what_is_wrong_proves_nothing(engine: Engine) {
    let (app, ada) = started(engine, "").await;
    app.advance(Duration::from_secs(301));
    let reply = ada.post(REAUTHENTICATE, &json!({})).await;
    assert_eq!((reply.status, &reply.body), (400, &json!({ "password": ["This field is required."] })));
    let reply = ada.post(REAUTHENTICATE, &json!({ "password": "wrong" })).await;
    assert_refused(&reply, 400, "Invalid password.", "invalid_password");
    let reply = ada.post(REAUTHENTICATE, &json!({ "code": "123456" })).await;
    assert_refused(&reply, 400, "TOTP not activated.", "totp_not_activated");
    assert_eq!(ada.post("/close/", &json!({})).await.text("code"), "sign_in_again");
}

async fn an_ended_session_proves_nothing(engine: Engine) {
    let (_app, ada) = started(engine, "").await;
    ada.post("/jwt-allauth/logout-all/", &json!({})).await;
    assert_eq!(ada.post(REAUTHENTICATE, &json!({ "password": PASSWORD })).await.status, 401);
}

async fn changing_a_password_without_the_old_one_proves_nothing(engine: Engine) {
    let (app, mut ada) = started(engine, "[password]\nold_password_required = false").await;
    app.advance(Duration::from_secs(301));
    let new = json!({ "new_password1": "another horse 17", "new_password2": "another horse 17" });
    let reply = ada.post("/jwt-allauth/password/change/", &new).await;
    assert_eq!(ada.keep(reply).status, 200);
    assert_eq!(ada.post("/close/", &json!({})).await.text("code"), "sign_in_again");
    let newer = json!({
        "old_password": "another horse 17", "new_password1": "yet another horse", "new_password2": "yet another horse",
    });
    let reply = ada.post("/jwt-allauth/password/change/", &newer).await;
    assert_eq!(ada.keep(reply).status, 200);
    assert_eq!(ada.post("/close/", &json!({})).await.status, 200);
}

async fn some_routes_take_two_factors(engine: Engine) {
    let (app, ada) = started(engine, "").await;
    let detail = "Sign in with a second factor, then repeat this.";
    assert_refused(&ada.post("/pay/", &json!({})).await, 403, detail, "second_factor_required");
    let authenticator = ada.enrol(&app).await;
    let id = challenge(&app).await;
    let mut there = app.client();
    let reply = verify(&app, &id, &authenticator.next_code(&app)).await;
    there.keep(reply);
    assert_eq!(there.post("/pay/", &json!({})).await.status, 200);
    let reply = there
        .post(
            "/jwt-allauth/password/change/",
            &json!({
                "old_password": PASSWORD, "new_password1": "another horse 17", "new_password2": "another horse 17",
            }),
        )
        .await;
    there.keep(reply);
    assert_eq!(there.post("/pay/", &json!({})).await.status, 200, "the session that replaces another has its factors");
}
