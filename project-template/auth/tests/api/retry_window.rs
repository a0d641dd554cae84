//! `sessions.retry_window`: what rotation does, point 3.

use std::time::Duration;

use auth::testing::Engine;

use super::{assert_token_not_valid, claims, configured, with_refresh};

const WINDOW: &str = "[sessions]\nretry_window = \"10s\"";
const SECOND: Duration = Duration::from_secs(1);

auth::on_both_engines!(
    a_replaced_token_yields_the_same_successor_to_every_caller,
    a_token_is_judged_by_when_it_was_itself_replaced,
    the_successors_access_token_does_not_end_the_window,
    an_ended_session_has_no_window,
    the_window_is_known_to_every_instance,
);

async fn a_replaced_token_yields_the_same_successor_to_every_caller(engine: Engine) {
    let app = configured(engine, WINDOW).await;
    let mut ada = app.signed_in("ada@example.com").await;
    let old = ada.refresh.clone();
    ada.refresh().await;
    for _ in 0..10 {
        app.advance(SECOND);
        let mut tab = with_refresh(&ada, &old);
        assert_eq!(tab.refresh().await.status, 200);
        assert_eq!(tab.refresh, ada.refresh, "the same bytes");
        assert_eq!(claims(&tab).await["session"], claims(&ada).await["session"]);
    }
    app.advance(SECOND);
    assert_token_not_valid(&with_refresh(&ada, &old).refresh().await);
    assert_token_not_valid(&ada.refresh().await);
}

async fn a_token_is_judged_by_when_it_was_itself_replaced(engine: Engine) {
    let app = configured(engine, WINDOW).await;
    let mut ada = app.signed_in("ada@example.com").await;
    let first = ada.refresh.clone();
    ada.refresh().await;
    let second = ada.refresh.clone();
    app.advance(6 * SECOND);
    ada.refresh().await;
    for old in [&first, &second] {
        let mut tab = with_refresh(&ada, old);
        tab.refresh().await;
        assert_eq!(tab.refresh, ada.refresh, "the current one, however old the token");
    }
    app.advance(5 * SECOND);
    assert_eq!(with_refresh(&ada, &second).refresh().await.status, 200, "replaced 5 s ago");
    assert_token_not_valid(&with_refresh(&ada, &first).refresh().await);
    assert_token_not_valid(&ada.refresh().await);
}

async fn the_successors_access_token_does_not_end_the_window(engine: Engine) {
    let app = configured(engine, WINDOW).await;
    let mut ada = app.signed_in("ada@example.com").await;
    let mut tab = ada.clone();
    ada.refresh().await;
    assert_eq!(ada.get("/jwt-allauth/token/claims/").await.status, 200);
    assert_eq!(tab.refresh().await.status, 200);
}

async fn an_ended_session_has_no_window(engine: Engine) {
    let app = configured(engine, WINDOW).await;
    let mut ada = app.signed_in("ada@example.com").await;
    let mut tab = ada.clone();
    ada.refresh().await;
    assert_eq!(tab.post("/jwt-allauth/logout/", &serde_json::json!({})).await.status, 200, "with the replaced token");
    assert_token_not_valid(&tab.refresh().await);
    assert_token_not_valid(&ada.refresh().await);
}

async fn the_window_is_known_to_every_instance(engine: Engine) {
    let app = configured(engine, WINDOW).await;
    let other = app.second_instance(super::router).await;
    let mut ada = app.signed_in("ada@example.com").await;
    let mut tab = other.client();
    tab.refresh.clone_from(&ada.refresh);
    ada.refresh().await;
    assert_eq!(tab.refresh().await.status, 200);
    assert_eq!(tab.refresh, ada.refresh);
}
