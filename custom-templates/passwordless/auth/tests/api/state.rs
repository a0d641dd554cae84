//! The state: what Redis keeps and for how long, what happens while it is away, and how much fits into memory.

use std::time::Duration;

use auth::testing::{Engine, TestApp};
use serde_json::json;

use super::{ADA, CLAIMS, at, code, configured, router, start, wrong};

/// What Redis answers to a command.
async fn ask<T: redis::FromRedisValue>(app: &TestApp, command: &[&str]) -> T {
    let client = redis::Client::open(app.redis().url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut asked = redis::cmd(command[0]);
    command[1..].iter().for_each(|word| _ = asked.arg(word));
    asked.query_async(&mut connection).await.unwrap()
}

async fn ready(app: &TestApp) -> (u16, serde_json::Value) {
    let reply = app.client().get("/health/ready").await;
    (reply.status, reply.body)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server: cargo test -- --include-ignored"]
async fn while_redis_is_away_nobody_is_let_in_and_no_budget_comes_back() {
    let app = start(Engine::Redis).await;
    let app = app.second_instance_with(router, |settings| settings.redis.pause = Duration::ZERO).await;
    let mut ada = app.signed_in(ADA).await;
    let code = code(&app, "bob@example.com").await;
    assert_eq!(ready(&app).await, (200, json!({ "status": "ok", "redis": "ok" })));

    app.redis().stop();
    let client = || app.client().from_address("198.51.100.7");
    assert_eq!(client().ask_for_code("eve@example.com").await.status, 503);
    for guess in [&code, &wrong(&code)] {
        let reply = client().show_code("bob@example.com", guess).await;
        assert_eq!((reply.status, reply.text("code"), reply.header("retry-after")), (503, "busy", "1"));
        assert_eq!(app.client().show_code("bob@example.com", guess).await.status, 503, "without an address to count");
    }
    assert_eq!(ada.refresh().await.status, 503);
    assert_eq!(ada.post("/jwt-allauth/logout/", &json!({})).await.status, 503);
    assert_eq!(app.client().post("/jwt-allauth/token/verify/", &json!({ "token": ada.access })).await.status, 503);
    assert_eq!(ready(&app).await, (503, json!({ "status": "unavailable", "redis": "unavailable" })));
    assert_eq!(app.client().get("/health/live").await.status, 200);
    assert_eq!(ada.get(CLAIMS).await.status, 200, "an access token needs nobody");

    app.redis().start_again();
    assert_eq!(ready(&app).await.0, 200);
    assert_eq!(ada.refresh().await.status, 401, "what Redis forgot is over");
    app.signed_in("eve@example.com").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server: cargo test -- --include-ignored"]
async fn while_redis_is_away_sessions_that_are_checked_do_not_pass() {
    let app = configured(Engine::Redis, "[tokens]\nsession_check = \"on\"").await;
    let ada = app.signed_in(ADA).await;
    assert_eq!(ada.get(CLAIMS).await.status, 200);
    app.redis().stop();
    // What was seen of a session before is believed for five seconds, unless the loss of the connection came first.
    app.advance(Duration::from_secs(5));
    assert_eq!(ada.get(CLAIMS).await.status, 503);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server: cargo test -- --include-ignored"]
async fn every_row_in_redis_has_an_end_and_holds_nothing_that_opens_a_door() {
    let app = start(Engine::Redis).await;
    let open = code(&app, "bob@example.com").await;
    let mut ada = app.signed_in(ADA).await;
    ada.address = Some("198.51.100.7".parse().unwrap());
    assert_eq!(ada.refresh().await.status, 200);
    ada.show_code("bob@example.com", &wrong(&open)).await;
    ada.ask_for_code("eve@example.com").await;
    let keys: Vec<String> = ask::<Vec<Vec<u8>>>(&app, &["KEYS", "*"]).await.iter().map(|key| escaped(key)).collect();
    for kind in ["code", "failures", "limit", "session"] {
        assert!(keys.iter().any(|key| key.starts_with(&format!("jwt-allauth:{kind}:"))), "{kind}: {keys:?}");
    }
    let dump = "local all = {} for _, key in ipairs(redis.call('keys', '*')) do
        all[#all + 1] = redis.call('pttl', key) .. ' ' .. redis.call('get', key) end return all";
    for row in ask::<Vec<String>>(&app, &["EVAL", dump, "0"]).await {
        let (left, text) = row.split_once(' ').unwrap();
        assert!(left.parse::<i64>().unwrap() > 0, "{row}");
        for secret in [&open, &ada.access, &ada.refresh] {
            assert!(!text.contains(secret.as_str()), "{row}");
        }
        assert!(!text.contains("198.51.100.7"), "{row}");
    }
}

fn escaped(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server: cargo test -- --include-ignored"]
async fn instances_of_one_issuer_share_everything() {
    let app = start(Engine::Redis).await;
    let other = app.second_instance(router).await;
    let code = code(&app, ADA).await;
    assert_eq!(other.client().ask_for_code(ADA).await.status, 429);
    let mut ada = other.client();
    assert_eq!(ada.show_code(ADA, &code).await.status, 200);
    let mut here = at(&app, &ada);
    assert_eq!(here.refresh().await.status, 200);
    assert_eq!(ada.refresh().await.status, 401, "a replay wherever it is shown");
    assert_eq!(here.refresh().await.status, 401);
}

#[tokio::test]
async fn memory_that_is_full_gives_up_what_was_only_asked_for_and_no_guess_and_no_session() {
    let app = configured(Engine::Memory, "[memory]\nrows = 100\n[throttle]\nlogin_code = \"\"").await;
    let mut bob = app.signed_in("bob@example.com").await;
    let code = code(&app, ADA).await;
    for _ in 0..5 {
        app.client().show_code(ADA, &wrong(&code)).await;
    }
    for number in 0..500 {
        let reply = app.client().ask_for_code(&format!("user{number}@example.com")).await;
        assert_eq!(reply.status, 204, "{number}: {reply:?}");
    }
    assert_eq!(app.client().show_code(ADA, &code).await.status, 429, "the guesses are still counted");
    assert_eq!(bob.refresh().await.status, 200);
    app.signed_in("eve@example.com").await;
    assert_eq!(ready(&app).await, (200, json!({ "status": "ok" })));
}

#[tokio::test]
async fn memory_that_is_full_of_sessions_lets_nobody_else_in_and_nobody_go() {
    let app = configured(Engine::Memory, "[memory]\nrows = 100").await;
    let mut first = app.signed_in(ADA).await;
    let mut signed_in = 1;
    for number in 0..120 {
        let email = format!("user{number}@example.com");
        if app.client().ask_for_code(&email).await.status == 204 {
            let code = app.mailbox().latest(&email).code();
            signed_in += usize::from(app.client().show_code(&email, &code).await.status == 200);
        }
    }
    assert!((90..=100).contains(&signed_in), "{signed_in}");
    assert_eq!(first.refresh().await.status, 200);
    app.advance(Duration::from_hours(24 * 15));
    app.signed_in("bob@example.com").await;
}

#[tokio::test]
async fn who_was_only_asked_a_code_for_is_forgotten_once_the_limits_allow() {
    let app = configured(Engine::Memory, "[users]\nallowed = [\"ada@example.com\"]").await;
    for number in 0..20 {
        assert_eq!(app.client().ask_for_code(&format!("user{number}@example.com")).await.status, 204);
    }
    app.advance(Duration::from_mins(20));
    assert_eq!(app.tidy_memory(), 40, "what was asked for, and its limits");
}

#[tokio::test]
async fn a_restart_forgets_what_is_in_memory() {
    let app = start(Engine::Memory).await;
    let ada = app.signed_in(ADA).await;
    let restarted = start(Engine::Memory).await;
    assert_eq!(at(&restarted, &ada).refresh().await.status, 401);
}
