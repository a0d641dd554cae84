//! A Redis that can be stopped.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A server of its own for each test, on a free port.
pub(super) struct RedisServer {
    process: Child,
    arguments: Vec<String>,
    url: String,
    files: TempDir,
}

impl RedisServer {
    pub(super) fn start() -> Self {
        let (port, files) = (free_port(), TempDir::new().unwrap());
        Self::with(files, format!("redis://127.0.0.1:{port}"), &["--port", &port])
    }

    /// A replica of this one.
    pub(super) fn replica(&self) -> Self {
        let (port, files) = (free_port(), TempDir::new().unwrap());
        let (_, primary) = self.url.rsplit_once(':').unwrap();
        Self::with(files, format!("redis://127.0.0.1:{port}"), &["--port", &port, "--replicaof", "127.0.0.1", primary])
    }

    /// A Sentinel that looks after this one.
    pub(super) fn sentinel(&self) -> Self {
        let (port, files) = (free_port(), TempDir::new().unwrap());
        let (_, primary) = self.url.rsplit_once(':').unwrap();
        let configuration = files.path().join("sentinel.conf");
        std::fs::write(&configuration, format!("port {port}\nsentinel monitor main 127.0.0.1 {primary} 1\n")).unwrap();
        let process = Command::new("redis-server")
            .arg(&configuration)
            .arg("--sentinel")
            .current_dir(files.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("`redis-server` has to be installed for this test");
        Self { process, arguments: Vec::new(), url: format!("redis://127.0.0.1:{port}"), files }
    }

    /// One that speaks TLS and nothing else, with a certificate for `localhost` that nobody vouches for.
    pub(super) fn start_with_tls() -> Self {
        let (port, files) = (free_port(), TempDir::new().unwrap());
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let path = |name: &str| files.path().join(name).display().to_string();
        let (certificate, key) = (path("certificate.pem"), path("key.pem"));
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let tls = ["--tls-cert-file", &certificate, "--tls-key-file", &key, "--tls-ca-cert-file", &certificate];
        let arguments = [&["--port", "0", "--tls-port", &port, "--tls-auth-clients", "no"][..], &tls].concat();
        Self::with(files, format!("rediss://localhost:{port}"), &arguments)
    }

    fn with(files: TempDir, url: String, arguments: &[&str]) -> Self {
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.into()).collect();
        let process = spawn(&arguments, &files);
        Self { process, arguments, url, files }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The line of `[redis]` that trusts its certificate.
    pub(super) fn ca_file(&self) -> String {
        format!("ca_file = \"{}\"", self.files.path().join("certificate.pem").display())
    }

    pub(super) fn stop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub(super) fn start_again(&mut self) {
        self.process = spawn(&self.arguments, &self.files);
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // A test may have stopped it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string()
}

fn spawn(arguments: &[String], files: &TempDir) -> Child {
    Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
        .arg(files.path())
        .args(arguments)
        .stdout(Stdio::null())
        .spawn()
        .expect("`redis-server` has to be installed for this test")
}
