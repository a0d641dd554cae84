//! `[mail]`.

use std::path::PathBuf;
use std::time::Duration;

use lettre::message::Mailbox;
use secrecy::{ExposeSecret, SecretString};

use crate::settings::{Choice, Section};

/// The default sender of transports that reach nobody.
const NOBODY: &str = "no-reply@localhost";

/// A mail transport.
#[derive(Clone, Debug)]
pub enum Transport {
    /// To standard error.
    Console,
    /// To a mail server.
    Smtp,
    /// Into files.
    File,
    /// Into the memory of a test.
    #[cfg(feature = "testing")]
    Memory(crate::testing::Mailbox),
}

#[derive(Clone, Copy)]
enum Named {
    Console,
    Smtp,
    File,
}

impl Choice for Named {
    const NAMES: &[(&str, Self)] = &[("console", Self::Console), ("smtp", Self::Smtp), ("file", Self::File)];
}

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Begins in clear text and must switch to TLS before anything is sent (RFC 3207); usually port 587.
    Starttls,
    /// TLS from the first byte; usually port 465.
    Implicit,
    /// No TLS.
    None,
}

impl Choice for Tls {
    // After the first three: values of EMAIL_USE_TLS in Django projects and in shells.
    const NAMES: &[(&str, Self)] = &[
        ("starttls", Self::Starttls),
        ("tls", Self::Implicit),
        ("none", Self::None),
        ("true", Self::Starttls),
        ("false", Self::None),
        ("yes", Self::Starttls),
        ("no", Self::None),
        ("on", Self::Starttls),
        ("off", Self::None),
        ("1", Self::Starttls),
        ("0", Self::None),
    ];
}

/// `[mail]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The transport.
    pub transport: Transport,
    /// Where [`Transport::File`] writes.
    pub directory: PathBuf,
    /// The mail server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The user name for the mail server; empty for no authentication.
    pub user: String,
    /// The user's password.
    pub password: SecretString,
    /// How the connection is protected.
    pub tls: Tls,
    /// A PEM file of certificate authorities to trust besides the public ones.
    pub ca_file: Option<PathBuf>,
    /// The name in EHLO; if none, the host of `http.public_url`, else the machine's name.
    pub hello: Option<String>,
    /// The maximum time to send one mail.
    pub timeout: Duration,
    /// The sender.
    pub from: Mailbox,
    /// Put before every subject.
    pub subject_prefix: String,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let host = section.text("host");
        let transport = match section.optional_text("transport") {
            None if host.is_empty() => Named::Console,
            None => Named::Smtp,
            Some(_) => section.one_of("transport"),
        };
        let transport = match transport {
            Named::Console => Transport::Console,
            Named::Smtp => Transport::Smtp,
            Named::File => Transport::File,
        };
        let from = from(section, &transport);
        let settings = Self {
            transport,
            directory: section.required_text("directory").into(),
            host,
            port: u16::try_from(section.number("port", 1..=65_535)).unwrap_or_default(),
            user: section.text("user"),
            password: section.secret("password"),
            tls: section.one_of("tls"),
            ca_file: section.optional_text("ca_file").map(PathBuf::from),
            hello: section.optional_text("hello"),
            timeout: section.duration("timeout"),
            from,
            subject_prefix: section.text("subject_prefix"),
        };
        if matches!(settings.transport, Transport::Smtp) && settings.host.is_empty() {
            section.problem("host", "must name the mail server, since mail.transport is \"smtp\" (or set EMAIL_HOST)");
        }
        if settings.user.is_empty() != settings.password.expose_secret().is_empty() {
            section.conflict("password", &["mail.user"], "and mail.user go together: set both, or neither");
        }
        if settings.hello.as_deref().is_some_and(|name| !is_hello(name)) {
            section.problem("hello", "must be a name in the DNS or an address, such as \"auth.example.com\"");
        }
        if settings.timeout.is_zero() {
            section.problem("timeout", "must be longer than zero");
        }
        settings
    }

    pub(crate) fn refuse_unsafe(&self, section: &mut Section<'_>) {
        if matches!(self.transport, Transport::Console) {
            section.problem(
                "transport",
                "must not be \"console\" in production: nobody would get a mail; set mail.host (EMAIL_HOST) to your mail server",
            );
        }
        if matches!(self.transport, Transport::Smtp) && self.from.email.to_string() == NOBODY {
            section.problem(
                "from",
                "must be set in production (or DEFAULT_FROM_EMAIL): mail servers refuse mail from no-reply@localhost",
            );
        }
    }

    pub(crate) fn warn(&self, warnings: &mut Vec<String>) {
        if matches!(self.transport, Transport::Smtp) && self.tls == Tls::None && !is_local(&self.host) {
            warnings.push("mail.tls: mails with secret links travel in clear; use \"starttls\" or \"tls\"".into());
        }
        if matches!(self.transport, Transport::File) {
            warnings.push("mail.transport: mails are written to files and reach nobody; use \"smtp\"".into());
        }
    }
}

fn from(section: &mut Section<'_>, transport: &Transport) -> Mailbox {
    let text = section.text("from");
    if text.is_empty() && !matches!(transport, Transport::Smtp) {
        return NOBODY.parse().expect("a constant that is an address");
    }
    match text.parse() {
        Ok(mailbox) if !text.chars().any(char::is_control) => mailbox,
        _ => {
            section.unreadable(
                "from",
                "must be an address mail may come from, such as \"Example <no-reply@example.com>\" (or set DEFAULT_FROM_EMAIL)",
            );
            NOBODY.parse().expect("a constant that is an address")
        }
    }
}

fn is_hello(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte))
}

fn is_local(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
