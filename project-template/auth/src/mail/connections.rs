//! lettre's own pool does not report whether the server had greeted before a timeout. A server that greets, and then
//! waits for the recipient's server, is reachable: only that mail is late.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lettre::message::Message;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use tokio::time::{Instant, sleep, timeout};

use super::sender::BATCH;

const IDLE: Duration = Duration::from_mins(1);

pub(super) enum Security {
    Starttls(TlsParameters),
    Tls(TlsParameters),
    None,
}

pub(super) struct Trouble {
    /// None for a timeout.
    pub(super) error: Option<Error>,
    pub(super) greeted: bool,
}

pub(super) struct Connections {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) credentials: Option<Credentials>,
    /// The name in EHLO.
    pub(super) hello: ClientId,
    pub(super) idle: Arc<Idle>,
}

#[derive(Default)]
pub(super) struct Idle(Mutex<Vec<(AsyncSmtpConnection, Instant)>>);

impl Connections {
    /// `patience` covers everything from connecting on.
    pub(super) async fn send(&self, message: &Message, patience: Duration) -> Result<(), Trouble> {
        let deadline = Instant::now() + patience;
        let mut connection = self.greeted(deadline).await?;
        let envelope = message.envelope();
        let formatted = message.formatted();
        let sent = before(deadline, connection.send(envelope, &formatted)).await;
        sent.map_err(|error| Trouble { error, greeted: true })?;
        self.keep(connection);
        Ok(())
    }

    /// Greeted and, if needed, signed in.
    pub(super) async fn greeted(&self, deadline: Instant) -> Result<AsyncSmtpConnection, Trouble> {
        while let Some(mut connection) = self.idle.take() {
            // Servers close idle connections.
            if before(deadline, async { Ok(connection.test_connected().await) }).await.unwrap_or(false) {
                return Ok(connection);
            }
        }
        let connected = before(deadline, self.connect()).await;
        let mut connection = connected.map_err(|error| Trouble { error, greeted: false })?;
        if let Some(credentials) = &self.credentials {
            let welcome = before(deadline, connection.auth(DEFAULT_MECHANISMS, credentials)).await;
            welcome.map_err(|error| Trouble { error, greeted: true })?;
        }
        Ok(connection)
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let tls = if let Security::Tls(parameters) = &self.security { Some(parameters.clone()) } else { None };
        let server = (self.host.as_str(), self.port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(server, None, &self.hello, tls, None).await?;
        if let Security::Starttls(parameters) = &self.security {
            connection.starttls(parameters.clone(), &self.hello).await?;
        }
        Ok(connection)
    }

    pub(super) fn keep(&self, connection: AsyncSmtpConnection) {
        let idle = Arc::clone(&self.idle);
        idle.put(connection);
        tokio::spawn(async move {
            sleep(IDLE).await;
            for (mut connection, _) in idle.take_old() {
                connection.abort().await;
            }
        });
    }
}

impl Idle {
    /// The one used last, so that the others can expire.
    fn take(&self) -> Option<AsyncSmtpConnection> {
        self.lock().pop().map(|(connection, _)| connection)
    }

    fn put(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.lock();
        if idle.len() < BATCH as usize {
            idle.push((connection, Instant::now()));
        }
    }

    fn take_old(&self) -> Vec<(AsyncSmtpConnection, Instant)> {
        let now = Instant::now();
        self.lock().extract_if(.., |(_, since)| now.duration_since(*since) >= IDLE).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(AsyncSmtpConnection, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `Err(None)` is a timeout.
async fn before<T>(deadline: Instant, work: impl Future<Output = Result<T, Error>>) -> Result<T, Option<Error>> {
    match timeout(deadline.saturating_duration_since(Instant::now()), work).await {
        Ok(done) => done.map_err(Some),
        Err(_) => Err(None),
    }
}
