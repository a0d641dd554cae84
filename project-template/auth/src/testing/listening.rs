use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::TestApp;
use crate::server;

/// An application that listens until it is dropped.
pub struct Listening {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl TestApp {
    /// Serves on a free port of this machine, for clients that need a network, such as browsers.
    pub async fn listen(&self) -> Listening {
        self.listen_at(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Serves at this address.
    ///
    /// # Panics
    /// If it is taken.
    pub async fn listen_at(&self, address: SocketAddr) -> Listening {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("the address it listens on");
        let allowance = server::Allowance::of(&self.auth.settings().http);
        let serving = tokio::spawn(server::serve(listener, self.router.clone(), allowance, std::future::pending()));
        Listening { address, serving }
    }
}

impl Listening {
    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path on this server.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
