//! The setup of connections.

use std::time::Duration;

use super::*;
use crate::testing::Engine;

#[tokio::test]
#[ignore = "needs PostgreSQL: TEST_DATABASE_URL=postgres://… cargo test -- --include-ignored"]
async fn a_migration_may_take_longer_than_a_statement_of_a_request() {
    let files = tempfile::TempDir::new().unwrap();
    let url = Engine::Postgres.new_database(files.path()).await;
    let settings = Settings { url, max_connections: 1, acquire_timeout: Duration::from_secs(30) };
    let db = Db::connect(&settings).await.unwrap();
    let Db::Postgres(pool) = db.clone() else { panic!("PostgreSQL was asked for") };
    let limit = async |connection: &mut sqlx::PgConnection| {
        let (limit,): (String,) = sqlx::query_as("show statement_timeout").fetch_one(connection).await.unwrap();
        limit
    };
    assert_eq!(limit(&mut migrating::turn(&pool).await.unwrap()).await, "0");
    assert_eq!(limit(&mut pool.acquire().await.unwrap()).await, "5s", "requests have their limit again");
    let TxOn::Postgres(mut tx) = db.begin().await.unwrap().on else { panic!("PostgreSQL was asked for") };
    assert_eq!(limit(&mut tx).await, "5s");
}

#[tokio::test]
async fn what_was_deleted_is_in_no_file_of_sqlite() {
    const NAME: &str = "ada.of.no.other.test@example.com";
    let files = tempfile::TempDir::new().unwrap();
    let url = Engine::Sqlite.new_database(files.path()).await;
    let settings = Settings { url, max_connections: 1, acquire_timeout: Duration::from_secs(3) };
    let Db::Sqlite(file) = Db::connect(&settings).await.unwrap() else { panic!("SQLite was asked for") };
    let run = async |statement: &'static str| {
        sqlx::query(statement).execute(&file.writer).await.unwrap();
        sqlx::query("pragma wal_checkpoint(truncate)").execute(&file.writer).await.unwrap();
    };
    let is_there = || {
        let read = |entry: std::io::Result<std::fs::DirEntry>| std::fs::read(entry.unwrap().path()).unwrap();
        let mut files = std::fs::read_dir(files.path()).unwrap().map(read);
        files.any(|bytes| bytes.windows(NAME.len()).any(|window| window == NAME.as_bytes()))
    };
    run("create table people (email text)").await;
    run("insert into people values ('ada.of.no.other.test@example.com'), ('bob@example.com')").await;
    assert!(is_there());
    run("delete from people where email like 'ada%'").await;
    assert!(!is_there());
}
