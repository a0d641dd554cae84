use std::collections::BTreeSet;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::settings::{Deployed, Section};

/// In bytes: no rate of requests is enough to guess a secret of this length.
const SECRET_LENGTH: usize = 32;
/// A random secret has more different characters; `aaaa…` and `changeme-changeme-…` have fewer.
const SECRET_VARIETY: usize = 10;

/// `[cron]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The secret that a scheduler presents. Without one, the endpoint is off.
    pub secret: Option<SecretString>,
    /// How often the server removes expired data.
    pub interval: Option<Duration>,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let interval = section.duration("interval");
        let secret = section.optional_text("secret").map(SecretString::from);
        if secret.as_ref().is_some_and(|secret| !is_strong(secret.expose_secret())) {
            section.problem(
                "secret",
                "must be at least 32 random bytes, such as `openssl rand -base64 32` prints; or empty, to turn the endpoint off",
            );
        }
        Self { secret, interval: (!interval.is_zero()).then_some(interval) }
    }
}

impl Deployed for Settings {}

fn is_strong(secret: &str) -> bool {
    let variety = secret.bytes().collect::<BTreeSet<u8>>().len();
    secret.len() >= SECRET_LENGTH && variety >= SECRET_VARIETY && secret.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_long_random_and_fits_into_a_header() {
        assert!(is_strong("n0pN8J-2a1u0bqBp3vPCeFyO1VCE0bBAwW2Jx6JHv1s"));
        assert!(is_strong("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"));
        for weak in [
            "n0pN8J-2a1u0bqBp3vPCeFyO1VCE0bB",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "changeme-changeme-changeme-changeme",
            "n0pN8J 2a1u0bqBp3vPCeFyO1VCE0bBAwW2Jx6JHv1s",
        ] {
            assert!(!is_strong(weak), "{weak}");
        }
    }
}
