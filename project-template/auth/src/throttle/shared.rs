//! Request limits in Redis, which several instances share. It is a help and not a need: while it does not answer, the
//! database counts.

use std::io::{Error, ErrorKind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::RedisResult;
use redis::aio::MultiplexedConnection;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, timeout};

use super::Rate;
use crate::settings::{Problem, Section};

/// How long Redis may take to be connected to and to answer, together.
const TIMEOUT: Duration = Duration::from_millis(200);
/// How long it is left alone after it did not.
const OPEN: Duration = Duration::from_secs(2);
/// How much longer than needed a counter is kept.
const SLACK: Duration = Duration::from_mins(1);

/// GCRA, as `limit_store` has it: gives how many microseconds are to be waited, or counts and gives 0. Numbers are exact
/// up to 2^53, and microseconds since 1970 are below that until the year 2255.
const COUNT: &str = "
local now, step, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local due = tonumber(redis.call('get', KEYS[1]) or '0')
if due > now + tolerance then return due - now - tolerance end
if due < now then due = now end
redis.call('set', KEYS[1], string.format('%.0f', due + step), 'px', ARGV[4])
return 0";

/// `[redis]`.
#[derive(Clone, Debug)]
pub struct RedisSettings {
    /// Where it is; none: the database counts.
    pub url: Option<SecretString>,
    /// How long a request may wait for it, connecting included. It is no key: a slow machine's tests are more patient.
    pub timeout: Duration,
}

impl RedisSettings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let url = section.optional_text("url").map(SecretString::from);
        if let Some(Err(problem)) = url.as_ref().map(client) {
            section.found(&[problem]);
        }
        Self { url, timeout: TIMEOUT }
    }
}

/// What connects to an address, which may have a password in it and so is not repeated.
fn client(url: &SecretString) -> Result<redis::Client, Problem> {
    let url = url.expose_secret();
    if url.starts_with("rediss://") {
        let fix = "asks for TLS, which is not built in: use `redis://` in a private network";
        return Err(Problem::new("redis.url", fix));
    }
    let client = Some(url).filter(|url| url.starts_with("redis://")).and_then(|url| redis::Client::open(url).ok());
    let fix = "must be an address such as \"redis://:password@127.0.0.1:6379/0\"";
    client.ok_or_else(|| Problem::new("redis.url", fix))
}

/// A connection that is made when it is needed, and again after something went wrong with it.
pub(super) struct Redis {
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
pub(crate) struct RedisHealth {
    pub(crate) is_up: bool,
    /// How often it did not answer so far.
    pub(crate) failures: u64,
}

impl Redis {
    pub(super) fn new(url: &SecretString, timeout: Duration, issuer: &str) -> Result<Self, Problem> {
        Ok(Self {
            client: client(url)?,
            connection: tokio::sync::Mutex::default(),
            prefix: format!("{issuer}:limit:"),
            timeout,
            open_until: Mutex::default(),
            failures: AtomicU64::default(),
        })
    }

    /// Counts a request, if the rate allows one; else says how many microseconds there is none. None if Redis does not
    /// answer.
    pub(super) async fn count(&self, subject: &[u8], rate: Rate, now: i64) -> Option<i64> {
        let kept = i64::try_from(SLACK.as_millis()).unwrap_or_default() + rate.period() / 1_000;
        let mut command = redis::cmd("EVAL");
        command.arg(COUNT).arg(1).arg([self.prefix.as_bytes(), subject].concat());
        command.arg(now).arg(rate.step()).arg(rate.tolerance()).arg(kept);
        self.ask(&command).await
    }

    pub(super) fn health(&self) -> RedisHealth {
        RedisHealth { is_up: self.open_until().is_none(), failures: self.failures.load(Ordering::Relaxed) }
    }

    /// Whether it answers.
    pub(super) async fn is_there(&self) -> bool {
        self.ask::<String>(&redis::cmd("PING")).await.is_some()
    }

    async fn ask<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> Option<T> {
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
