//! `refresh/` and `logout/`, with rotation and without, and the races of refresh tokens.

use std::time::Duration;

use auth::testing::{Client, Engine, Reply, TestApp};
use serde_json::json;
use tokio::task::JoinSet;

use super::{ADA, CLAIMS, assert_token_not_valid, at, claims, configured, router, start, with_refresh};

/// A slow machine is no reason for a 429.
const STRICT: &str = "[throttle]\nrefresh = \"\"\n[tokens]\nsession_check = \"on\"";
const WINDOW: &str = "[throttle]\nrefresh = \"\"\n[sessions]\nretry_window = \"10s\"";

auth::on_both_engines!(
    a_refresh_gives_new_tokens_of_the_same_session,
    a_replay_ends_the_session_for_both_holders_and_no_other,
    of_fifty_refreshes_at_two_instances_one_wins_and_the_session_is_over,
    with_a_window_fifty_refreshes_get_one_successor,
    without_rotation_a_token_stays_the_same_until_the_session_ends,
    without_revocation_a_replay_is_refused_and_the_session_goes_on,
    a_session_ends_by_itself_and_at_its_lifetime,
    a_session_that_is_signed_out_of_is_over_at_every_instance,
    a_session_is_refreshed_so_often_in_a_minute,
);

async fn a_refresh_gives_new_tokens_of_the_same_session(engine: Engine) {
    let app = start(engine).await;
    let mut ada = app.signed_in(ADA).await;
    let (before, old) = (claims(&ada).await, ada.clone());
    app.advance(Duration::from_hours(1));
    assert_eq!(ada.refresh().await.status, 200);
    assert!(ada.access != old.access && ada.refresh != old.refresh);
    let after = claims(&ada).await;
    for same in ["session", "session_iat", "sub", "email"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    let again = app.second_instance(router).await;
    assert_eq!(at(&again, &ada).refresh().await.status, 200, "at another instance");
}

async fn a_replay_ends_the_session_for_both_holders_and_no_other(engine: Engine) {
    let app = configured(engine, STRICT).await;
    let mut ada = app.signed_in(ADA).await;
    app.advance(Duration::from_mins(1));
    let mut phone = app.signed_in(ADA).await;
    let thief = ada.clone();
    assert_eq!(ada.refresh().await.status, 200);
    assert_token_not_valid(&thief.clone().refresh().await);
    assert_token_not_valid(&ada.refresh().await);
    assert_eq!(ada.get(CLAIMS).await.text("detail"), "Session is no longer active.");
    assert_token_not_valid(&ada.post("/jwt-allauth/token/verify/", &json!({ "token": ada.access })).await);
    assert_eq!(phone.refresh().await.status, 200, "another session of the same address lives on");
}

async fn refresh_at_once(apps: &[&TestApp], client: &Client) -> Vec<(Client, Reply)> {
    let tasks = (0..50).map(|number| {
        let mut copy = at(apps[number % apps.len()], client);
        async move {
            let reply = copy.refresh().await;
            (copy, reply)
        }
    });
    tasks.collect::<JoinSet<_>>().join_all().await
}

async fn of_fifty_refreshes_at_two_instances_one_wins_and_the_session_is_over(engine: Engine) {
    let app = configured(engine, STRICT).await;
    let other = app.second_instance(router).await;
    for round in 0..10 {
        let ada = app.signed_in(&format!("ada{round}@example.com")).await;
        let answers = refresh_at_once(&[&app, &other], &ada).await;
        let (winners, losers): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(_, reply)| reply.status == 200);
        assert_eq!((winners.len(), losers.len()), (1, 49));
        for (_, loser) in &losers {
            assert_token_not_valid(loser);
        }
        for holder in [&ada, &winners[0].0] {
            assert_token_not_valid(&at(&other, holder).refresh().await);
            assert_eq!(at(&app, holder).get(CLAIMS).await.status, 401);
        }
    }
}

async fn with_a_window_fifty_refreshes_get_one_successor(engine: Engine) {
    let app = configured(engine, WINDOW).await;
    let other = app.second_instance(router).await;
    for round in 0..10 {
        let ada = app.signed_in(&format!("ada{round}@example.com")).await;
        let answers = refresh_at_once(&[&app, &other], &ada).await;
        let successor = answers[0].0.refresh.clone();
        for (client, reply) in &answers {
            assert_eq!((reply.status, &client.refresh), (200, &successor), "{reply:?}");
        }
        assert_eq!(with_refresh(&ada, &successor).refresh().await.status, 200, "and it is the live one");
    }
}

async fn without_rotation_a_token_stays_the_same_until_the_session_ends(engine: Engine) {
    let app = configured(engine, "[sessions]\nrotation = false").await;
    let mut ada = app.signed_in(ADA).await;
    let (first, access) = (ada.refresh.clone(), ada.access.clone());
    for _ in 0..13 {
        app.advance(Duration::from_hours(24));
        assert_eq!(ada.refresh().await.status, 200);
        assert_eq!(ada.refresh, first, "the same bytes");
        assert_ne!(ada.access, access);
        assert_eq!(ada.get(CLAIMS).await.status, 200);
    }
    let rotating = app.second_instance_with(router, |settings| settings.sessions.renewal.rotation = true).await;
    app.advance(Duration::from_hours(23));
    let mut there = at(&rotating, &ada);
    assert_eq!(there.refresh().await.status, 200);
    assert_token_not_valid(&ada.refresh().await);
    let mut bob = app.signed_in("bob@example.com").await;
    app.advance(Duration::from_hours(14 * 24));
    assert_token_not_valid(&bob.refresh().await);
}

async fn without_revocation_a_replay_is_refused_and_the_session_goes_on(engine: Engine) {
    let app = configured(engine, "[sessions]\nrevocation = false").await;
    let mut ada = app.signed_in(ADA).await;
    let thief = ada.clone();
    assert_eq!(ada.refresh().await.status, 200);
    assert_token_not_valid(&thief.clone().refresh().await);
    assert_eq!(ada.refresh().await.status, 200);
}

async fn a_session_ends_by_itself_and_at_its_lifetime(engine: Engine) {
    let app = configured(engine, "[sessions]\nlifetime = \"30d\"").await;
    let (mut ada, mut bob) = (app.signed_in(ADA).await, app.signed_in("bob@example.com").await);
    for _ in 0..2 {
        app.advance(Duration::from_hours(13 * 24));
        assert_eq!(ada.refresh().await.status, 200);
    }
    assert_token_not_valid(&bob.refresh().await);
    for hours in [4 * 24, 1] {
        app.advance(Duration::from_hours(hours));
        assert_eq!(ada.refresh().await.text("code"), "session_expired");
    }
}

async fn a_session_that_is_signed_out_of_is_over_at_every_instance(engine: Engine) {
    let app = configured(engine, STRICT).await;
    let other = app.second_instance(router).await;
    let mut ada = app.signed_in(ADA).await;
    let reply = at(&other, &ada).post("/jwt-allauth/logout/", &json!({})).await;
    assert_eq!((reply.status, reply.text("detail")), (200, "Successfully logged out."));
    assert!(reply.header("set-cookie").ends_with("Max-Age=0"), "{reply:?}");
    assert_token_not_valid(&ada.refresh().await);
    assert_eq!(ada.get(CLAIMS).await.status, 401);
    for token in [&ada.access, &ada.refresh] {
        assert_token_not_valid(&ada.post("/jwt-allauth/token/verify/", &json!({ "token": token })).await);
    }
}

async fn a_session_is_refreshed_so_often_in_a_minute(engine: Engine) {
    let app = configured(engine, "[throttle]\nrefresh = \"3/m\"").await;
    let mut ada = app.signed_in(ADA).await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(ada.refresh().await.status);
    }
    assert_eq!(statuses, [200, 200, 200, 429]);
    app.advance(Duration::from_secs(20));
    assert_eq!(ada.refresh().await.status, 200);
}
