use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;

use crate::on;

/// The database of a test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// A file that is deleted with the test.
    #[default]
    Sqlite,
    /// A schema of its own in the database at `TEST_DATABASE_URL`.
    Postgres,
}

impl Engine {
    /// Creates a database, as a file in `directory` or as a schema. Returns a value for `database.url`.
    pub async fn new_database(self, directory: &Path) -> SecretString {
        match self {
            Self::Sqlite => format!("sqlite://{}", directory.join("test.db").display()).into(),
            Self::Postgres => postgres_schema().await,
        }
    }
}

/// Commits do not wait for the disk. Schemas of earlier runs remain until they, or the database, are dropped.
async fn postgres_schema() -> SecretString {
    let url = std::env::var("TEST_DATABASE_URL").expect("TEST_DATABASE_URL is set to a PostgreSQL database for tests");
    let schema = format!("test_{}", uuid::Uuid::now_v7().simple());
    let settings =
        crate::db::Settings { url: url.clone().into(), max_connections: 1, acquire_timeout: Duration::from_secs(30) };
    let db = crate::db::Db::connect(&settings).await.expect("the PostgreSQL server of TEST_DATABASE_URL");
    let statement = sqlx::AssertSqlSafe(format!("create schema {schema}"));
    on!(&db, pool => sqlx::query(statement).execute(pool).await.map(drop)).expect("a schema");
    db.close().await;
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}options=-c%20search_path%3D{schema}%20-c%20synchronous_commit%3Doff").into()
}
