//! Connections that went silent: a firewall or an address translation has forgotten them.

use std::time::{Duration, Instant};

use auth::testing::{Engine, TestApp};
use sqlx::{Connection, Executor};
use tokio::task::JoinSet;

use super::relay::Relay;
use super::{Database, router, start, until};

/// As in `db/idle.rs`.
const TRUSTED: Duration = Duration::from_millis(100);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: TEST_DATABASE_URL=postgres://… cargo test -- --include-ignored"]
async fn idle_connections_that_went_silent_cost_no_request_its_answer() {
    let (relay, database) = (Relay::start().await, Database::create().await);
    let app = start(&database.url_at(relay.port())).await;
    let ada = app.signed_in("ada@example.com").await;
    for round in 0..3 {
        open_many(&app).await;
        relay.silence();
        let mut asking = JoinSet::new();
        for _ in 0..20 {
            let ada = ada.clone();
            asking.spawn(async move { ada.get("/jwt-allauth/user/").await.status });
        }
        assert_eq!(asking.join_all().await, [200; 20], "round {round}");
        assert_eq!(app.client().get("/health/ready").await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: TEST_DATABASE_URL=postgres://… cargo test -- --include-ignored"]
async fn a_connection_that_goes_silent_in_a_request_does_not_keep_its_place_in_the_pool() {
    let (relay, database) = (Relay::start().await, Database::create().await);
    let url = database.url_at(relay.port());
    let app = TestApp::start_with(Engine::Sqlite, router, |settings| {
        settings.database.url = url.into();
        settings.database.max_connections = 1;
        settings.http.request_timeout = Duration::from_millis(500);
    })
    .await;
    let ada = app.signed_in("ada@example.com").await;
    let mut operator = database.connect().await;
    let mut tx = operator.begin().await.unwrap();
    tx.execute("lock table users").await.unwrap();
    let asking = tokio::spawn({
        let ada = ada.clone();
        async move { ada.get("/jwt-allauth/user/").await.status }
    });
    until("a request waits for the table", async || {
        let waiting: bool = sqlx::query_scalar(
            "select exists (select from pg_locks join pg_database d on d.oid = database
             where not granted and d.datname = current_database())",
        )
        .fetch_one(&mut *tx)
        .await
        .unwrap();
        waiting
    })
    .await;
    relay.silence();
    tx.rollback().await.unwrap();
    assert_ne!(asking.await.unwrap(), 200);
    until("there is a connection again", async || ada.get("/jwt-allauth/user/").await.status == 200).await;
}

/// Has as many connections as there may be.
async fn open_many(app: &TestApp) {
    let auth::db::Db::Postgres(pool) = app.auth.db() else { panic!("PostgreSQL was asked for") };
    let mut held = Vec::new();
    for _ in 0..pool.options().get_max_connections() {
        held.push(pool.acquire().await.unwrap());
    }
    drop(held);
    until("they are idle", async || pool.num_idle() == pool.options().get_max_connections() as usize).await;
    // One that answered a moment ago is trusted. No clock of ours is asked by the pool.
    let idle = Instant::now();
    until("they are idle for longer than they are trusted", async || idle.elapsed() > TRUSTED).await;
}
