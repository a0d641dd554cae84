//! PostgreSQL as it is met: behind a pooler, after a switchover, on connections that went silent.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected may simply stop")]

#[path = "../audit/log.rs"]
mod log;
mod migrating;
mod pgbouncer;
mod pooler;
mod relay;
mod silence;
mod switchover;

use std::str::FromStr;
use std::time::Duration;

use auth::Auth;
use auth::testing::{Engine, TestApp};
use axum::Router;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

fn router(auth: Auth) -> Router {
    auth.router().with_state(auth)
}

/// A database of its own: what a pooler refuses is what leads into a schema.
struct Database {
    name: String,
}

impl Database {
    async fn create() -> Self {
        let name = format!("test_{}", uuid::Uuid::now_v7().simple());
        let database = Self { name };
        database.as_operator(&format!("create database {}", database.name)).await;
        database
    }

    /// Its address where PostgreSQL is.
    fn url(&self) -> String {
        self.url_at(server().get_port())
    }

    /// Its address at another port, of what leads to PostgreSQL.
    fn url_at(&self, port: u16) -> String {
        format!("postgres://{}@127.0.0.1:{port}/{}", server().get_username(), self.name)
    }

    /// Does something as an operator, who is connected to another database.
    async fn as_operator(&self, statement: &str) {
        let mut operator = PgConnection::connect_with(&server()).await.unwrap();
        operator.execute(AssertSqlSafe(statement.to_owned())).await.unwrap();
        operator.close().await.unwrap();
    }

    async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url()).await.unwrap()
    }
}

/// Where PostgreSQL is.
fn server() -> PgConnectOptions {
    let url = std::env::var("TEST_DATABASE_URL").expect("TEST_DATABASE_URL is set to a PostgreSQL database for tests");
    PgConnectOptions::from_str(&url).unwrap()
}

/// An application with this address for `database.url`.
async fn start(url: &str) -> TestApp {
    TestApp::start_with(Engine::Sqlite, router, |settings| settings.database.url = url.into()).await
}

/// Does something again until it is as expected. Gives up long after it should have been.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), waiting).await.unwrap_or_else(|_| panic!("{what}"));
}
