//! `[redis]`.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::TIMEOUT;
use crate::settings::{Problem, Section};

/// `[redis]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it is; none: the database does its work.
    pub url: Option<SecretString>,
    /// How long a request may wait for it, connecting included. It is no key: a slow machine's tests are more patient.
    pub timeout: Duration,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let url = section.optional_text("url").map(SecretString::from);
        if let Some(Err(problem)) = url.as_ref().map(client) {
            section.found(&[problem]);
        }
        Self { url, timeout: TIMEOUT }
    }
}

/// What connects to an address, which may have a password in it and so is not repeated.
pub(super) fn client(url: &SecretString) -> Result<redis::Client, Problem> {
    let url = url.expose_secret();
    if url.starts_with("rediss://") {
        let fix = "asks for TLS, which is not built in: use `redis://` in a private network";
        return Err(Problem::new("redis.url", fix));
    }
    let client = Some(url).filter(|url| url.starts_with("redis://")).and_then(|url| redis::Client::open(url).ok());
    let fix = "must be an address such as \"redis://:password@127.0.0.1:6379/0\"";
    client.ok_or_else(|| Problem::new("redis.url", fix))
}
