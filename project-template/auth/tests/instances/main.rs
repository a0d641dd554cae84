//! What several instances share in Redis, and what becomes of it while Redis is not there.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected may simply stop")]

/// Runs each test function, which takes an [`Engine`], on both engines where there is a `redis-server`.
macro_rules! with_redis_on_both_engines {
    ($($test:ident),+ $(,)?) => {
        mod sqlite_and_redis {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[ignore = "needs redis-server: cargo test -- --include-ignored"]
            async fn $test() {
                super::$test(super::Engine::Sqlite).await;
            })+
        }

        mod postgres_and_redis {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[ignore = "needs redis-server and PostgreSQL: TEST_DATABASE_URL=postgres://… cargo test -- --include-ignored"]
            async fn $test() {
                super::$test(super::Engine::Postgres).await;
            })+
        }
    };
}

mod limits;
mod redis_server;
mod revocation;
mod tls;

use std::time::Duration;

use auth::Auth;
use auth::testing::{Engine, TestApp};
use axum::Router;
use serde_json::json;

const RESET: &str = "/jwt-allauth/password/reset/";
/// What that allows one client at once.
const LIMIT: usize = 20;

fn router(auth: Auth) -> Router {
    auth.router().with_state(auth)
}

/// An application with keys of its own in that Redis, and more lines of `[redis]`.
async fn configured(engine: Engine, url: &str, more: &str) -> TestApp {
    let audience = uuid::Uuid::now_v7();
    let toml = format!(
        "[redis]\nurl = \"{url}\"\n{more}\n[tokens]\naudience = \"{audience}\"\nsession_check = \"on\"\n\
         [database]\nacquire_timeout = \"30s\""
    );
    TestApp::configured(engine, router, &toml).await
}

/// As [`configured`], where a slow machine is no reason to count in the database.
async fn patient(engine: Engine, url: &str, more: &str) -> TestApp {
    let app = configured(engine, url, more).await;
    app.second_instance_with(router, |settings| settings.redis.timeout = Duration::from_secs(30)).await
}

/// Asks for something that is limited.
async fn ask(app: &TestApp, from: &str) -> u16 {
    let email = format!("{}@example.com", uuid::Uuid::now_v7().simple());
    app.client().from_address(from).post(RESET, &json!({ "email": email })).await.status
}

/// Waits until Redis is as expected, and says what else readiness says.
async fn ready_with(app: &TestApp, redis: &str) {
    loop {
        let reply = app.client().get("/health/ready").await;
        assert_eq!((reply.status, reply.text("status")), (200, "ok"), "a limiter that is worse is no reason to be out");
        if reply.text("redis") == redis {
            return;
        }
        tokio::task::yield_now().await;
    }
}
