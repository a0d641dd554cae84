use std::io::{ErrorKind, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use lettre::message::Message;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::connections::{Connections, Idle, Security, Trouble};
use super::reach::Contact;
use super::{Letter, Settings, Tls, Transport, trouble};
use crate::private;
use crate::settings::Problem;

/// Mails sent concurrently, each over its own connection.
pub(super) const BATCH: u32 = 8;

/// A mail transport.
pub enum Sender {
    /// Prints mails.
    Console,
    /// Writes mails into a directory.
    File(PathBuf),
    /// Sends mails to a mail server.
    Smtp(Box<Server>),
    /// Keeps mails for a test.
    #[cfg(feature = "testing")]
    Memory(crate::testing::Mailbox),
}

/// A mail server.
pub struct Server(pub(super) Connections);

#[derive(Debug)]
pub(super) struct NotSent {
    pub(super) reason: String,
    /// Every further attempt would be refused too.
    pub(super) is_final: bool,
    pub(super) contact: Contact,
}

impl From<anyhow::Error> for NotSent {
    fn from(error: anyhow::Error) -> Self {
        Self { reason: format!("{error:#}"), is_final: false, contact: Contact::Unknown }
    }
}

impl NotSent {
    /// Keeps the address out of logs: servers repeat the one they refuse.
    pub(super) fn without(mut self, address: &str) -> Self {
        self.reason = self.reason.replace(address, "[address]");
        self
    }
}

impl Server {
    async fn send(&self, sender: &str, message: &Message, patience: Duration) -> Result<(), NotSent> {
        self.0.send(message, patience).await.map_err(|trouble| self.not_sent(trouble, sender))
    }

    pub(super) fn not_sent(&self, Trouble { error, greeted }: Trouble, sender: &str) -> NotSent {
        let trouble = error.as_ref().map_or_else(|| trouble::silence(greeted).to_owned(), trouble::explain);
        let is_answer = greeted || error.as_ref().is_some_and(|error| error.status().is_some());
        NotSent {
            reason: format!("{}:{}: {trouble}", self.0.host, self.0.port),
            is_final: error.is_some_and(|error| trouble::is_final(&error, sender)),
            contact: if is_answer { Contact::Answered } else { Contact::Unreachable },
        }
    }
}

impl Sender {
    /// Does not connect: a mail server that is down does not prevent the start. Fails if the directory, the CA file or
    /// the host name cannot be used. `host`, that of `http.public_url`, is the name in EHLO if `mail.hello` is empty;
    /// without either, it is the machine's name.
    pub fn new(settings: &Settings, host: Option<&str>) -> Result<Self, Problem> {
        Ok(match &settings.transport {
            Transport::Console => Self::Console,
            Transport::File => {
                let directory = settings.directory.clone();
                private::create_directory(&directory).map_err(|error| {
                    let words = format_args!("names {}, which cannot be made: {error}", directory.display());
                    Problem::new("mail.directory", words)
                })?;
                Self::File(directory)
            }
            Transport::Smtp => Self::Smtp(Box::new(smtp(settings, host)?)),
            #[cfg(feature = "testing")]
            Transport::Memory(mailbox) => Self::Memory(mailbox.clone()),
        })
    }

    pub(super) async fn send(
        &self,
        settings: &Settings,
        id: Uuid,
        letter: &Letter,
        message: Message,
    ) -> Result<(), NotSent> {
        match self {
            Self::Console => print(letter),
            Self::File(directory) => {
                let written = tokio::time::timeout(settings.timeout, write(directory, id, message)).await;
                let written = written.unwrap_or_else(|_| Err(anyhow::anyhow!("it took too long")));
                written.map_err(|error| NotSent { contact: Contact::Unreachable, ..NotSent::from(error) })?;
            }
            Self::Smtp(server) => server.send(settings.from.email.as_ref(), &message, settings.timeout).await?,
            #[cfg(feature = "testing")]
            Self::Memory(mailbox) => mailbox.put(id, letter, &message),
        }
        Ok(())
    }
}

fn smtp(settings: &Settings, host: Option<&str>) -> Result<Server, Problem> {
    let mut parameters = TlsParameters::builder(settings.host.clone());
    if let Some(path) = &settings.ca_file {
        parameters = parameters.add_root_certificate(authorities(path).map_err(|problem| {
            let words = format_args!("names {}, which {problem}", path.display());
            Problem::new("mail.ca_file", words)
        })?);
    }
    let tls = || parameters.build().map_err(|error| Problem::new("mail.host", format_args!("cannot be used: {error}")));
    let security = match settings.tls {
        Tls::Starttls => Security::Starttls(tls()?),
        Tls::Implicit => Security::Tls(tls()?),
        Tls::None => Security::None,
    };
    let password = settings.password.expose_secret().to_owned();
    Ok(Server(Connections {
        host: settings.host.clone(),
        port: settings.port,
        security,
        credentials: (!settings.user.is_empty()).then(|| Credentials::new(settings.user.clone(), password)),
        hello: settings.hello.as_deref().or(host).map_or_else(ClientId::default, hello),
        idle: Arc::new(Idle::default()),
    }))
}

/// A DNS name, or an address as a literal (RFC 5321, section 4.1.1.1).
fn hello(name: &str) -> ClientId {
    match name.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::Domain(name.to_owned()),
    }
}

fn authorities(path: &Path) -> Result<Certificate, String> {
    let pem = std::fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
    // The parser accepts a file without certificates.
    if !pem.contains("-----BEGIN CERTIFICATE-----") {
        return Err("holds no certificates in PEM".into());
    }
    Certificate::from_pem(pem.as_bytes()).map_err(|error| format!("holds no certificates in PEM: {error}"))
}

fn print(letter: &Letter) {
    let Letter { to, subject, text, .. } = letter;
    eprintln!("--- mail to {to}: {subject}\n{}\n--- end of mail", text.trim_end());
}

/// Writes under another name first, so that programs that watch the directory find complete mails only.
async fn write(directory: &Path, id: Uuid, message: Message) -> anyhow::Result<()> {
    let path = directory.join(format!("{id}.eml"));
    let cannot = format!("cannot write {}", path.display());
    let writing = tokio::task::spawn_blocking(move || {
        let partial = path.with_extension("part");
        // Mails contain links and codes: others may be able to read the leftover of an interrupted attempt.
        std::fs::remove_file(&partial).or_else(|error| match error.kind() {
            ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })?;
        private::options().create_new(true).open(&partial)?.write_all(&message.formatted())?;
        std::fs::rename(&partial, &path)
    });
    writing.await?.context(cannot)
}
