//! Several processes that migrate one database.

use auth::db::{Db, Settings};
use sqlx::{Connection, Executor};

use super::{Database, log, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: TEST_DATABASE_URL=postgres://… cargo test -- --include-ignored"]
async fn a_process_that_waits_for_another_migration_says_for_whom() {
    let log = log::capture();
    let database = Database::create().await;
    let settings = settings(&database.url());
    let (first, second) = (Db::connect(&settings).await.unwrap(), Db::connect(&settings).await.unwrap());
    // Whoever migrates first waits for this one, and whoever comes second waits for the first.
    let mut obstacle = database.connect().await;
    let mut tx = obstacle.begin().await.unwrap();
    tx.execute("create table _sqlx_migrations (version bigint primary key)").await.unwrap();
    let seen = async {
        until("it is said who migrates", async || log.text().contains("waiting for another process that migrates"))
            .await;
        assert!(log.text().contains("pg_terminate_backend("), "with what to do");
        tx.rollback().await.unwrap();
    };
    let (first, second, ()) = tokio::join!(first.migrate(), second.migrate(), seen);
    first.and(second).unwrap();
}

pub(crate) fn settings(url: &str) -> Settings {
    Settings { url: url.into(), max_connections: 3, acquire_timeout: std::time::Duration::from_secs(10) }
}
