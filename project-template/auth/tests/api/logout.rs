//! `logout/` and `logout-all/`.

use std::time::Duration;

use auth::testing::{Client, Engine, PASSWORD, Reply};
use serde_json::json;

use super::{
    assert_cookie_deleted, assert_not_authenticated, assert_refused, assert_session_over, assert_token_not_valid,
    configured, post_raw, start, with_refresh, without_refresh,
};

auth::on_both_engines!(
    the_cookies_session_ends_and_the_cookie_goes,
    any_credential_of_the_session_will_do,
    a_refresh_token_works_beside_an_expired_access_token,
    it_can_be_repeated,
    every_session_whose_cookie_came_along_ends,
    a_cookie_that_is_too_large_is_deleted,
    without_a_usable_credential_it_is_refused,
    logout_all_ends_every_session_of_the_user_and_nobody_elses,
    logout_all_needs_a_living_session,
);

async fn logout(client: &Client) -> Reply {
    client.post("/jwt-allauth/logout/", &json!({})).await
}

#[track_caller]
fn assert_goodbye(reply: &Reply, detail: &str) {
    assert_refused(reply, 200, &json!({ "detail": detail }));
    assert_cookie_deleted(reply);
    assert_eq!(reply.header("clear-site-data"), "\"cache\"", "nobody else's cookies are cleared");
}

async fn the_cookies_session_ends_and_the_cookie_goes(engine: Engine) {
    let app = start(engine).await;
    let mut ada = app.signed_in("ada@example.com").await;
    assert_goodbye(&logout(&ada).await, "Successfully logged out.");
    assert_token_not_valid(&ada.refresh().await);
    assert_session_over(&ada.get("/jwt-allauth/user/").await);
}

async fn any_credential_of_the_session_will_do(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in("ada@example.com").await;
    let mut cookie_only = ada.clone();
    cookie_only.access.clear();
    let mut bearer_only = app.signed_in("bob@example.com").await;
    bearer_only.refresh.clear();
    let in_body = app.signed_in("eve@example.com").await;
    let nobody = app.client();
    assert_eq!(logout(&cookie_only).await.status, 200);
    assert_eq!(logout(&bearer_only).await.status, 200);
    let reply = nobody.post("/jwt-allauth/logout/", &json!({ "refresh": in_body.refresh })).await;
    assert_eq!(reply.status, 200);
    for client in [&ada, &bearer_only, &in_body] {
        assert_session_over(&client.get("/jwt-allauth/user/").await);
    }
    let joe = app.signed_in("joe@example.com").await;
    assert_eq!(post_raw(&joe, "/jwt-allauth/logout/", None, "").await.status, 200, "no body is no problem");
}

async fn a_refresh_token_works_beside_an_expired_access_token(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in("ada@example.com").await;
    app.advance(Duration::from_hours(2));
    assert_eq!(ada.get("/jwt-allauth/user/").await.status, 401);
    assert_eq!(logout(&without_refresh(&ada)).await.status, 401, "an expired access token alone opens nothing");
    assert_eq!(logout(&ada).await.status, 200);
    assert_token_not_valid(&ada.clone().refresh().await);
}

async fn it_can_be_repeated(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in("ada@example.com").await;
    for _ in 0..3 {
        assert_goodbye(&logout(&ada).await, "Successfully logged out.");
    }
}

async fn every_session_whose_cookie_came_along_ends(engine: Engine) {
    let app = start(engine).await;
    let (mut old, mut new) = (app.signed_in("ada@example.com").await, app.client());
    new.login("ada@example.com", PASSWORD).await;
    let mut other = app.signed_in("bob@example.com").await;
    let browser = app.client().with_header("cookie", &format!("refresh_token={}", old.refresh));
    let browser = browser.with_header("cookie", &format!("x=y; refresh_token={}", new.refresh));
    let browser = browser.with_header("cookie", &format!("refresh_token={}", other.refresh));
    assert_eq!(logout(&browser).await.status, 200);
    for session in [&mut old, &mut new, &mut other] {
        assert_token_not_valid(&session.refresh().await);
    }
}

async fn a_cookie_that_is_too_large_is_deleted(engine: Engine) {
    let app = start(engine).await;
    let client = app.client().holding("", &"x".repeat(5_000));
    for path in ["/jwt-allauth/logout/", "/jwt-allauth/refresh/"] {
        let reply = client.post(path, &json!({})).await;
        assert_token_not_valid(&reply);
        assert_cookie_deleted(&reply);
    }
}

#[tokio::test]
async fn what_scripts_stored_is_cleared_by_setting() {
    let app = configured(Engine::Sqlite, "[sessions]\nclear_storage = true").await;
    let reply = logout(&app.signed_in("ada@example.com").await).await;
    assert_eq!(reply.header("clear-site-data"), "\"cache\", \"storage\"");
}

async fn without_a_usable_credential_it_is_refused(engine: Engine) {
    let app = start(engine).await;
    let nobody = app.client();
    assert_not_authenticated(&logout(&nobody).await);
    let reply = logout(&with_refresh(&nobody, "garbage")).await;
    assert_token_not_valid(&reply);
    assert_cookie_deleted(&reply);
    let reply = nobody.post("/jwt-allauth/logout/", &json!({ "refresh": "garbage" })).await;
    assert_token_not_valid(&reply);
    assert_eq!(reply.header("set-cookie"), "", "it came in no cookie");
    let reply = logout(&nobody.holding("garbage", "")).await;
    assert_refused(&reply, 401, &super::tokens::refused_bearer("Token is invalid"));
}

async fn logout_all_ends_every_session_of_the_user_and_nobody_elses(engine: Engine) {
    let app = start(engine).await;
    let mut clients = vec![app.signed_in("ada@example.com").await];
    for _ in 0..3 {
        let mut client = app.client();
        client.login("ada@example.com", PASSWORD).await;
        clients.push(client);
    }
    let mut bob = app.signed_in("bob@example.com").await;
    let reply = clients[1].post("/jwt-allauth/logout-all/", &json!({})).await;
    assert_goodbye(&reply, "Successfully logged out from all devices.");
    for client in &mut clients {
        assert_session_over(&client.get("/jwt-allauth/user/").await);
        assert_token_not_valid(&client.refresh().await);
    }
    assert_eq!(bob.refresh().await.status, 200);
}

async fn logout_all_needs_a_living_session(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in("ada@example.com").await;
    let path = "/jwt-allauth/logout-all/";
    assert_not_authenticated(&app.client().post(path, &json!({})).await);
    let mut cookie_only = ada.clone();
    cookie_only.access.clear();
    assert_not_authenticated(&cookie_only.post(path, &json!({})).await);
    logout(&ada).await;
    assert_session_over(&ada.post(path, &json!({})).await);
}
