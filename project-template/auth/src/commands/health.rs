use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::output;
use crate::Settings;

const PATIENCE: Duration = Duration::from_secs(5);

/// A container needs no `curl` for this.
pub(super) async fn ask(settings: &Settings) -> anyhow::Result<ExitCode> {
    let address = reachable(settings.http.bind);
    let status = tokio::time::timeout(PATIENCE, status(address))
        .await
        .with_context(|| format!("http://{address} does not answer"))?
        .with_context(|| format!("no server answers at http://{address}"))?;
    if status != "200" {
        bail!("the server at http://{address} is not ready: it answers {status}");
    }
    output::line("ready");
    Ok(ExitCode::SUCCESS)
}

/// A server that listens on every address also listens on loopback.
fn reachable(bind: SocketAddr) -> SocketAddr {
    let loopback = if bind.is_ipv4() { IpAddr::from(Ipv4Addr::LOCALHOST) } else { Ipv6Addr::LOCALHOST.into() };
    if bind.ip().is_unspecified() { SocketAddr::new(loopback, bind.port()) } else { bind }
}

async fn status(address: SocketAddr) -> std::io::Result<String> {
    let mut connection = TcpStream::connect(address).await?;
    let request = format!("GET /health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await?;
    Ok(answer.split(' ').nth(1).unwrap_or("nothing").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_listens_everywhere_is_asked_on_loopback() {
        for (bind, asked) in
            [("0.0.0.0:80", "127.0.0.1:80"), ("[::]:80", "[::1]:80"), ("10.0.0.1:8000", "10.0.0.1:8000")]
        {
            assert_eq!(reachable(bind.parse().unwrap()).to_string(), asked);
        }
    }
}
