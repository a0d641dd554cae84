//! `cron/flush-tokens/`.

use std::time::Duration;

use auth::on;
use auth::testing::{Client, Engine, PASSWORD, Reply, TestApp};
use axum::http::Method;
use serde_json::json;
use uuid::Uuid;

use super::{router, start};

const PATH: &str = "/jwt-allauth/cron/flush-tokens/";
const SECRET: &str = "b1gPz7uQ0vXn5tJr8yWcKd2sLf4hAe6m";
/// More rows than one statement removes.
const MANY: usize = 600;

auth::on_both_engines!(
    whoever_shows_the_secret_has_what_expired_removed,
    without_the_secret_nothing_is_removed,
    without_a_secret_there_is_no_such_address,
    many_calls_at_several_instances_remove_each_row_once_and_hinder_nobody,
    a_client_that_calls_without_an_end_is_put_off_with_the_secret_or_without,
);

async fn start_with_a_secret(engine: Engine) -> TestApp {
    TestApp::start_with(engine, router, |settings| settings.cron.secret = Some(SECRET.into())).await
}

fn scheduler(app: &TestApp) -> Client {
    app.client().with_header("x-cron-secret", SECRET)
}

async fn call(client: &Client) -> Reply {
    client.send(Method::POST, PATH, None).await
}

async fn whoever_shows_the_secret_has_what_expired_removed(engine: Engine) {
    let app = start_with_a_secret(engine).await;
    app.signed_in("ada@example.com").await;
    let nothing = json!({ "status": "success", "sessions": 0, "codes": 0, "events": 0, "counters": 0, "more": false });
    let reply = call(&scheduler(&app)).await;
    assert_eq!((reply.status, &reply.body), (200, &nothing));
    app.advance(Duration::from_hours(24 * 15));
    let reply = call(&scheduler(&app)).await;
    assert_eq!(
        (reply.status, &reply.body),
        (200, &json!({ "status": "success", "sessions": 1, "codes": 0, "events": 0, "counters": 0, "more": false }))
    );
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(call(&scheduler(&app)).await.body, nothing);
}

async fn without_the_secret_nothing_is_removed(engine: Engine) {
    let app = start_with_a_secret(engine).await;
    app.signed_in("ada@example.com").await;
    app.advance(Duration::from_hours(24 * 15));
    let wrong = format!("{SECRET} ");
    let others = [app.client(), app.client().with_header("x-cron-secret", ""), app.signed_in("eve@example.com").await];
    let shown = [&SECRET[1..], &SECRET.to_lowercase(), &wrong.repeat(100)]
        .map(|shown| app.client().with_header("x-cron-secret", shown));
    for client in others.into_iter().chain(shown) {
        let reply = call(&client).await;
        assert_eq!((reply.status, reply.text("code")), (401, "cron_secret_not_valid"), "{reply:?}");
        assert!(!reply.header("www-authenticate").is_empty());
    }
    for method in ["GET", "PUT", "DELETE", "HEAD"] {
        let reply = scheduler(&app).send(method.parse().unwrap(), PATH, None).await;
        assert_eq!((reply.status, reply.header("allow")), (405, "POST"), "{method}: {reply:?}");
    }
    assert_eq!(call(&scheduler(&app)).await.body["sessions"], 1);
}

async fn without_a_secret_there_is_no_such_address(engine: Engine) {
    let app = start(engine).await;
    for client in [app.client(), scheduler(&app), app.client().with_header("x-cron-secret", "")] {
        let reply = call(&client).await;
        assert_eq!((reply.status, reply.text("code")), (404, "not_found"), "{reply:?}");
        assert_eq!(client.get(PATH).await.status, 404);
    }
}

async fn many_calls_at_several_instances_remove_each_row_once_and_hinder_nobody(engine: Engine) {
    let app = start_with_a_secret(engine).await;
    app.signed_in("ada@example.com").await;
    let second = app.second_instance_with(router, |settings| settings.cron.secret = Some(SECRET.into())).await;
    for _ in 0..MANY {
        on!(app.auth.db(), pool => sqlx::query(
            "insert into sessions (id, user_id, claims, created_at, refreshed_at, expires_at)
             select $1, user_id, claims, created_at, refreshed_at, $2 from sessions where expires_at > $2",
        )
        .bind(Uuid::now_v7())
        .bind(app.auth.now())
        .execute(pool)
        .await
        .unwrap()
        .rows_affected());
    }
    let calls = (0..20).map(|turn| {
        let client = scheduler(if turn % 2 == 0 { &app } else { &second });
        tokio::spawn(async move { call(&client).await })
    });
    let calls: Vec<_> = calls.collect();
    let mut ada = app.client();
    assert_eq!(ada.login("ada@example.com", PASSWORD).await.status, 200);
    let mut removed = 0;
    for call in calls {
        let reply = call.await.unwrap();
        assert_eq!((reply.status, reply.text("status")), (200, "success"), "{reply:?}");
        removed += reply.body["sessions"].as_u64().unwrap();
    }
    removed += call(&scheduler(&app)).await.body["sessions"].as_u64().unwrap();
    assert_eq!(removed, MANY as u64);
}

async fn a_client_that_calls_without_an_end_is_put_off_with_the_secret_or_without(engine: Engine) {
    let app = start_with_a_secret(engine).await;
    let stranger = app.client().with_header("x-cron-secret", "a guess").from_address("203.0.113.7");
    for (caller, expected) in [(stranger, 401), (scheduler(&app).from_address("198.51.100.1"), 200)] {
        for _ in 0..10 {
            assert_eq!(call(&caller).await.status, expected);
        }
        let reply = call(&caller).await;
        assert_eq!(
            (reply.status, reply.text("code"), reply.header("retry-after")),
            (429, "throttled", "6"),
            "{reply:?}"
        );
        app.advance(Duration::from_secs(6));
        assert_eq!(call(&caller).await.status, expected);
    }
    let unlimited = app
        .second_instance_with(router, |settings| {
            settings.cron.secret = Some(SECRET.into());
            settings.throttle.enabled = false;
        })
        .await;
    let caller = scheduler(&unlimited).from_address("198.51.100.1");
    for _ in 0..20 {
        assert_eq!(call(&caller).await.status, 200);
    }
}
