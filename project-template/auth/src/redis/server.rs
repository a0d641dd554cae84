//! Where Redis is, and the ways to it.

use std::path::Path;
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
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use super::{Settings, trouble};
use crate::settings::Problem;

/// How long the making of a connection may take.
const CONNECT: Duration = Duration::from_secs(5);

/// A server, and how to be let in there.
#[derive(Clone)]
pub(super) struct Server {
    host: String,
    port: u16,
    login: RedisConnectionInfo,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

/// A connection that many use at once.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) shared: MultiplexedConnection,
    driver: Arc<Driver>,
}

/// The task that writes and reads. It ends with the last clone of its connection, whatever it is still waiting for.
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Connection {
    /// Whether the server has closed it.
    pub(super) fn is_closed(&self) -> bool {
        self.driver.0.is_finished()
    }
}

impl Server {
    /// None where no address is set.
    pub(super) fn new(settings: &Settings) -> Result<Option<Self>, Problem> {
        let Some(url) = &settings.url else { return Ok(None) };
        let (address, is_tls) = plain(url.expose_secret());
        let trouble = |words| Problem::new("redis.url", words);
        let info = address.as_str().into_connection_info().map_err(|_| trouble("is no address of Redis"))?;
        let ConnectionAddr::Tcp(host, port) = info.addr().clone() else { return Err(trouble("names no host")) };
        let tls = if is_tls {
            let name =
                ServerName::try_from(host.clone()).map_err(|_| trouble("names a host that no certificate can have"))?;
            Some((TlsConnector::from(Arc::new(tls_config(settings.ca_file.as_deref())?)), name))
        } else {
            None
        };
        Ok(Some(Self { host, port, login: info.redis_settings().clone(), tls }))
    }

    /// A connection for commands.
    pub(super) async fn connect(&self) -> anyhow::Result<Connection> {
        self.in_time(async {
            // Whoever asks knows how long to wait.
            let config = AsyncConnectionConfig::new().set_response_timeout(None);
            let (shared, driver) =
                MultiplexedConnection::new_with_config(&self.login, self.stream().await?, config).await?;
            Ok(Connection { shared, driver: Arc::new(Driver(tokio::spawn(driver))) })
        })
        .await
    }

    /// A connection that hears what is published there.
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

/// The address as the client of Redis reads it, which knows nothing of TLS here, and whether it asks for TLS.
pub(super) fn plain(url: &str) -> (String, bool) {
    match url.strip_prefix("rediss://") {
        Some(rest) => (format!("redis://{rest}"), true),
        None => (url.to_owned(), false),
    }
}

/// With the cryptography of the rest of the program, named: the one that a process has by default need not be this.
fn tls_config(ca_file: Option<&Path>) -> Result<ClientConfig, Problem> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = ca_file {
        let words = format_args!("names {}, which is no file of certificates in PEM", path.display());
        trust(&mut roots, path).ok_or_else(|| Problem::new("redis.ca_file", words))?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Problem::new("redis.url", format_args!("asks for TLS, which cannot be spoken: {error}")))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// Adds the certificates of a file; none if there is anything else in it, or nothing at all.
fn trust(roots: &mut RootCertStore, path: &Path) -> Option<()> {
    let pem = std::fs::read(path).ok()?;
    let before = roots.len();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate.ok()?).ok()?;
    }
    // A file without any is no error to the parser.
    (roots.len() > before).then_some(())
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
