//! A Redis that can be stopped.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A server of its own for each test, on a free port.
pub(super) struct RedisServer {
    process: Child,
    port: u16,
    directory: TempDir,
}

impl RedisServer {
    pub(super) fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let directory = TempDir::new().unwrap();
        let process = Self::spawn(port, &directory);
        Self { process, port, directory }
    }

    fn spawn(port: u16, directory: &TempDir) -> Child {
        Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
            .arg(directory.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("`redis-server` has to be installed for this test")
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(super) fn stop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub(super) fn start_again(&mut self) {
        self.process = Self::spawn(self.port, &self.directory);
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // A test may have stopped it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
