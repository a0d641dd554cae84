//! A proxy as its package brings it, in front of the server.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;

/// How long it may take to start: 10 s.
const TRIES: usize = 1_000;

/// A process of its own for each test, on a free port, that goes with it.
pub(super) struct Proxy {
    process: Child,
    address: SocketAddr,
    files: TempDir,
}

impl Proxy {
    /// nginx with the defaults of its makers, in front of some servers; `location` is more of what is done there.
    pub(super) async fn nginx(servers: &[String], location: &str) -> Self {
        let (address, files) = (free_address(), TempDir::new().unwrap());
        let servers: Vec<String> = servers.iter().map(|server| format!("server {server};")).collect();
        let servers = servers.join(" ");
        let directory = files.path().display();
        let text = format!(
            "daemon off; master_process off; pid {directory}/pid; error_log {directory}/errors;
            events {{}}
            http {{
                access_log off;
                client_body_temp_path {directory}/bodies; proxy_temp_path {directory}/answers;
                fastcgi_temp_path {directory}/f; uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;
                upstream servers {{ {servers} }}
                server {{ listen {address}; location / {{ proxy_pass http://servers; {location} }} }}
            }}"
        );
        Self::start("nginx", &["-e", "stderr", "-c"], &text, address, files).await
    }

    /// `HAProxy` in front of some servers.
    pub(super) async fn haproxy(servers: &[String]) -> Self {
        let (address, files) = (free_address(), TempDir::new().unwrap());
        let servers: Vec<String> =
            servers.iter().enumerate().map(|(number, server)| format!("  server s{number} {server}\n")).collect();
        let servers = servers.concat();
        let text = format!(
            "defaults\n  mode http\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n  option forwardfor\n\
             frontend in\n  bind {address}\n  default_backend out\nbackend out\n{servers}"
        );
        Self::start("haproxy", &["-db", "-q", "-f"], &text, address, files).await
    }

    async fn start(program: &str, arguments: &[&str], text: &str, address: SocketAddr, files: TempDir) -> Self {
        let path = files.path().join("settings");
        std::fs::write(&path, text).unwrap();
        let process = Command::new(program)
            .args(arguments)
            .arg(&path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("`{program}` has to be installed for this test: {error}"));
        let proxy = Self { process, address, files };
        for _ in 0..TRIES {
            if TcpStream::connect(address).await.is_ok() {
                return proxy;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("`{program}` does not start: {}", proxy.errors());
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What nginx complained of.
    pub(super) fn errors(&self) -> String {
        std::fs::read_to_string(self.files.path().join("errors")).unwrap_or_default()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
