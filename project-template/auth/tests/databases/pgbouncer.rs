//! A `PgBouncer` of a test's own.

use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::server;

/// Runs until it is dropped.
pub(crate) struct PgBouncer {
    process: Child,
    port: u16,
    _files: TempDir,
}

impl PgBouncer {
    /// Starts the one that `PGBOUNCER` names, or the one that is installed, before the PostgreSQL of the tests.
    pub(crate) fn start(mode: &str, lines: &[&str]) -> Self {
        let files = TempDir::new().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let upstream = server();
        let ini = format!(
            "[databases]\n* = host=127.0.0.1 port={} user={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nauth_type = any\npool_mode = {mode}\nunix_socket_dir =\n{}\n",
            upstream.get_port(),
            upstream.get_username(),
            lines.join("\n"),
        );
        let path = files.path().join("pgbouncer.ini");
        std::fs::write(&path, ini).unwrap();
        std::fs::set_permissions(files.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = Command::new(program());
        // It refuses to serve as root.
        if files.path().metadata().unwrap().uid() == 0 {
            command.args(["-u", "postgres"]);
        }
        let process = command.arg(&path).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut bouncer =
            Self { process: process.expect("`pgbouncer` has to be installed for this test"), port, _files: files };
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(bouncer.process.try_wait().unwrap().is_none(), "pgbouncer refuses {mode} mode with {lines:?}");
            std::thread::yield_now();
        }
        bouncer
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Debian keeps it out of the path of everybody but root.
fn program() -> String {
    let usual = || if cfg!(target_os = "linux") { "/usr/sbin/pgbouncer" } else { "pgbouncer" }.to_owned();
    std::env::var("PGBOUNCER").unwrap_or_else(|_| usual())
}
