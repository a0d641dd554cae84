//! Requests to other servers, by http or https, whose addresses the settings name: what a client library would bring is
//! more than all that is needed here. An answer is bounded in size and time, and no redirect is followed: it could lead
//! anywhere.

mod address;

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use axum::http::{Method, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;

pub(crate) use address::Address;

use crate::tls;

/// Bytes of an answer; a key takes about 200, of RSA 500, with its certificates 3,000.
const MAX_BYTES: usize = 64 * 1024;
const FORM: &str = "application/x-www-form-urlencoded";

pub(crate) struct Fetcher {
    connector: TlsConnector,
    /// From the first packet to the last.
    timeout: Duration,
    /// Asked about the address that a name resolved to, which is the one that is connected to: a name can be led to a
    /// server of the private network.
    may_reach: fn(IpAddr) -> bool,
}

/// What is sent: a GET, or with a form a POST.
#[derive(Default)]
pub(crate) struct Asking {
    pub(crate) form: Option<String>,
    /// Sent as `Authorization`.
    pub(crate) credential: Option<String>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

impl Fetcher {
    /// Trusts the public authorities and those of `ca_file`. The error is a text that follows the name of that setting.
    pub(crate) fn new(
        ca_file: Option<&Path>,
        timeout: Duration,
        may_reach: fn(IpAddr) -> bool,
    ) -> Result<Self, String> {
        Ok(Self { connector: tls::connector(ca_file)?, timeout, may_reach })
    }

    /// An error if there is no whole answer in time. It names the server.
    pub(crate) async fn fetch(&self, address: &Address, asking: Asking) -> anyhow::Result<Answer> {
        let answered = tokio::time::timeout(self.timeout, self.answered(address, asking)).await;
        let late = || anyhow::anyhow!("no answer within {:?}", self.timeout);
        answered.unwrap_or_else(|_| Err(late())).with_context(|| address.shown())
    }

    async fn answered(&self, address: &Address, asking: Asking) -> anyhow::Result<Answer> {
        let stream = self.connect(address).await?;
        match &address.name {
            Some(name) => {
                let stream = self.connector.connect(name.clone(), stream).await?;
                answer(address, asking, TokioIo::new(stream)).await
            }
            None => answer(address, asking, TokioIo::new(stream)).await,
        }
    }

    async fn connect(&self, address: &Address) -> anyhow::Result<TcpStream> {
        let found = lookup_host((address.host.as_str(), address.port)).await?;
        let (reachable, others): (Vec<SocketAddr>, Vec<_>) = found.partition(|found| (self.may_reach)(found.ip()));
        if let (true, Some(other)) = (reachable.is_empty(), others.first()) {
            bail!("{} is not a public address", other.ip());
        }
        Ok(TcpStream::connect(reachable.as_slice()).await?)
    }
}

async fn answer(
    address: &Address,
    asking: Asking,
    stream: impl Read + Write + Unpin + Send + 'static,
) -> anyhow::Result<Answer> {
    let (mut sender, connection) = http1::handshake(stream).await?;
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request(address, asking)?).await?;
    let status = response.status();
    let body = Limited::new(response.into_body(), MAX_BYTES).collect().await.map_err(anyhow::Error::from_boxed);
    connection.abort();
    Ok(Answer { status, body: body?.to_bytes() })
}

fn request(address: &Address, Asking { form, credential }: Asking) -> anyhow::Result<Request<Full<Bytes>>> {
    let mut request = Request::builder()
        .method(if form.is_some() { Method::POST } else { Method::GET })
        .uri(address.path())
        .header(header::HOST, address.authority())
        .header(header::USER_AGENT, env!("CARGO_PKG_NAME"))
        .header(header::ACCEPT, "application/json");
    if form.is_some() {
        request = request.header(header::CONTENT_TYPE, FORM);
    }
    if let Some(credential) = credential {
        request = request.header(header::AUTHORIZATION, credential);
    }
    Ok(request.body(Full::from(form.unwrap_or_default()))?)
}

#[cfg(test)]
mod tests;
