//! One GET, by http or https: what a client library would bring is more than all the rest of this service.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use axum::http::{StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// From the first packet to the last.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of an answer; a key takes about 200, of RSA 500.
const MAX_BYTES: usize = 64 * 1024;

/// An address that can be fetched.
pub(super) struct Address {
    uri: Uri,
    host: String,
    port: u16,
    is_secure: bool,
}

impl Address {
    pub(super) fn parse(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let is_secure = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let host = uri.host()?.trim_matches(['[', ']']).to_owned();
        let port = uri.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
        Some(Self { uri, host, port, is_secure })
    }
}

/// The body of the answer, if it is 200. No redirect is followed: it could lead anywhere.
pub(super) async fn get(address: &Address) -> anyhow::Result<Bytes> {
    let fetched = tokio::time::timeout(TIMEOUT, fetch(address)).await;
    fetched.unwrap_or_else(|_| Err(anyhow::anyhow!("no answer within {TIMEOUT:?}"))).context(address.uri.to_string())
}

async fn fetch(address: &Address) -> anyhow::Result<Bytes> {
    let stream = TcpStream::connect((address.host.as_str(), address.port)).await?;
    if !address.is_secure {
        return request(address, TokioIo::new(stream)).await;
    }
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from(address.host.clone())?;
    request(address, TokioIo::new(TlsConnector::from(Arc::new(config)).connect(name, stream).await?)).await
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
