//! `[http]`. Differs from the built-in project: a service without cookies, pages and proxies has fewer keys.

use std::net::SocketAddr;
use std::time::Duration;

use crate::settings::Section;

/// `[http]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the server listens.
    pub bind: SocketAddr,
    /// The time a request may take.
    pub request_timeout: Duration,
    /// How long a connection is kept that nobody uses.
    pub idle_timeout: Duration,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let bind = section.text("bind").parse().unwrap_or_else(|_| {
            section.unreadable("bind", "must be an address and a port, such as \"127.0.0.1:8100\"");
            SocketAddr::from(([127, 0, 0, 1], 8100))
        });
        Self {
            bind,
            request_timeout: section.duration("request_timeout"),
            idle_timeout: section.duration("idle_timeout"),
        }
    }
}
