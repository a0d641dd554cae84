use std::path::PathBuf;
use std::time::Duration;

use redis::{ConnectionAddr, IntoConnectionInfo};
use secrecy::{ExposeSecret, SecretString};

use super::server::plain;
use super::{PAUSE, TIMEOUT};
use crate::settings::{Advice, Deployed, Section};

/// `[redis]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address; without one, the database does the work.
    pub url: Option<SecretString>,
    /// A file of certificate authorities (PEM) to trust besides the public ones.
    pub ca_file: Option<PathBuf>,
    /// How long a request may wait, connecting included. Not a key of the settings; tests on slow machines wait longer.
    pub timeout: Duration,
    /// How long Redis is left alone after a failure. Not a key either.
    pub pause: Duration,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let url = section.optional_text("url");
        // The message does not repeat the value, which may contain a password.
        if url.as_ref().is_some_and(|url| !is_address(url)) {
            section.problem(
                "url",
                "must be an address such as \"redis://:password@127.0.0.1:6379/0\", or \"rediss://…\" with TLS; Sentinel is not \
                 asked: name the primary, or a proxy that follows it",
            );
        }
        let ca_file = section.optional_text("ca_file").map(PathBuf::from);
        Self { url: url.map(SecretString::from), ca_file, timeout: TIMEOUT, pause: PAUSE }
    }
}

impl Deployed for Settings {
    fn advise(&self, advice: &mut Advice) {
        advice.warn_if(
            self.url.as_ref().is_some_and(|url| tells_password(url.expose_secret())),
            "redis.url: the password travels in clear; use `rediss://`",
        );
    }
}

fn is_address(url: &str) -> bool {
    let (address, _) = plain(url);
    // The client also accepts addresses of Unix sockets.
    let has_scheme = address.starts_with("redis://");
    // Reject a fragment: the client would ignore it, and it may be meant to turn off certificate checks (`#insecure`).
    has_scheme && !address.contains('#') && address.as_str().into_connection_info().is_ok()
}

fn tells_password(url: &str) -> bool {
    let (address, is_tls) = plain(url);
    address.as_str().into_connection_info().is_ok_and(|info| {
        let is_here = match info.addr() {
            ConnectionAddr::Tcp(host, _) => {
                host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
            }
            _ => true,
        };
        !is_tls && !is_here && info.redis_settings().password().is_some()
    })
}
