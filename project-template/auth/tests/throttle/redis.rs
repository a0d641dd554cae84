//! Limits that several instances share in Redis, and Redis that is not there.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use auth::on;
use auth::testing::{Engine, TestApp};
use serde_json::json;
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::{ELSEWHERE, HOME, WRONG, login, router};

const RESET: &str = "/jwt-allauth/password/reset/";

/// What `password/reset/` allows one client at once.
const LIMIT: usize = 20;

/// A server of its own for each test, on a free port.
struct Server {
    process: Child,
    port: u16,
    directory: TempDir,
}

impl Server {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let directory = TempDir::new().unwrap();
        let process = Self::spawn(port, &directory);
        Self { process, port, directory }
    }

    fn spawn(port: u16, directory: &TempDir) -> Child {
        Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
            .arg(directory.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("`redis-server` has to be installed for this test")
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    fn stop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn start_again(&mut self) {
        self.process = Self::spawn(self.port, &self.directory);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test may have stopped it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An application with keys of its own in that Redis.
async fn with_redis(engine: Engine, url: &str) -> TestApp {
    let issuer = uuid::Uuid::now_v7();
    let toml =
        format!("[redis]\nurl = \"{url}\"\n[tokens]\nissuer = \"{issuer}\"\n[database]\nacquire_timeout = \"30s\"");
    TestApp::configured(engine, router, &toml).await
}

/// As [`with_redis`], where a slow machine is no reason to count in the database.
async fn patient(engine: Engine, url: &str) -> TestApp {
    let app = with_redis(engine, url).await;
    app.second_instance_with(router, |settings| settings.redis.timeout = Duration::from_secs(30)).await
}

async fn ask(app: &TestApp, from: &str) -> u16 {
    let email = format!("{}@example.com", uuid::Uuid::now_v7().simple());
    app.client().from_address(from).post(RESET, &json!({ "email": email })).await.status
}

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

async fn instances_share_limits_in_redis(engine: Engine) {
    let server = Server::start();
    let app = patient(engine, &server.url()).await;
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

async fn wrong_passwords_are_counted_in_the_database_with_redis_too(engine: Engine) {
    let server = Server::start();
    let app = patient(engine, &server.url()).await;
    ready_with(&app, "ok").await;
    for _ in 0..5 {
        assert_eq!(login(&app, ELSEWHERE, super::ADA, WRONG).await.status, 401);
    }
    let without = app.second_instance_with(router, |settings| settings.redis.url = None).await;
    assert_eq!(login(&without, ELSEWHERE, super::ADA, WRONG).await.status, 429);
}

async fn when_redis_stops_the_database_goes_on(engine: Engine) {
    let mut server = Server::start();
    let app = patient(engine, &server.url()).await;
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
    let app = with_redis(engine, &url).await;
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
    let app = super::start(engine).await;
    assert_eq!(app.client().get("/health/ready").await.body, json!({ "status": "ok", "database": "ok" }));
}

auth::on_both_engines!(redis_that_does_not_answer_holds_few_up, without_redis_nothing_is_said_about_it);

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

with_redis_on_both_engines!(
    instances_share_limits_in_redis,
    wrong_passwords_are_counted_in_the_database_with_redis_too,
    when_redis_stops_the_database_goes_on,
);
