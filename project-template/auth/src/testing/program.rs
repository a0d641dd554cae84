use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tempfile::TempDir;

use super::{Engine, Reply};

/// The application as a process, for tests such as those that kill it. Its directory and database are deleted with it.
pub struct Program {
    path: PathBuf,
    directory: TempDir,
    database: SecretString,
    variables: Vec<(String, String)>,
    limits: Option<String>,
}

impl Program {
    /// The program at this path (in a test, `env!("CARGO_BIN_EXE_…")`), with one key and an empty database.
    pub async fn new(path: impl Into<PathBuf>, engine: Engine) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let database = engine.new_database(directory.path()).await;
        let program = Self { path: path.into(), directory, database, variables: Vec::new(), limits: None }
            .with("JWT_ALLAUTH__PASSWORD__HASH_MEMORY", "8")
            .with("JWT_ALLAUTH__PASSWORD__HASH_ITERATIONS", "1");
        let made = program.run(&["keys", "rotate"]);
        assert!(made.status.success(), "{made:?}");
        program
    }

    /// Sets an environment variable for every process from now on.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Has a shell run these commands before every process from now on, such as `ulimit -n 64`.
    #[must_use]
    pub fn within(mut self, limits: &str) -> Self {
        self.limits = Some(limits.to_owned());
        self
    }

    /// The working directory of its processes.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// A command to start. Its environment has only the database, a free port and the variables of [`Program::with`].
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = match &self.limits {
            None => Command::new(&self.path),
            Some(limits) => {
                let mut shell = Command::new("/bin/sh");
                shell.args(["-c", &format!("{limits}; exec \"$@\""), "sh"]).arg(&self.path);
                shell
            }
        };
        command.args(arguments).current_dir(self.directory()).env_clear().stdin(Stdio::null());
        command.env("DATABASE_URL", self.database.expose_secret()).env("PORT", "0");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command to its end.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program starts")
    }

    /// Starts the server on a free port, and waits until it serves.
    #[must_use]
    pub fn serve(&self) -> Server {
        self.begin_to_serve().ready()
    }

    /// As [`Program::serve`], without the wait.
    #[must_use]
    pub fn begin_to_serve(&self) -> Starting {
        self.begin_to_serve_with(&["serve"])
    }

    /// As [`Program::begin_to_serve`], with these arguments.
    #[must_use]
    pub fn begin_to_serve_with(&self, arguments: &[&str]) -> Starting {
        let mut child = self.command(arguments).stderr(Stdio::piped()).spawn().expect("the program starts");
        let stderr = child.stderr.take().expect("a pipe");
        let (sender, lines) = channel();
        let log = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let mut log = kept.lock().unwrap_or_else(PoisonError::into_inner);
                log.push_str(&line);
                log.push('\n');
                drop(log);
                let _ = sender.send(line);
            }
        });
        Starting(Server { child, address: SocketAddr::from(([127, 0, 0, 1], 0)), lines: Mutex::new(lines), log })
    }
}

/// A server that may not serve yet.
pub struct Starting(Server);

impl Starting {
    /// Waits until it serves.
    #[must_use]
    pub fn ready(self) -> Server {
        let mut server = self.0;
        let line = server.line_with("serving on http://");
        let address = line.rsplit_once("http://").map_or("", |(_, rest)| rest);
        // In production the line is JSON, and continues after the address.
        let end = address.find(|letter: char| !letter.is_ascii_digit() && !".:".contains(letter));
        server.address = address[..end.unwrap_or(address.len())].parse().expect("an address after `serving on`");
        server
    }
}

/// A server that runs until it is stopped or dropped.
pub struct Server {
    child: Child,
    address: SocketAddr,
    lines: Mutex<Receiver<String>>,
    log: Arc<Mutex<String>>,
}

impl Server {
    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for a line of the log that contains `text`.
    pub fn wait_for(&self, text: &str) {
        self.line_with(text);
    }

    fn line_with(&self, text: &str) -> String {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let line = lines.iter().find(|line| line.contains(text));
        line.unwrap_or_else(|| panic!("the log ended without `{text}`:\n{}", self.log()))
    }

    /// The log so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends a request on a connection of its own.
    ///
    /// # Errors
    /// If the server does not send a complete response.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> std::io::Result<Reply> {
        let mut connection = self.begin(method, path, headers, body.len())?;
        connection.write_all(body.as_bytes())?;
        read_reply(connection)
    }

    /// Sends the head of a request, with a body of this many bytes to follow.
    ///
    /// # Errors
    /// If the server is not there.
    pub fn begin(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        length: usize,
    ) -> std::io::Result<TcpStream> {
        let mut connection = TcpStream::connect(self.address)?;
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n",
            self.address
        );
        for (name, value) in headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head.push_str("\r\n");
        connection.write_all(head.as_bytes())?;
        Ok(connection)
    }

    /// Asks it to stop (SIGTERM).
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Kills it (SIGKILL).
    pub fn kill(&self) {
        self.signal("KILL");
    }

    /// Asks it to read its keys again (SIGHUP).
    pub fn hang_up(&self) {
        self.signal("HUP");
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.child.id())]).status();
        assert!(sent.expect("a shell").success(), "the process is gone already");
    }

    /// Waits until it exits.
    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("a child of ours")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads a response until the connection ends.
///
/// # Errors
/// If the connection ends before the response does, or the data is not a response.
pub fn read_reply(mut connection: impl Read) -> std::io::Result<Reply> {
    let mut bytes = Vec::new();
    connection.read_to_end(&mut bytes)?;
    parse_reply(&String::from_utf8_lossy(&bytes)).ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
}

fn parse_reply(text: &str) -> Option<Reply> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let (status, fields) = head.split_once("\r\n").unwrap_or((head, ""));
    let status = status.split(' ').nth(1)?.parse().ok()?;
    if (100..200).contains(&status) {
        return parse_reply(body);
    }
    let mut headers = HeaderMap::new();
    for (name, value) in fields.split("\r\n").filter_map(|field| field.split_once(": ")) {
        headers.append(HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?);
    }
    let length = headers.get("content-length").and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| body.len() != length) {
        return None;
    }
    let body = serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned()));
    Some(Reply { status, headers, body })
}
