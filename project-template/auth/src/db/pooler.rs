//! Detects a pooler that assigns each transaction to another session of PostgreSQL.

use std::time::Duration;

use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::time::timeout;

use super::trouble::is_lost_statement;

/// In one round, another client may have the session that both connections would share.
const ROUNDS: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sessions {
    /// The connection's, until it is closed: session settings persist.
    Own,
    /// Any client's, after each transaction.
    Shared,
}

/// Compares the sessions of two connections. Both prepare a statement, which fails behind a pooler that shares sessions
/// but does not track prepared statements: there, any request may fail.
pub(super) async fn look(
    mut first: PgConnection,
    options: &PgConnectOptions,
    patience: Duration,
) -> sqlx::Result<Sessions> {
    let process = process_of(&mut first).await?;
    let sessions = match timeout(patience, compare(&mut first, process, options)).await {
        Ok(Err(error)) if is_lost_statement(&error) => return Err(error),
        Ok(Ok(sessions)) => sessions,
        // The server has no session left for a second connection, so the first one keeps its own.
        Ok(Err(_)) | Err(_) => Sessions::Own,
    };
    if sessions == Sessions::Shared {
        warn_of_no_limit(&mut first).await?;
    }
    // If this fails, the server notices the end of the connection by itself.
    let _ = first.close().await;
    Ok(sessions)
}

async fn compare(first: &mut PgConnection, process: i32, options: &PgConnectOptions) -> sqlx::Result<Sessions> {
    let mut second = PgConnection::connect_with(options).await?;
    let mut sessions = Sessions::Own;
    for _ in 0..ROUNDS {
        let other = process_of(&mut second).await?;
        if other == process || process_of(first).await? != process {
            sessions = Sessions::Shared;
        }
    }
    let _ = second.close().await;
    Ok(sessions)
}

async fn process_of(connection: &mut PgConnection) -> sqlx::Result<i32> {
    sqlx::query_scalar("select pg_backend_pid()").fetch_one(connection).await
}

async fn warn_of_no_limit(connection: &mut PgConnection) -> sqlx::Result<()> {
    let limit: String = sqlx::query_scalar("select current_setting('statement_timeout')").fetch_one(connection).await?;
    if limit == "0" {
        tracing::warn!(
            "database.url: behind this pooler statements outside transactions have no time limit; set it in PostgreSQL: \
             `alter role NAME set statement_timeout = '5s'`"
        );
    }
    Ok(())
}
