use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use redis::aio::{AsyncStream, MultiplexedConnection, PubSub};
use redis::{AsyncConnectionConfig, ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo};
use secrecy::ExposeSecret;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::{Settings, trouble};
use crate::settings::Problem;
use crate::tls;

const CONNECT: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(super) struct Server {
    host: String,
    port: u16,
    login: RedisConnectionInfo,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

#[derive(Clone)]
pub(super) struct Connection {
    pub(super) shared: MultiplexedConnection,
    driver: Arc<Driver>,
}

/// Drives the connection. Ends with its last clone, even while it is waiting.
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Connection {
    pub(super) fn is_closed(&self) -> bool {
        self.driver.0.is_finished()
    }
}

impl Server {
    pub(super) fn new(settings: &Settings) -> Result<Option<Self>, Problem> {
        let Some(url) = &settings.url else { return Ok(None) };
        let (address, is_tls) = plain(url.expose_secret());
        let trouble = |words| Problem::new("redis.url", words);
        let info = address.as_str().into_connection_info().map_err(|_| trouble("is not an address of Redis"))?;
        let ConnectionAddr::Tcp(host, port) = info.addr().clone() else { return Err(trouble("names no host")) };
        let tls = if is_tls {
            let name =
                ServerName::try_from(host.clone()).map_err(|_| trouble("names a host that no certificate can have"))?;
            let connector = tls::connector(settings.ca_file.as_deref());
            Some((connector.map_err(|words| Problem::new("redis.ca_file", words))?, name))
        } else {
            None
        };
        Ok(Some(Self { host, port, login: info.redis_settings().clone(), tls }))
    }

    pub(super) async fn connect(&self) -> anyhow::Result<Connection> {
        self.in_time(async {
            // Callers set their own timeout.
            let config = AsyncConnectionConfig::new().set_response_timeout(None);
            let (shared, driver) =
                MultiplexedConnection::new_with_config(&self.login, self.stream().await?, config).await?;
            Ok(Connection { shared, driver: Arc::new(Driver(tokio::spawn(driver))) })
        })
        .await
    }

    pub(super) async fn subscribe(&self, channel: &[u8]) -> anyhow::Result<PubSub> {
        self.in_time(async {
            let mut subscription = PubSub::new(&self.login, self.stream().await?).await?;
            subscription.subscribe(channel).await?;
            Ok(subscription)
        })
        .await
    }

    async fn in_time<T>(&self, connecting: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
        let connected = timeout(CONNECT, connecting).await.unwrap_or_else(|_| Err(anyhow!(trouble::SILENCE)));
        connected.map_err(|error| anyhow!("{}:{}: {}", self.host, self.port, trouble::explain(&error)))
    }

    async fn stream(&self) -> anyhow::Result<Pin<Box<dyn AsyncStream + Send + Sync>>> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        Ok(match &self.tls {
            Some((tls, name)) => Box::pin(tls.connect(name.clone(), stream).await?),
            None => Box::pin(stream),
        })
    }
}

/// The address without TLS, which this program adds itself, and whether it asks for TLS (`rediss://`).
pub(super) fn plain(url: &str) -> (String, bool) {
    match url.strip_prefix("rediss://") {
        Some(rest) => (format!("redis://{rest}"), true),
        None => (url.to_owned(), false),
    }
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
