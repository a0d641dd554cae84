//! What is set up for connections.

use super::*;
use crate::testing::Engine;

#[tokio::test]
#[ignore = "needs PostgreSQL: TEST_DATABASE_URL=postgres://… cargo test -- --include-ignored"]
async fn a_migration_may_take_longer_than_a_statement_of_a_request() {
    let files = tempfile::TempDir::new().unwrap();
    let url = Engine::Postgres.new_database(files.path()).await;
    let settings = Settings { url, max_connections: 1, acquire_timeout: Duration::from_secs(30) };
    let Db::Postgres(pool) = Db::connect(&settings).await.unwrap() else { panic!("PostgreSQL was asked for") };
    let limit = async |mut connection: PoolConnection<Postgres>| {
        let (limit,): (String,) = sqlx::query_as("show statement_timeout").fetch_one(&mut *connection).await.unwrap();
        limit
    };
    assert_eq!(limit(patient(&pool).await.unwrap()).await, "0");
    assert_eq!(limit(pool.acquire().await.unwrap()).await, "5s", "requests have their limit again");
}
