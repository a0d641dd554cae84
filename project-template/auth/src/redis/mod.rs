//! Redis, shared by several instances and optional: every caller has a fallback. A request waits for it at most 200 ms.
//! After a failure, only one request in two seconds tries it again.

mod channel;
mod server;
mod settings;
mod trouble;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::anyhow;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::time::{Instant, timeout};

pub(crate) use channel::Heard;
use server::{Connection, Server};
pub use settings::Settings;

use crate::Auth;
use crate::settings::Problem;

const TIMEOUT: Duration = Duration::from_millis(200);
const PAUSE: Duration = Duration::from_secs(2);

/// Connects at start-up: the first request need not wait for it, and wrong settings are logged early.
pub(crate) async fn prepare(auth: Auth) {
    let Some(redis) = auth.redis() else { return };
    match redis.connection().await {
        Ok(_) => _ = redis.is_there().await,
        Err(error) => redis.gave_up(&error),
    }
}

type Connecting = Shared<BoxFuture<'static, Result<Connection, Arc<anyhow::Error>>>>;

pub(crate) struct Redis {
    server: Server,
    connection: Mutex<Option<Connecting>>,
    /// So that several applications can share one Redis.
    prefix: String,
    timeout: Duration,
    pause: Duration,
    meanwhile: &'static str,
    open_until: Mutex<Option<Instant>>,
    failures: AtomicU64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Health {
    pub(crate) is_up: bool,
    pub(crate) failures: u64,
}

impl Redis {
    /// Does not connect yet: a server that is down does not stop the start. None without an address.
    pub(crate) fn new(settings: &Settings, audience: &str, meanwhile: &'static str) -> Result<Option<Self>, Problem> {
        let Some(server) = Server::new(settings)? else { return Ok(None) };
        Ok(Some(Self {
            server,
            connection: Mutex::default(),
            prefix: format!("{audience}:"),
            timeout: settings.timeout,
            pause: settings.pause,
            meanwhile,
            open_until: Mutex::default(),
            failures: AtomicU64::default(),
        }))
    }

    pub(crate) fn key(&self, kind: &str, name: &[u8]) -> Vec<u8> {
        [self.prefix.as_bytes(), kind.as_bytes(), b":", name].concat()
    }

    pub(crate) fn health(&self) -> Health {
        Health { is_up: self.open_until().is_none(), failures: self.failures.load(Ordering::Relaxed) }
    }

    pub(crate) async fn is_there(&self) -> bool {
        self.ask::<i64>(&self.probe()).await.is_some()
    }

    /// Writes, since a replica answers `PING` and Sentinel passes messages on, but neither can count.
    fn probe(&self) -> redis::Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg("redis.call('set', KEYS[1], '1', 'px', 1000) return 1").arg(1).arg(self.key("probe", b""));
        command
    }

    /// None if Redis does not answer, or is left alone after a failure.
    pub(crate) async fn ask<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> Option<T> {
        if !self.may_ask() {
            return None;
        }
        let was_away = self.open_until().is_some();
        let asking = async {
            if was_away {
                self.exchange::<i64>(&self.probe()).await?;
            }
            self.exchange(command).await
        };
        let answer = timeout(self.timeout, asking).await;
        match answer.unwrap_or_else(|_| Err(Arc::new(anyhow!(trouble::SILENCE)))) {
            Ok(answer) => {
                if self.open_until().take().is_some() {
                    tracing::info!("Redis answers again");
                }
                Some(answer)
            }
            Err(error) => {
                self.gave_up(&error);
                None
            }
        }
    }

    /// After a failure one caller at a time tries again; the others do without Redis and do not wait for the outcome.
    fn may_ask(&self) -> bool {
        let now = Instant::now();
        let mut open_until = self.open_until();
        let may = open_until.is_none_or(|until| until <= now);
        if may && open_until.is_some() {
            *open_until = Some(now + self.pause);
        }
        may
    }

    async fn exchange<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, Arc<anyhow::Error>> {
        let mut connection = self.connection().await?;
        let answer = command.query_async(&mut connection.shared).await;
        answer.map_err(|error| Arc::new(anyhow!(trouble::explain(&error.into()))))
    }

    /// Connects in a task of its own: that may take longer than a request waits, but the next request finds it done.
    fn connection(&self) -> Connecting {
        let mut kept = self.kept();
        // A restarted server has closed it. That is no failure: reconnect at once.
        kept.take_if(|connecting| matches!(connecting.peek(), Some(Ok(connection)) if connection.is_closed()));
        let connecting = kept.get_or_insert_with(|| {
            let server = self.server.clone();
            let task = tokio::spawn(async move { server.connect().await });
            let made = async { task.await.unwrap_or_else(|error| Err(error.into())).map_err(Arc::new) };
            made.boxed().shared()
        });
        connecting.clone()
    }

    fn gave_up(&self, error: &anyhow::Error) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        let mut kept = self.kept();
        // On a dead connection the next command would wait for minutes. A connection attempt under way continues.
        if kept.as_ref().is_some_and(|connecting| connecting.peek().is_some()) {
            *kept = None;
        }
        drop(kept);
        if self.open_until().replace(Instant::now() + self.pause).is_none() {
            tracing::warn!(error = %error, "Redis does not answer; {} meanwhile", self.meanwhile);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Option<Connecting>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open_until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.open_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
