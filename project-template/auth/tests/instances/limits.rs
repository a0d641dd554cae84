//! Limits that several instances share in Redis, and Redis that is not there.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use auth::on;
use auth::testing::{Engine, PASSWORD, TestApp};
use serde_json::json;
use tokio::task::JoinSet;

use super::redis_server::RedisServer;
use super::{LIMIT, RESET, ask, configured, patient, ready_with, router};

const ADA: &str = "ada@example.com";
const WRONG: &str = "a wrong password";
/// Where Ada is, and where somebody else is.
const HOME: &str = "198.51.100.1";
const ELSEWHERE: &str = "203.0.113.7";
/// Asks that often at once, at one instance after the other. Says how often it was possible.
async fn ask_at_once(apps: &[&TestApp], from: &'static str, times: usize) -> usize {
    let mut tasks = JoinSet::new();
    for number in 0..times {
        let app = apps[number % apps.len()].clone();
        tasks.spawn(async move { ask(&app, from).await });
    }
    let statuses = tasks.join_all().await;
    assert!(statuses.iter().all(|status| matches!(status, 200 | 429)), "{statuses:?}");
    statuses.iter().filter(|status| **status == 200).count()
}

async fn counted_in_database(app: &TestApp) -> i64 {
    let query = "select count(*) from request_limits";
    let (count,): (i64,) = on!(app.auth.db(), pool => sqlx::query_as(query).fetch_one(pool).await).unwrap();
    count
}

async fn instances_share_limits_in_redis(engine: Engine) {
    let server = RedisServer::start();
    let app = patient(engine, server.url(), "").await;
    let other = app.second_instance(router).await;
    ready_with(&app, "ok").await;
    assert_eq!(ask_at_once(&[&app, &other], ELSEWHERE, LIMIT + 30).await, LIMIT);
    assert_eq!(ask_at_once(&[&app, &other], HOME, LIMIT).await, LIMIT, "another client");
    assert_eq!(counted_in_database(&app).await, 0);
    let reply = app.client().from_address(ELSEWHERE).post(RESET, &json!({ "email": "a@example.com" })).await;
    assert_eq!((reply.status, reply.header("retry-after")), (429, "180"));
    app.advance(Duration::from_mins(3));
    assert_eq!(ask_at_once(&[&app, &other], ELSEWHERE, 10).await, 1);
}

async fn a_fast_clock_fills_a_limit_in_redis_at_most(engine: Engine) {
    let server = RedisServer::start();
    let app = patient(engine, server.url(), "").await;
    ready_with(&app, "ok").await;
    app.advance(Duration::from_hours(1));
    assert_eq!(ask(&app, ELSEWHERE).await, 200);
    app.clock.set_back(Duration::from_hours(1));
    let reply = app.client().from_address(ELSEWHERE).post(RESET, &json!({ "email": "a@example.com" })).await;
    assert_eq!((reply.status, reply.header("retry-after")), (429, "180"), "as after a burst");
    app.advance(Duration::from_mins(3));
    assert_eq!(ask_at_once(&[&app], ELSEWHERE, 10).await, 1);
    assert_eq!(counted_in_database(&app).await, 0);
}

async fn guess(app: &TestApp) -> u16 {
    app.client().from_address(ELSEWHERE).login(ADA, WRONG).await.status
}

async fn wrong_passwords_are_counted_in_the_database_with_redis_too(engine: Engine) {
    let server = RedisServer::start();
    let app = patient(engine, server.url(), "").await;
    ready_with(&app, "ok").await;
    for _ in 0..5 {
        assert_eq!(guess(&app).await, 401);
    }
    let without = app.second_instance_with(router, |settings| settings.redis.url = None).await;
    assert_eq!(guess(&without).await, 429);
}

async fn when_redis_stops_the_database_goes_on(engine: Engine) {
    let mut server = RedisServer::start();
    let app = patient(engine, server.url(), "").await;
    let other = app.second_instance(router).await;
    ready_with(&app, "ok").await;
    ready_with(&other, "ok").await;
    let load = {
        let app = app.clone();
        tokio::spawn(async move { ask_at_once(&[&app], HOME, 200).await })
    };
    server.stop();
    let possible = load.await.unwrap();
    assert!((LIMIT..=2 * LIMIT).contains(&possible), "what each of the two allows at most: {possible}");

    assert_eq!(ask_at_once(&[&app, &other], ELSEWHERE, LIMIT + 30).await, LIMIT, "as exact as before");
    ready_with(&app, "unavailable").await;
    server.start_again();
    ready_with(&app, "ok").await;
    assert_eq!(ask_at_once(&[&app], ELSEWHERE, LIMIT + 30).await, LIMIT, "it has forgotten what it knew");
}

async fn what_answers_but_is_no_primary_is_never_called_usable(engine: Engine) {
    let primary = RedisServer::start();
    for server in [primary.replica(), primary.sentinel()] {
        let app = patient(engine, server.url(), "").await;
        let app = app.second_instance_with(router, |settings| settings.redis.pause = Duration::ZERO).await;
        listens(&server);
        let mut ada = app.signed_in("ada@example.com").await;
        for number in 0..LIMIT {
            let ready = app.client().get("/health/ready").await;
            assert_eq!((ready.status, ready.text("redis")), (200, "unavailable"), "{number}: {ready:?}");
            assert_eq!(ask(&app, HOME).await, 200, "the database counts");
            // Other instances are told of a session that ended: a replica and Sentinel pass that on.
            assert_eq!(ada.login(ADA, PASSWORD).await.status, 200);
            assert_eq!(ada.post("/jwt-allauth/logout/", &json!({})).await.status, 200);
        }
        assert_eq!(ask(&app, HOME).await, 429);
    }
}

/// Waits until it takes connections.
fn listens(server: &RedisServer) {
    while std::net::TcpStream::connect(server.url().trim_start_matches("redis://")).is_err() {
        std::thread::yield_now();
    }
}

async fn redis_that_does_not_answer_holds_few_up(engine: Engine) {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", silent.local_addr().unwrap());
    let tries = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&tries);
    // Takes connections and says nothing. It ends with the process.
    std::thread::spawn(move || {
        let taken = silent.incoming().inspect(|_| _ = counter.fetch_add(1, Ordering::SeqCst));
        std::mem::drop(taken.collect::<Vec<_>>());
    });
    let started = Instant::now();
    let app = configured(engine, &url, "").await;
    assert_eq!(ask_at_once(&[&app], ELSEWHERE, LIMIT + 30).await, LIMIT);
    for _ in 0..LIMIT {
        assert_eq!(ask(&app, HOME).await, 200);
    }
    assert_eq!(ask(&app, HOME).await, 429);
    ready_with(&app, "unavailable").await;
    // One try (two, if somebody came while the first gave up), and one more for each two seconds since.
    let most = 2 + usize::try_from(started.elapsed().as_secs() / 2).unwrap();
    let tries = tries.load(Ordering::SeqCst);
    assert!((1..=most).contains(&tries), "{tries} tries, of {most} at most");
}

async fn without_redis_nothing_is_said_about_it(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    assert_eq!(app.client().get("/health/ready").await.body, json!({ "status": "ok", "database": "ok" }));
}

auth::on_both_engines!(redis_that_does_not_answer_holds_few_up, without_redis_nothing_is_said_about_it);

with_redis_on_both_engines!(
    instances_share_limits_in_redis,
    a_fast_clock_fills_a_limit_in_redis_at_most,
    wrong_passwords_are_counted_in_the_database_with_redis_too,
    when_redis_stops_the_database_goes_on,
    what_answers_but_is_no_primary_is_never_called_usable,
);
