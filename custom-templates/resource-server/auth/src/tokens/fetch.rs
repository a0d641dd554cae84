//! One GET, by http or https: what a client library would bring is more than all the rest of this service.

use std::time::Duration;

use anyhow::{Context, ensure};
use axum::http::{StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::Settings;
use crate::settings::Problem;
use crate::tls;

/// From the first packet to the last.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of an answer; a key takes about 200, of RSA 500.
const MAX_BYTES: usize = 64 * 1024;

/// An address that can be fetched, and the way to it.
pub(super) struct Address {
    uri: Uri,
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

/// Whether it can be fetched, as far as that can be seen.
pub(super) fn is_address(url: &str) -> bool {
    parts(url).is_some_and(|(_, host, _, is_secure)| !is_secure || ServerName::try_from(host).is_ok())
}

impl Address {
    /// That of the keys.
    ///
    /// # Errors
    /// An address that is none, or a file of certificates that cannot be used.
    pub(super) fn of(settings: &Settings) -> Result<Self, Problem> {
        let no_address = || Problem::new("tokens.jwks_url", "is not an address that keys can be fetched from");
        let (uri, host, port, is_secure) = parts(&settings.jwks_url).ok_or_else(no_address)?;
        let tls = if is_secure {
            let connector = tls::connector(settings.ca_file.as_deref());
            let connector = connector.map_err(|words| Problem::new("tokens.ca_file", words))?;
            Some((connector, ServerName::try_from(host.clone()).map_err(|_| no_address())?))
        } else {
            None
        };
        Ok(Self { uri, host, port, tls })
    }
}

/// The address, its host and port, and whether it is spoken to by TLS.
fn parts(url: &str) -> Option<(Uri, String, u16, bool)> {
    let uri: Uri = url.parse().ok()?;
    let is_secure = match uri.scheme_str()? {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let host = uri.host()?.trim_matches(['[', ']']).to_owned();
    let port = uri.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
    Some((uri, host, port, is_secure))
}

/// The body of the answer, if it is 200. No redirect is followed: it could lead anywhere.
pub(super) async fn get(address: &Address) -> anyhow::Result<Bytes> {
    let fetched = tokio::time::timeout(TIMEOUT, fetch(address)).await;
    fetched.unwrap_or_else(|_| Err(anyhow::anyhow!("no answer within {TIMEOUT:?}"))).context(address.uri.to_string())
}

async fn fetch(address: &Address) -> anyhow::Result<Bytes> {
    let stream = TcpStream::connect((address.host.as_str(), address.port)).await?;
    match &address.tls {
        Some((connector, name)) => request(address, TokioIo::new(connector.connect(name.clone(), stream).await?)).await,
        None => request(address, TokioIo::new(stream)).await,
    }
}

async fn request(address: &Address, stream: impl Read + Write + Unpin + Send + 'static) -> anyhow::Result<Bytes> {
    let (mut sender, connection) = http1::handshake(stream).await?;
    let connection = tokio::spawn(connection);
    let path = address.uri.path_and_query().map_or("/", |path| path.as_str());
    let host = address.uri.authority().map_or("", |authority| authority.as_str());
    let host = host.rsplit('@').next().unwrap_or(host);
    let request = Request::get(path)
        .header(header::HOST, host)
        .header(header::ACCEPT, "application/json")
        .body(Empty::<Bytes>::new())?;
    let response = sender.send_request(request).await?;
    ensure!(response.status() == StatusCode::OK, "the answer is {}", response.status());
    let body = Limited::new(response.into_body(), MAX_BYTES).collect().await.map_err(anyhow::Error::from_boxed)?;
    connection.abort();
    Ok(body.to_bytes())
}

#[cfg(test)]
#[path = "fetch_tests.rs"]
mod tests;
