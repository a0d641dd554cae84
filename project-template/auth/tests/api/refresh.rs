//! `refresh/`, strict: what rotation does, points 1, 2, 4 and 5.

use std::time::Duration;

use auth::account;
use auth::testing::{Engine, PASSWORD};
use serde_json::json;

use super::{assert_refused, assert_session_over, assert_token_not_valid, claims, configured, start, user_id};
use super::{with_refresh, without_refresh};

const PATH: &str = "/jwt-allauth/refresh/";
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

auth::on_both_engines!(
    a_refresh_gives_new_tokens_of_the_same_session,
    a_replay_ends_the_session_for_both_holders_and_no_other,
    what_is_no_live_refresh_token_is_refused,
    a_session_lives_as_long_as_it_is_refreshed,
    an_absolute_lifetime_ends_a_session_however_often_it_is_refreshed,
    a_lifetime_that_is_introduced_later_ends_old_sessions,
    a_deactivated_account_cannot_refresh,
    deactivation_behind_our_back_ends_the_sessions_at_the_next_refresh,
    a_deleted_account_cannot_refresh,
    role_and_names_are_read_anew_at_each_refresh,
    a_refresh_keeps_working_over_a_restart,
);

async fn a_refresh_gives_new_tokens_of_the_same_session(engine: Engine) {
    let app = start(engine).await;
    let mut ada = app.signed_in("ada@example.com").await;
    let (before, old) = (claims(&ada).await, ada.clone());
    app.advance(HOUR);
    let reply = ada.refresh().await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert!(ada.access != old.access && ada.refresh != old.refresh);
    let after = claims(&ada).await;
    for same in ["session", "session_iat", "sub", "iss", "aud"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    assert_ne!(before["jti"], after["jti"]);
    assert_eq!(after["iat"].as_i64().unwrap() - before["iat"].as_i64().unwrap(), 3_600);
}

async fn a_replay_ends_the_session_for_both_holders_and_no_other(engine: Engine) {
    let app = start(engine).await;
    let mut ada = app.signed_in("ada@example.com").await;
    let mut phone = app.client();
    phone.login("ada@example.com", PASSWORD).await;
    let thief = ada.clone();
    assert_eq!(ada.refresh().await.status, 200);

    assert_token_not_valid(&thief.clone().refresh().await);
    assert_token_not_valid(&ada.refresh().await);
    assert_session_over(&ada.get("/jwt-allauth/user/").await);
    assert_token_not_valid(&ada.post("/jwt-allauth/token/verify/", &json!({ "token": ada.access })).await);
    assert_eq!(phone.refresh().await.status, 200, "another session of the user lives on");
}

async fn what_is_no_live_refresh_token_is_refused(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in("ada@example.com").await;
    let nobody = app.client();
    assert_refused(&nobody.post(PATH, &json!({})).await, 400, &json!({ "refresh": ["This field is required."] }));
    let (rest, last) = ada.refresh.split_at(ada.refresh.len() - 1);
    let changed = format!("{rest}{}", if last == "A" { "E" } else { "A" });
    for token in ["garbage", "a.b.c", &ada.access, &changed, &"x".repeat(5_000)] {
        let reply = nobody.post(PATH, &json!({ "refresh": token })).await;
        assert_token_not_valid(&reply);
        assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"");
        assert_eq!(reply.header("set-cookie"), "");
    }
    assert_eq!(ada.clone().refresh().await.status, 200, "none of it did any harm");
}

async fn a_session_lives_as_long_as_it_is_refreshed(engine: Engine) {
    let app = start(engine).await;
    let mut ada = app.signed_in("ada@example.com").await;
    for _ in 0..10 {
        app.advance(13 * DAY);
        assert_eq!(ada.refresh().await.status, 200);
    }
    app.advance(14 * DAY);
    assert_token_not_valid(&ada.refresh().await);
}

async fn an_absolute_lifetime_ends_a_session_however_often_it_is_refreshed(engine: Engine) {
    let app = configured(engine, "[sessions]\nlifetime = \"30d\"").await;
    let mut ada = app.signed_in("ada@example.com").await;
    let end = claims(&ada).await["session_iat"].as_i64().unwrap() + 30 * 86_400;
    for days in [10, 10] {
        app.advance(days * DAY);
        assert_eq!(ada.refresh().await.status, 200);
    }
    let reply = ada.refresh().await;
    assert!(reply.header("set-cookie").ends_with("Max-Age=864000"), "ten days are left: {reply:?}");
    app.advance(9 * DAY + 23 * HOUR + 50 * MINUTE);
    assert_eq!(ada.refresh().await.status, 200);
    assert_eq!(claims(&ada).await["exp"], json!(end), "no access token outlives the session");
    app.advance(10 * MINUTE);
    let expected = json!({ "detail": "Session has expired. Please log in again.", "code": "session_expired" });
    assert_refused(&ada.refresh().await, 401, &expected);
    assert_refused(&ada.refresh().await, 401, &expected);
    assert_eq!(app.flush().await["sessions"], 1);
    assert_refused(&ada.refresh().await, 401, &expected);
    assert_session_over(&ada.get("/jwt-allauth/user/").await);
    assert_eq!(ada.login("ada@example.com", PASSWORD).await.status, 200);
}

async fn a_lifetime_that_is_introduced_later_ends_old_sessions(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in("ada@example.com").await;
    app.advance(2 * DAY);
    let stricter = app.second_instance_with(super::router, |settings| settings.sessions.lifetime = Some(DAY)).await;
    let reply = stricter.client().post(PATH, &json!({ "refresh": ada.refresh })).await;
    assert_eq!((reply.status, reply.text("code")), (401, "session_expired"));
    assert_token_not_valid(&ada.clone().refresh().await);
}

async fn a_deactivated_account_cannot_refresh(engine: Engine) {
    let app = start(engine).await;
    let mut ada = app.signed_in("ada@example.com").await;
    account::set_active(&app.auth, user_id(&ada).await, false).await.unwrap();
    assert_token_not_valid(&ada.refresh().await);
    assert_session_over(&ada.get("/jwt-allauth/user/").await);
}

async fn deactivation_behind_our_back_ends_the_sessions_at_the_next_refresh(engine: Engine) {
    let app = start(engine).await;
    let mut ada = app.signed_in("ada@example.com").await;
    let mut phone = app.client();
    phone.login("ada@example.com", PASSWORD).await;
    let set = async |active: bool| {
        auth::on!(app.auth.db(), pool => sqlx::query("update users set is_active = $1").bind(active).execute(pool).await
            .map(drop))
        .unwrap();
    };
    set(false).await;
    assert_token_not_valid(&ada.refresh().await);
    set(true).await;
    assert_token_not_valid(&ada.refresh().await);
    assert_token_not_valid(&phone.refresh().await);
}

async fn a_deleted_account_cannot_refresh(engine: Engine) {
    let app = start(engine).await;
    let mut ada = app.signed_in("ada@example.com").await;
    assert_eq!(ada.delete("/jwt-allauth/user/", Some(&json!({ "password": PASSWORD }))).await.status, 204);
    assert_token_not_valid(&ada.refresh().await);
}

async fn role_and_names_are_read_anew_at_each_refresh(engine: Engine) {
    let app = start(engine).await;
    let mut ada = app.signed_in("ada@example.com").await;
    auth::on!(app.auth.db(), pool => sqlx::query("update users set role = 900, email_verified = true").execute(pool).await
        .map(drop))
    .unwrap();
    assert_eq!(claims(&ada).await["role"], json!(0));
    ada.refresh().await;
    let claims = claims(&ada).await;
    assert_eq!((&claims["role"], &claims["email_verified"]), (&json!(900), &json!(true)));
    assert_eq!(ada.refresh().await.status, 200, "the refresh token carries them too and is still one of ours");
}

async fn a_refresh_keeps_working_over_a_restart(engine: Engine) {
    let app = start(engine).await;
    let mut ada = app.signed_in("ada@example.com").await;
    let again = app.second_instance(super::router).await;
    let reply = again.client().post(PATH, &json!({ "refresh": ada.refresh })).await;
    assert_eq!(reply.status, 200);
    assert_eq!(without_refresh(&ada).get("/jwt-allauth/user/").await.status, 200);
    let successor = ada.keep(reply);
    assert_eq!(successor.status, 200);
    assert_eq!(with_refresh(&ada, &ada.refresh).refresh().await.status, 200);
}
