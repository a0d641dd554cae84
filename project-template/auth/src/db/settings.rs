use std::str::FromStr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::sqlite::SqliteConnectOptions;

use super::sqlite::is_file;
use crate::settings::{Advice, Deployed, Section};

/// Above this, `check --deploy` warns.
const SAFE_ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// `[database]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `sqlite://path` or `postgres://user:password@host/name`.
    pub url: SecretString,
    /// Connections to PostgreSQL; SQLite has one writer and uses one.
    pub max_connections: u32,
    /// How long a request waits for a connection before it is answered 503.
    pub acquire_timeout: Duration,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let url = section.secret("url");
        // The messages do not quote the value: it may contain a password.
        if is_sqlite(&url) && SqliteConnectOptions::from_str(url.expose_secret()).is_err() {
            section.problem("url", "must be an address such as \"sqlite://app.db\"");
        } else if is_postgres(&url) && PgConnectOptions::from_str(url.expose_secret()).is_err() {
            section.problem("url", "must be an address such as \"postgres://user:password@127.0.0.1:5432/app\"");
        } else if !is_sqlite(&url) && !is_postgres(&url) {
            section.problem("url", "must start with `sqlite://` or `postgres://`");
        }
        let acquire_timeout = section.duration("acquire_timeout");
        if acquire_timeout.is_zero() {
            section.problem("acquire_timeout", "must be longer than zero");
        }
        Self { url, max_connections: section.number("max_connections", 1..=1_000), acquire_timeout }
    }

    /// If the file of the database does not exist: settings to look at instead of making it.
    pub(crate) fn missing(&self) -> Option<Self> {
        let options = SqliteConnectOptions::from_str(self.url.expose_secret()).ok().filter(|_| self.is_sqlite())?;
        let file = options.get_filename();
        (is_file(file) && !file.exists()).then(|| self.empty())
    }

    /// Settings of an empty database in memory.
    pub(super) fn empty(&self) -> Self {
        Self { url: "sqlite::memory:".into(), ..self.clone() }
    }

    pub(super) fn is_sqlite(&self) -> bool {
        is_sqlite(&self.url)
    }
}

impl Deployed for Settings {
    fn advise(&self, advice: &mut Advice) {
        advice.warn_if(
            is_postgres(&self.url) && speaks_in_clear(self.url.expose_secret()),
            "database.url: add `?sslmode=verify-full` (or `require`); accounts and password hashes travel in clear",
        );
        advice.warn_if(
            self.acquire_timeout > SAFE_ACQUIRE_TIMEOUT,
            "database.acquire_timeout: requests pile up while the database is busy; \"3s\" is the default",
        );
    }
}

fn speaks_in_clear(url: &str) -> bool {
    PgConnectOptions::from_str(url).is_ok_and(|options| {
        let is_here = ["localhost", "127.0.0.1", "::1", "[::1]"].contains(&options.get_host())
            || options.get_host().starts_with('/');
        !is_here && matches!(options.get_ssl_mode(), PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer)
    })
}

fn is_sqlite(url: &SecretString) -> bool {
    url.expose_secret().starts_with("sqlite:")
}

fn is_postgres(url: &SecretString) -> bool {
    let url = url.expose_secret();
    url.starts_with("postgres:") || url.starts_with("postgresql:")
}
