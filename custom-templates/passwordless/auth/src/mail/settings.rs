//! Differs from the built-in project: nothing is tried again, since the request waits.

use std::path::PathBuf;
use std::time::Duration;

use lettre::message::Mailbox;
use secrecy::{ExposeSecret, SecretString};

use super::transport::{NOBODY, Named, Tls, Transport, from};
use crate::settings::{Advice, Deployed, Section};

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
}

impl Deployed for Settings {
    fn refuse_unsafe(&self, section: &mut Section<'_>) {
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

    fn advise(&self, advice: &mut Advice) {
        advice.warn_if(
            matches!(self.transport, Transport::Smtp) && self.tls == Tls::None && !is_local(&self.host),
            "mail.tls: mails with secret links travel in clear; use \"starttls\" or \"tls\"",
        );
        advice.warn_if(
            matches!(self.transport, Transport::File),
            "mail.transport: mails are written to files and reach nobody; use \"smtp\"",
        );
    }
}

fn is_hello(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte))
}

fn is_local(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
