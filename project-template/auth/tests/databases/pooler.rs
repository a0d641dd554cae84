//! `PgBouncer` in both of its modes.

use std::collections::BTreeMap;

use auth::db::Db;
use auth::testing::{PASSWORD, TestApp};
use futures_util::future::join_all;
use tokio::task::JoinSet;

use super::migrating::settings;
use super::pgbouncer::PgBouncer;
use super::{Database, router, start};

const PEOPLE: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL and pgbouncer: TEST_DATABASE_URL=postgres://… cargo test -- --include-ignored"]
async fn behind_a_pooler_that_keeps_sessions_everything_works() {
    let (bouncer, database) = (PgBouncer::start("session", &[]), Database::create().await);
    migrate_at_once(&database.url_at(bouncer.port())).await;
    let app = everybody_signs_in(&database.url_at(bouncer.port())).await;
    assert_eq!(limits(&app).await, ["5s", "5s"], "in the session, in a transaction");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL and pgbouncer 1.21 or newer: PGBOUNCER=/path/to/pgbouncer cargo test -- --include-ignored"]
async fn behind_a_pooler_that_shares_sessions_and_follows_statements_everything_works() {
    let bouncer = PgBouncer::start("transaction", &["max_prepared_statements = 200", "default_pool_size = 4"]);
    let database = Database::create().await;
    migrate_at_once(&database.url_at(bouncer.port())).await;
    let app = everybody_signs_in(&database.url_at(bouncer.port())).await;
    assert_eq!(limits(&app).await, ["0", "5s"], "nothing is left to whoever gets the session next");
    Db::connect(&settings(&database.url())).await.unwrap().migrate().await.expect("no lock was left behind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL and pgbouncer: TEST_DATABASE_URL=postgres://… cargo test -- --include-ignored"]
async fn a_pooler_that_loses_prepared_statements_is_refused_with_the_remedy() {
    let database = Database::create().await;
    start(&database.url()).await;
    // Before 1.21 it follows none and does not know the setting; from 1.24 on it follows them unless told not to.
    let forget = if follows_statements() { &["max_prepared_statements = 0"][..] } else { &[] };
    let bouncer = PgBouncer::start("transaction", forget);
    for _ in 0..5 {
        let refused = Db::connect(&settings(&database.url_at(bouncer.port()))).await.unwrap_err().to_string();
        assert!(refused.contains("`pool_mode = session`"), "{refused}");
        assert!(refused.contains("`max_prepared_statements = 200`"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL and pgbouncer: TEST_DATABASE_URL=postgres://… cargo test -- --include-ignored"]
async fn a_parameter_that_a_pooler_refuses_is_named_once_with_the_remedy() {
    let (bouncer, database) = (PgBouncer::start("session", &[]), Database::create().await);
    let url = format!("{}?options=-c%20geqo%3Doff", database.url_at(bouncer.port()));
    let refused = format!("{:#}", Db::connect(&settings(&url)).await.unwrap_err());
    assert_eq!(refused.matches("unsupported startup parameter").count(), 1, "{refused}");
    assert!(refused.contains("alter role NAME set PARAMETER"), "{refused}");
}

/// Whether the program follows prepared statements if it is told to.
fn follows_statements() -> bool {
    std::env::var_os("PGBOUNCER").is_some()
}

async fn migrate_at_once(url: &str) {
    let migrating = (0..4).map(async |_| Db::connect(&settings(url)).await?.migrate().await);
    for migrated in join_all(migrating).await {
        migrated.unwrap();
    }
}

/// Many at two instances sign up, are found, refresh at the same moment, and end their sessions.
async fn everybody_signs_in(url: &str) -> TestApp {
    let app = start(url).await.at_two_instances(router).await;
    let mut people = JoinSet::new();
    for number in 0..PEOPLE {
        let app = app.clone();
        people.spawn(async move {
            let email = format!("ada{number}@example.com");
            let mut ada = app.signed_in(&email).await;
            assert_eq!(ada.elsewhere().login(&email, PASSWORD).await.status, 200);
            assert_eq!(ada.refresh().await.status, 200);
            assert_eq!(ada.get("/jwt-allauth/user/").await.body["email"], email);
            let mut refreshing = JoinSet::new();
            for _ in 0..10 {
                let mut copy = ada.elsewhere();
                refreshing.spawn(async move { copy.refresh().await.status });
            }
            let mut statuses = BTreeMap::new();
            for status in refreshing.join_all().await {
                *statuses.entry(status).or_insert(0) += 1;
            }
            assert_eq!(statuses, BTreeMap::from([(200, 1), (401, 9)]));
        });
    }
    people.join_all().await;
    app
}

/// The limit on a statement's time, outside a transaction and in one.
async fn limits(app: &TestApp) -> [String; 2] {
    let Db::Postgres(pool) = app.auth.db() else { panic!("PostgreSQL was asked for") };
    let outside = sqlx::query_scalar("select current_setting('statement_timeout')").fetch_one(pool).await.unwrap();
    let mut tx = app.auth.db().begin().await.unwrap();
    let inside = auth::in_tx!(tx, conn => {
        sqlx::query_scalar("select current_setting('statement_timeout') as it").fetch_one(conn).await
    });
    [outside, inside.unwrap()]
}
