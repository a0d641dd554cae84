//! Every token of a kind, taken back from a user at once.

use std::sync::Arc;
use std::time::Duration;

use auth::sessions::{TokenKinds, invalidate};
use auth::testing::{Client, Engine, PASSWORD, TestApp};
use serde_json::json;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::races::{ROUNDS, STRICT, WINDOW};
use super::{
    assert_session_over, assert_token_not_valid, at, at_two_instances, configured, start, user_id, with_refresh,
};

auth::on_both_engines!(
    without_access_tokens_every_client_has_to_refresh_and_goes_on,
    without_session_check_only_the_database_knows_of_access_tokens_taken_back,
    another_process_notices_access_tokens_taken_back_within_five_seconds,
    without_refresh_tokens_access_tokens_run_out_and_everybody_signs_in_again,
    without_both_every_session_is_over,
    nobody_elses_tokens_are_touched,
    no_refresh_outlives_refresh_tokens_taken_back,
    no_access_token_outlives_access_tokens_taken_back,
    a_refresh_at_the_moment_access_tokens_are_taken_back_leaves_a_session_that_goes_on,
);

const CLAIMS: &str = "/jwt-allauth/token/claims/";
const USER: &str = "/jwt-allauth/user/";
const VERIFY: &str = "/jwt-allauth/token/verify/";

/// Two devices of one user.
async fn devices(app: &TestApp) -> (Uuid, [Client; 2]) {
    let laptop = app.signed_in("ada@example.com").await;
    let mut phone = app.client();
    assert_eq!(phone.login("ada@example.com", PASSWORD).await.status, 200);
    (user_id(&laptop).await, [laptop, phone])
}

async fn status(client: &Client, path: &str) -> u16 {
    client.get(path).await.status
}

async fn without_access_tokens_every_client_has_to_refresh_and_goes_on(engine: Engine) {
    let app = configured(engine, STRICT).await;
    let (ada, mut clients) = devices(&app).await;
    for _ in 0..3 {
        assert!(invalidate(&app.auth, ada, TokenKinds::Access).await.unwrap());
        for client in &mut clients {
            assert_session_over(&client.get(CLAIMS).await);
            assert_session_over(&client.get(USER).await);
            assert_token_not_valid(&client.post(VERIFY, &json!({ "token": client.access })).await);
            assert_eq!(client.refresh().await.status, 200);
            assert_eq!([status(client, CLAIMS).await, status(client, USER).await], [200, 200]);
            assert_eq!(client.post(VERIFY, &json!({ "token": client.access })).await.status, 200);
        }
    }
    let mut new = app.client();
    new.login("ada@example.com", PASSWORD).await;
    assert_eq!([status(&new, CLAIMS).await, status(&new, USER).await], [200, 200]);
}

async fn without_session_check_only_the_database_knows_of_access_tokens_taken_back(engine: Engine) {
    let app = start(engine).await;
    let (ada, [laptop, _]) = devices(&app).await;
    invalidate(&app.auth, ada, TokenKinds::Access).await.unwrap();
    assert_eq!([status(&laptop, CLAIMS).await, status(&laptop, USER).await], [200, 401]);
}

async fn another_process_notices_access_tokens_taken_back_within_five_seconds(engine: Engine) {
    let app = configured(engine, STRICT).await;
    let other = app.second_instance(super::router).await;
    let (ada, [laptop, _]) = devices(&app).await;
    let mut there = at(&other, &laptop);
    assert_eq!(status(&there, CLAIMS).await, 200);
    invalidate(&app.auth, ada, TokenKinds::Access).await.unwrap();
    app.advance(Duration::from_secs(5));
    assert_session_over(&there.get(CLAIMS).await);
    assert_session_over(&there.get(CLAIMS).await);
    assert_eq!(there.refresh().await.status, 200);
    assert_eq!(status(&there, CLAIMS).await, 200);
}

async fn without_refresh_tokens_access_tokens_run_out_and_everybody_signs_in_again(engine: Engine) {
    let app = configured(engine, WINDOW).await;
    let (ada, mut clients) = devices(&app).await;
    let superseded = clients[0].refresh.clone();
    clients[0].refresh().await;
    assert!(invalidate(&app.auth, ada, TokenKinds::Refresh).await.unwrap());
    assert_token_not_valid(&with_refresh(&clients[0], &superseded).refresh().await);
    for client in &clients {
        assert_token_not_valid(&client.clone().refresh().await);
        assert_token_not_valid(&client.post(VERIFY, &json!({ "token": client.refresh })).await);
        assert_eq!([status(client, CLAIMS).await, status(client, USER).await], [200, 200]);
    }
    app.advance(Duration::from_mins(30) + Duration::from_secs(29));
    assert_eq!(status(&clients[0], USER).await, 200, "as long as the access token lives");
    app.advance(Duration::from_secs(1));
    for client in &mut clients {
        assert_eq!([status(client, CLAIMS).await, status(client, USER).await], [401, 401]);
        assert_token_not_valid(&client.refresh().await);
        assert_eq!(client.login("ada@example.com", PASSWORD).await.status, 200);
        assert_eq!(client.refresh().await.status, 200);
    }
    assert_eq!(clients[0].get("/jwt-allauth/sessions/").await.body.as_array().unwrap().len(), 2);
}

async fn without_both_every_session_is_over(engine: Engine) {
    let app = configured(engine, STRICT).await;
    let (ada, clients) = devices(&app).await;
    assert!(invalidate(&app.auth, ada, TokenKinds::All).await.unwrap());
    for client in clients {
        assert_session_over(&client.get(CLAIMS).await);
        assert_session_over(&client.get(USER).await);
        assert_token_not_valid(&client.clone().refresh().await);
    }
}

async fn nobody_elses_tokens_are_touched(engine: Engine) {
    let app = configured(engine, STRICT).await;
    let (ada, _) = devices(&app).await;
    let mut bob = app.signed_in("bob@example.com").await;
    for kinds in [TokenKinds::Access, TokenKinds::Refresh, TokenKinds::All] {
        assert!(invalidate(&app.auth, ada, kinds).await.unwrap());
        assert!(!invalidate(&app.auth, Uuid::now_v7(), kinds).await.unwrap());
    }
    assert_eq!(status(&bob, CLAIMS).await, 200);
    assert_eq!(bob.refresh().await.status, 200);
}

async fn no_refresh_outlives_refresh_tokens_taken_back(engine: Engine) {
    let app = at_two_instances(engine, WINDOW).await;
    for round in 0..ROUNDS {
        let ada = app.signed_in(&format!("ada{round}@example.com")).await;
        let id = user_id(&ada).await;
        let end = invalidate(&app.auth, id, TokenKinds::Refresh);
        let (found, given_out) = super::races_with_an_end::refresh_while(&ada, end).await;
        assert!(found.unwrap());
        for mut holder in given_out.into_iter().chain([ada]) {
            assert_eq!(status(&holder, CLAIMS).await, 200);
            assert_token_not_valid(&holder.refresh().await);
        }
    }
}

/// Requests that are under way look the session up and remember that it lives, before or after it is committed that its
/// access tokens do not.
async fn no_access_token_outlives_access_tokens_taken_back(engine: Engine) {
    let app = configured(engine, STRICT).await;
    let mut ada = app.signed_in("ada@example.com").await;
    let id = user_id(&ada).await;
    for _ in 0..ROUNDS {
        // What was remembered is not trusted any more.
        app.advance(Duration::from_secs(5));
        let start = Arc::new(Barrier::new(9));
        let mut tasks = JoinSet::new();
        for _ in 0..8 {
            let (client, start) = (ada.clone(), Arc::clone(&start));
            tasks.spawn(async move {
                start.wait().await;
                client.get(CLAIMS).await
            });
        }
        start.wait().await;
        invalidate(&app.auth, id, TokenKinds::Access).await.unwrap();
        assert_session_over(&ada.get(CLAIMS).await);
        tasks.join_all().await;
        assert_session_over(&ada.get(CLAIMS).await);
        assert_eq!(ada.refresh().await.status, 200);
    }
}

async fn a_refresh_at_the_moment_access_tokens_are_taken_back_leaves_a_session_that_goes_on(engine: Engine) {
    let app = configured(engine, STRICT).await;
    let mut ada = app.signed_in("ada@example.com").await;
    let id = user_id(&ada).await;
    for _ in 0..ROUNDS {
        let earlier = ada.clone();
        let (taken, refreshed) = tokio::join!(invalidate(&app.auth, id, TokenKinds::Access), ada.refresh());
        assert!(taken.unwrap());
        assert_eq!(refreshed.status, 200);
        assert_session_over(&earlier.get(CLAIMS).await);
        // Made before, it is dead; then the next refresh gives one that is not.
        assert_eq!(ada.refresh().await.status, 200);
        assert_eq!(status(&ada, CLAIMS).await, 200);
    }
}
