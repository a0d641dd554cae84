//! The secrets of one project, generated from the operating system's random source and never printed.

use anyhow::{Context, Result, anyhow};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};

use crate::answers::Algorithm;

/// Template variables that hold a secret.
pub(crate) const NAMES: [&str; 3] = ["signing_key", "cron_secret", "database_password"];

/// Files reserved for secrets: readable by their owner alone and never committed, whatever they contain.
pub(crate) fn may_be_in(path: &str) -> bool {
    path == ".env" || path.starts_with("keys/")
}

/// PKCS#8 header (RFC 8410) before the 32 bytes of an Ed25519 seed.
const ED25519_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// Not `Debug`, so that no secret reaches a log by accident.
pub(crate) struct Secrets {
    /// Content of a key file. Empty for RS256: this program cannot generate RSA keys.
    pub(crate) signing_key: String,
    pub(crate) cron_secret: String,
    pub(crate) database_password: String,
}

impl Secrets {
    pub(crate) fn generate(algorithm: Algorithm) -> Result<Self> {
        let text = || random().map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
        let signing_key = match algorithm {
            Algorithm::EdDsa => ed25519_pem(&random()?),
            Algorithm::Es256 => p256_pem()?,
            Algorithm::Hs256 => text()?,
            Algorithm::Rs256 => String::new(),
        };
        Ok(Self { signing_key, cron_secret: text()?, database_password: text()? })
    }

    /// Keeps the project's earlier secrets if they look generated. A password that the owner chose is not our secret.
    pub(crate) fn or_drawn_before(self, cron_secret: Option<&str>, database_password: Option<&str>) -> Self {
        let drawn = |text: &&str| text.len() == self.cron_secret.len() && URL_SAFE_NO_PAD.decode(text).is_ok();
        let [cron_secret, database_password] =
            [cron_secret, database_password].map(|text| text.filter(drawn).map(str::to_owned));
        Self {
            cron_secret: cron_secret.unwrap_or(self.cron_secret),
            database_password: database_password.unwrap_or(self.database_password),
            ..self
        }
    }

    /// Whether a text contains one of the secrets, whole or its essential line.
    pub(crate) fn appear_in(&self, contents: &[u8]) -> bool {
        let text = String::from_utf8_lossy(contents);
        let seed = self.signing_key.lines().nth(1).unwrap_or(&self.signing_key);
        let secrets = [seed, &self.cron_secret, &self.database_password];
        secrets.into_iter().any(|secret| !secret.is_empty() && text.contains(secret))
    }
}

fn random() -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("the operating system gave no random bytes")?;
    Ok(bytes)
}

fn ed25519_pem(seed: &[u8; 32]) -> String {
    pem(&[ED25519_PREFIX.as_slice(), seed].concat())
}

/// Uses the library that reads the key later, because the public half is not trivial to derive.
fn p256_pem() -> Result<String> {
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
    let der = made.map_err(|_| anyhow!("the operating system gave no random bytes"))?;
    Ok(pem(der.as_ref()))
}

/// PEM (RFC 7468), in lines of 64 characters.
fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: String = text.as_bytes().chunks(64).flat_map(|line| [line, b"\n"].concat()).map(char::from).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{lines}-----END PRIVATE KEY-----\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signing_key_is_the_pkcs8_of_rfc_8410() {
        let pem = ed25519_pem(&[0; 32]);
        assert_eq!(
            pem,
            "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n-----END PRIVATE KEY-----\n"
        );
    }

    #[test]
    fn a_key_for_es256_is_one_that_the_server_reads_in_lines_that_every_tool_does() {
        let pem = p256_pem().unwrap();
        assert!(pem.lines().all(|line| line.len() <= 64), "{pem}");
        let der: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let der = STANDARD.decode(der).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der, &SystemRandom::new());
        assert!(key.is_ok(), "{pem}");
    }

    #[test]
    fn a_key_for_hs256_is_32_bytes_in_base64url_and_one_for_rs256_is_not_made() {
        let key = Secrets::generate(Algorithm::Hs256).unwrap().signing_key;
        assert_eq!(URL_SAFE_NO_PAD.decode(&key).unwrap().len(), 32);
        let none = Secrets::generate(Algorithm::Rs256).unwrap();
        assert_eq!(none.signing_key, "");
        assert!(!none.appear_in(b"anything"));
    }

    #[test]
    fn no_two_projects_share_a_secret() {
        for algorithm in [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Hs256] {
            let [one, other] = [algorithm; 2].map(|algorithm| Secrets::generate(algorithm).unwrap());
            assert_ne!(one.signing_key, other.signing_key);
        }
        let [one, other] = [Algorithm::EdDsa; 2].map(|algorithm| Secrets::generate(algorithm).unwrap());
        assert_ne!(one.cron_secret, other.cron_secret);
        assert_ne!(one.database_password, other.database_password);
        assert_ne!(one.database_password, one.cron_secret);
    }

    #[test]
    fn a_secret_is_found_in_a_text_whole_or_by_its_one_line() {
        let secrets = Secrets::generate(Algorithm::EdDsa).unwrap();
        let seed = secrets.signing_key.lines().nth(1).unwrap();
        assert!(secrets.appear_in(format!("key = \"{seed}\"").as_bytes()));
        assert!(secrets.appear_in(secrets.cron_secret.as_bytes()));
        assert!(secrets.appear_in(secrets.database_password.as_bytes()));
        assert!(!secrets.appear_in(b"nothing to see"));
    }
}
