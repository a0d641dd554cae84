use lettre::message::Mailbox;

use crate::settings::{Choice, Section};

/// The default sender of transports that reach nobody.
pub(super) const NOBODY: &str = "no-reply@localhost";

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
pub(super) enum Named {
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

pub(super) fn from(section: &mut Section<'_>, transport: &Transport) -> Mailbox {
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
