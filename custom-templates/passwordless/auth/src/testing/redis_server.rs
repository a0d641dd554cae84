//! A Redis of a test's own.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tempfile::TempDir;

/// A server on a free port, which goes with this.
pub struct RedisServer {
    process: Mutex<Child>,
    port: u16,
    directory: TempDir,
}

impl RedisServer {
    /// Starts it.
    ///
    /// # Panics
    /// If `redis-server` is not installed, or there is no port.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        drop(listener);
        let directory = TempDir::new().expect("a temporary directory");
        Self { process: Mutex::new(spawn(port, &directory)), port, directory }
    }

    /// What `redis.url` takes.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it at once, with what it keeps.
    pub fn stop(&self) {
        let mut process = self.process();
        // A test may have stopped it already.
        let _ = process.kill();
        let _ = process.wait();
    }

    /// Starts it anew, empty.
    ///
    /// # Panics
    /// As [`RedisServer::start`].
    pub fn start_again(&self) {
        *self.process() = spawn(self.port, &self.directory);
    }

    fn process(&self) -> MutexGuard<'_, Child> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn spawn(port: u16, directory: &TempDir) -> Child {
    let process = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
        .arg(directory.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("`redis-server` has to be installed for this test");
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::sleep(Duration::from_millis(5));
    }
    process
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}
