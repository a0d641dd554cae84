//! A wire that can be cut without anybody being told.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::server;

/// Passes on what clients and PostgreSQL say to each other.
#[derive(Clone)]
pub(crate) struct Relay {
    port: u16,
    /// Connections of an earlier generation are silent: what is said on them arrives nowhere, and they stay open.
    generation: Arc<AtomicU64>,
}

impl Relay {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let relay = Self { port, generation: Arc::default() };
        let accepting = relay.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let upstream = TcpStream::connect(("127.0.0.1", server().get_port())).await.unwrap();
                let (client_read, client_write) = client.into_split();
                let (upstream_read, upstream_write) = upstream.into_split();
                accepting.pass_on(client_read, upstream_write);
                accepting.pass_on(upstream_read, client_write);
            }
        });
        relay
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Has every connection that there is go silent. New ones work.
    pub(crate) fn silence(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
    }

    fn pass_on(
        &self,
        mut from: impl AsyncReadExt + Unpin + Send + 'static,
        mut to: impl AsyncWriteExt + Unpin + Send + 'static,
    ) {
        let (generation, mine) = (Arc::clone(&self.generation), self.generation.load(Ordering::SeqCst));
        tokio::spawn(async move {
            let mut bytes = [0; 8192];
            while let Ok(read @ 1..) = from.read(&mut bytes).await {
                if generation.load(Ordering::SeqCst) != mine {
                    std::future::pending::<()>().await;
                }
                if to.write_all(&bytes[..read]).await.is_err() {
                    return;
                }
            }
            if generation.load(Ordering::SeqCst) != mine {
                std::future::pending::<()>().await;
            }
        });
    }
}
