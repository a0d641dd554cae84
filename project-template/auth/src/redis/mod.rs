//! Redis, which several instances share. It is a help and never a need: whoever asks it has another way.
//!
//! A request waits for it no longer than [`TIMEOUT`], and after it did not answer only one in two seconds tries.

mod settings;

use std::io::{Error, ErrorKind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::RedisResult;
use redis::aio::MultiplexedConnection;
use tokio::time::{Instant, timeout};

pub use settings::Settings;

use crate::settings::Problem;

/// How long Redis may take to be connected to and to answer, together.
const TIMEOUT: Duration = Duration::from_millis(200);
/// How long it is left alone after it did not.
const OPEN: Duration = Duration::from_secs(2);

/// A connection that is made when it is needed, and again after something went wrong with it.
pub(crate) struct Redis {
    client: redis::Client,
    connection: tokio::sync::Mutex<Option<MultiplexedConnection>>,
    /// What its keys begin with, so that several applications can share it.
    prefix: String,
    timeout: Duration,
    /// Until when it is left alone.
    open_until: Mutex<Option<Instant>>,
    /// How often it did not answer.
    failures: AtomicU64,
}

/// How Redis was when it was last asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Health {
    pub(crate) is_up: bool,
    /// How often it did not answer so far.
    pub(crate) failures: u64,
}

impl Redis {
    /// Connects nowhere yet. None where no address is set.
    ///
    /// # Errors
    /// An address that is none.
    pub(crate) fn new(settings: &Settings, issuer: &str) -> Result<Option<Self>, Problem> {
        let Some(url) = &settings.url else { return Ok(None) };
        Ok(Some(Self {
            client: settings::client(url)?,
            connection: tokio::sync::Mutex::default(),
            prefix: format!("{issuer}:"),
            timeout: settings.timeout,
            open_until: Mutex::default(),
            failures: AtomicU64::default(),
        }))
    }

    /// The name that a key has there.
    pub(crate) fn key(&self, kind: &str, name: &[u8]) -> Vec<u8> {
        [self.prefix.as_bytes(), kind.as_bytes(), b":", name].concat()
    }

    /// How it was when it was last asked. Asks nothing.
    pub(crate) fn health(&self) -> Health {
        Health { is_up: self.open_until().is_none(), failures: self.failures.load(Ordering::Relaxed) }
    }

    /// Whether it answers.
    pub(crate) async fn is_there(&self) -> bool {
        self.ask::<String>(&redis::cmd("PING")).await.is_some()
    }

    /// What it answers to a command; none if it does not.
    pub(crate) async fn ask<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> Option<T> {
        if !self.may_ask() {
            return None;
        }
        let error = match timeout(self.timeout, self.exchange(command)).await {
            Ok(Ok(answer)) => {
                if self.open_until().take().is_some() {
                    tracing::info!("Redis answers again");
                }
                return Some(answer);
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        self.failures.fetch_add(1, Ordering::Relaxed);
        // Whatever was wrong, the next one begins anew: a peer that is gone would let this one wait for minutes. If it is
        // locked, somebody does just that.
        if let Ok(mut connection) = self.connection.try_lock() {
            *connection = None;
        }
        if self.open_until().replace(Instant::now() + OPEN).is_none() {
            tracing::warn!(error, "Redis does not answer; the database counts requests meanwhile");
        }
        None
    }

    /// After it did not answer, one at a time tries it again; the others do not wait for what comes of that.
    fn may_ask(&self) -> bool {
        let now = Instant::now();
        let mut open_until = self.open_until();
        let may = open_until.is_none_or(|until| until <= now);
        if may && open_until.is_some() {
            *open_until = Some(now + OPEN);
        }
        may
    }

    async fn exchange<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> RedisResult<T> {
        let mut connection = self.connect().await?;
        command.query_async(&mut connection).await
    }

    /// One connects; those who come meanwhile wait for that one, and do not try again if it could not.
    async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        let Ok(mut kept) = self.connection.try_lock() else {
            let kept = self.connection.lock().await;
            return kept.clone().ok_or_else(|| Error::from(ErrorKind::NotConnected).into());
        };
        if let Some(connection) = &*kept {
            return Ok(connection.clone());
        }
        let connection = self.client.get_multiplexed_async_connection().await?;
        *kept = Some(connection.clone());
        Ok(connection)
    }

    fn open_until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.open_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
