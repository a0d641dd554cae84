use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use secrecy::ExposeSecret;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{Connection, Executor};

use super::idle::Watch;
use super::pooler::{self, Sessions};
use super::{Settings, trouble};

/// A timeout of the session would not persist behind a pooler that shares sessions.
pub(super) const BEGIN: &str = "begin; set local statement_timeout = '5s'";
const LIMIT_SESSION: &str = "set statement_timeout = '5s'";
const RETRY: Duration = Duration::from_millis(100);

pub(super) async fn connect(settings: &Settings) -> anyhow::Result<PgPool> {
    let options = PgConnectOptions::from_str(settings.url.expose_secret())
        .context("`database.url` is not a valid PostgreSQL address")?
        // Poolers reject unknown parameters. This one only affects floating-point numbers as text.
        .extra_float_digits(None);
    let looked = async {
        let first = first(&options, settings.acquire_timeout).await?;
        pooler::look(first, &options, settings.acquire_timeout).await
    };
    let sessions = looked.await.map_err(|error| anyhow!(trouble::explain(&error)))?;
    let watch = Watch::default();
    let pool = PgPoolOptions::new()
        .max_connections(settings.max_connections)
        .acquire_timeout(settings.acquire_timeout)
        // The watch checks more than that, and has a timeout.
        .test_before_acquire(false)
        .before_acquire(move |connection, meta| {
            let watch = watch.clone();
            Box::pin(async move { watch.may_be_used(connection, &meta).await })
        })
        .after_release(|connection, _| Box::pin(Watch::is_free(connection)))
        .after_connect(move |connection, _| {
            Box::pin(async move {
                match sessions {
                    Sessions::Own => connection.execute(LIMIT_SESSION).await.map(drop),
                    // The setting would stay for the next client of the session.
                    Sessions::Shared => Ok(()),
                }
            })
        });
    Ok(pool.connect_lazy_with(options))
}

async fn first(options: &PgConnectOptions, patience: Duration) -> sqlx::Result<PgConnection> {
    let deadline = Instant::now() + patience;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match tokio::time::timeout(left, PgConnection::connect_with(options)).await {
            Ok(Err(error)) if is_starting(&error) && Instant::now() + RETRY < deadline => {
                tokio::time::sleep(RETRY).await;
            }
            Ok(connected) => return connected,
            Err(_) => return Err(sqlx::Error::PoolTimedOut),
        }
    }
}

fn is_starting(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(said) => said.is_transient_in_connect_phase(),
        _ => false,
    }
}
