//! `sessions/`.

use std::time::Duration;

use auth::on;
use auth::testing::{Engine, PASSWORD};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    assert_cookie_deleted, assert_not_authenticated, assert_refused, assert_session_over, claims, configured, start,
};

auth::on_both_engines!(
    the_list_shows_live_sessions_newest_first_and_no_token,
    the_list_has_the_thousand_newest_and_the_session_that_asks,
    a_session_is_ended_by_its_owner_once,
    a_session_of_somebody_else_is_not_there_and_lives_on,
    with_session_check_an_ended_session_is_refused_everywhere_at_once,
    another_process_notices_within_five_seconds,
    a_clock_that_is_set_back_brings_no_ended_session_back,
    without_session_check_an_access_token_is_good_until_it_expires,
);

const PATH: &str = "/jwt-allauth/sessions/";
const CHECKED: &str = "[tokens]\nsession_check = \"on\"";

async fn the_list_shows_live_sessions_newest_first_and_no_token(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in("ada@example.com").await;
    app.signed_in("bob@example.com").await;
    app.advance(Duration::from_mins(10));
    let mut phone = app.client().with_header("user-agent", "Phone/1.0");
    phone.login("ada@example.com", PASSWORD).await;
    let mut ended = app.client();
    ended.login("ada@example.com", PASSWORD).await;
    ended.post("/jwt-allauth/logout/", &json!({})).await;
    app.advance(Duration::from_mins(5));
    phone.refresh().await;

    let reply = ada.get(PATH).await;
    assert_eq!(reply.status, 200);
    let expected = json!([
        {
            "id": claims(&phone).await["session"], "current": false, "created": "2027-01-15T08:10:00Z",
            "last_used": "2027-01-15T08:15:00Z", "expires": "2027-01-29T08:15:00Z", "ip": null,
            "device": { "browser": "Phone", "os": null, "kind": null, "user_agent": "Phone/1.0" },
        },
        {
            "id": claims(&ada).await["session"], "current": true, "created": "2027-01-15T08:00:00Z",
            "last_used": "2027-01-15T08:00:00Z", "expires": "2027-01-29T08:00:00Z", "ip": null,
            "device": { "browser": null, "os": null, "kind": null, "user_agent": null },
        },
    ]);
    assert_eq!(reply.body, expected);
    assert_not_authenticated(&app.client().get(PATH).await);
}

async fn the_list_has_the_thousand_newest_and_the_session_that_asks(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in("ada@example.com").await;
    app.advance(Duration::from_mins(1));
    let own: Uuid = claims(&ada).await["session"].as_str().unwrap().parse().unwrap();
    let mut newer = Vec::new();
    for _ in 0..1_000 {
        let id = Uuid::now_v7();
        on!(app.auth.db(), pool => sqlx::query(
            "insert into sessions (id, user_id, claims, created_at, refreshed_at, expires_at)
             select $1, user_id, claims, $2, $2, expires_at from sessions where id = $3",
        )
        .bind(id)
        .bind(app.auth.now())
        .bind(own)
        .execute(pool)
        .await
        .unwrap()
        .rows_affected());
        newer.push(id.to_string());
    }
    newer.sort_unstable_by(|a, b| b.cmp(a));
    let reply = ada.get(PATH).await;
    let listed: Vec<_> = reply.body.as_array().unwrap().iter().map(|session| session["id"].as_str().unwrap()).collect();
    newer.push(own.to_string());
    assert_eq!(listed, newer, "the oldest is the one that asks");
}

fn path_of(claims: &Value) -> String {
    format!("{PATH}{}/", claims["session"].as_str().unwrap())
}

async fn a_session_is_ended_by_its_owner_once(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in("ada@example.com").await;
    let mut phone = app.client();
    phone.login("ada@example.com", PASSWORD).await;
    let path = path_of(&claims(&phone).await);
    let reply = ada.delete(&path, None).await;
    assert_eq!((reply.status, &reply.body, reply.header("set-cookie")), (204, &Value::Null, ""));
    assert_session_over(&phone.get("/jwt-allauth/user/").await);
    assert_eq!(phone.refresh().await.status, 401);
    assert_eq!(ada.delete(&path, None).await.status, 404);
    let own = path_of(&claims(&ada).await);
    let reply = ada.delete(&own, None).await;
    assert_eq!(reply.status, 204);
    assert_cookie_deleted(&reply);
    assert_session_over(&ada.delete(&own, None).await);
    assert_not_authenticated(&app.client().delete(&own, None).await);
}

async fn a_session_of_somebody_else_is_not_there_and_lives_on(engine: Engine) {
    let app = configured(engine, CHECKED).await;
    let mut ada = app.signed_in("ada@example.com").await;
    let eve = app.signed_in("eve@example.com").await;
    let not_found = json!({ "detail": "Not found.", "code": "not_found" });
    assert_refused(&eve.delete(&path_of(&claims(&ada).await), None).await, 404, &not_found);
    for id in ["00000000-0000-0000-0000-000000000000", "1", "not-an-id", "%ff", "%00", "a%2Fb"] {
        assert_refused(&eve.delete(&format!("{PATH}{id}/"), None).await, 404, &not_found);
    }
    assert_eq!(ada.get("/jwt-allauth/token/claims/").await.status, 200, "eve did nothing to it");
    assert_eq!(ada.refresh().await.status, 200);
}

async fn with_session_check_an_ended_session_is_refused_everywhere_at_once(engine: Engine) {
    let app = configured(engine, CHECKED).await;
    for end in ["logout/", "logout-all/"] {
        let ada = app.signed_in(&format!("{}@example.com", end.trim_end_matches('/'))).await;
        assert_eq!(ada.get("/jwt-allauth/token/claims/").await.status, 200);
        ada.post(&format!("/jwt-allauth/{end}"), &json!({})).await;
        assert_session_over(&ada.get("/jwt-allauth/token/claims/").await);
    }
}

async fn another_process_notices_within_five_seconds(engine: Engine) {
    let app = configured(engine, CHECKED).await;
    let other = app.second_instance(super::router).await;
    let ada = app.signed_in("ada@example.com").await;
    let mut there = other.client();
    there.access.clone_from(&ada.access);
    assert_eq!(there.get("/jwt-allauth/token/claims/").await.status, 200);
    ada.post("/jwt-allauth/logout/", &json!({})).await;
    app.advance(Duration::from_secs(5));
    assert_session_over(&there.get("/jwt-allauth/token/claims/").await);
}

async fn a_clock_that_is_set_back_brings_no_ended_session_back(engine: Engine) {
    let app = configured(engine, CHECKED).await;
    let other = app.second_instance(super::router).await;
    let ada = app.signed_in("ada@example.com").await;
    let mut there = other.client();
    there.access.clone_from(&ada.access);
    assert_eq!(there.get("/jwt-allauth/token/claims/").await.status, 200);
    ada.post("/jwt-allauth/logout/", &json!({})).await;
    app.clock.set_back(Duration::from_secs(3));
    app.advance(Duration::from_secs(5));
    assert_session_over(&there.get("/jwt-allauth/token/claims/").await);
}

async fn without_session_check_an_access_token_is_good_until_it_expires(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in("ada@example.com").await;
    ada.post("/jwt-allauth/logout/", &json!({})).await;
    assert_eq!(ada.get("/jwt-allauth/token/claims/").await.status, 200, "asks no database");
    assert_session_over(&ada.get("/jwt-allauth/user/").await);
    app.advance(Duration::from_mins(30) + Duration::from_secs(30));
    assert_eq!(ada.get("/jwt-allauth/token/claims/").await.status, 401);
}
