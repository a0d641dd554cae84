use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest;
use ring::rand::{self, SystemRandom};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::Codes;
use super::link_store::{self as store, Row};
use crate::Auth;
use crate::db::Tx;
use crate::error::Result;

const SECRET_BYTES: usize = 32;
/// Used and expired links are kept this long, so that they can be told from unknown ones.
pub(super) const EXPLAINED: Duration = Duration::from_hours(30 * 24);

pub(crate) struct Link<T> {
    hash: Vec<u8>,
    pub(crate) purpose: String,
    pub(crate) subject: Uuid,
    /// The link is void if the subject's version has changed since.
    pub(crate) version: i64,
    pub(crate) data: T,
}

pub(crate) enum LinkStanding<T> {
    Good(Link<T>),
    Used {
        subject: Uuid,
        /// None once the key that sealed it has been removed.
        data: Option<T>,
    },
    Expired,
    Unknown,
}

impl Codes<'_> {
    /// Call [`forget()`] first to replace earlier links.
    pub(crate) async fn issue<T: Serialize>(
        self,
        tx: &mut Tx,
        purpose: &'static str,
        (subject, version): (Uuid, i64),
        data: &T,
        lifetime: Duration,
    ) -> Result<SecretString> {
        let secret = secret()?;
        let now = self.0.now();
        let hash = hash(secret.expose_secret());
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(data).map_err(anyhow::Error::new)?);
        let sealed = self.0.tokens().seal(&thing(&hash), &plain, now);
        let (created_at, expires_at) = (now, now + lifetime);
        let row =
            Row { hash, purpose: purpose.into(), subject, version, sealed, created_at, expires_at, used_at: None };
        store::insert(tx, &row).await?;
        Ok(secret)
    }

    pub(crate) async fn find<T: DeserializeOwned>(self, purposes: &[&str], secret: &str) -> Result<LinkStanding<T>> {
        let row = store::by_hash(self.0.db(), &hash(secret)).await?;
        let Some(row) = row.filter(|row| purposes.contains(&row.purpose.as_str())) else {
            return Ok(LinkStanding::Unknown);
        };
        if row.used_at.is_none() && row.expires_at <= self.0.now() {
            return Ok(LinkStanding::Expired);
        }
        let plain = self.0.tokens().open(&thing(&row.hash), &row.sealed);
        let data = plain.map(|plain| serde_json::from_slice(&plain).map_err(anyhow::Error::new)).transpose()?;
        if row.used_at.is_some() {
            return Ok(LinkStanding::Used { subject: row.subject, data });
        }
        let Some(data) = data else { return Ok(LinkStanding::Expired) };
        let Row { hash, purpose, subject, version, .. } = row;
        Ok(LinkStanding::Good(Link { hash, purpose, subject, version, data }))
    }

    /// What the live links of a purpose carry.
    pub(crate) async fn carried<T: DeserializeOwned>(
        self,
        tx: &mut Tx,
        purpose: &str,
        subject: Uuid,
    ) -> Result<Vec<T>> {
        let rows = store::live(tx, purpose, subject, self.0.now()).await?;
        let plain = rows.iter().filter_map(|row| self.0.tokens().open(&thing(&row.hash), &row.sealed));
        plain.map(|plain| Ok(serde_json::from_slice(&plain).map_err(anyhow::Error::new)?)).collect()
    }

    pub(crate) async fn count_live(self, tx: &mut Tx, purpose: &str, subject: Uuid) -> sqlx::Result<u64> {
        store::count_live(tx, purpose, subject, self.0.now()).await
    }
}

impl<T> Link<T> {
    /// Of concurrent requests, only one gets `true`.
    pub(crate) async fn consume(&self, auth: &Auth, tx: &mut Tx) -> sqlx::Result<bool> {
        store::consume(tx, &self.hash, auth.now()).await
    }
}

pub(crate) async fn forget(tx: &mut Tx, purpose: &str, subject: Uuid) -> sqlx::Result<()> {
    store::remove(tx, purpose, subject).await
}

/// Call it whenever a way to sign in is revoked.
pub(crate) async fn forget_all(tx: &mut Tx, subject: Uuid) -> sqlx::Result<()> {
    store::remove_unused(tx, subject).await
}

/// Too long to guess, and made of characters that need no encoding in an address or a cookie.
pub(crate) fn secret() -> Result<SecretString> {
    let secret: [u8; SECRET_BYTES] =
        rand::generate(&SystemRandom::new()).map_err(|_| anyhow::anyhow!("no random bytes"))?.expose();
    Ok(SecretString::from(URL_SAFE_NO_PAD.encode(secret)))
}

/// How a secret is stored: SHA-256, without salt, since it is too long to guess.
pub(crate) fn hash(secret: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, secret.as_bytes()).as_ref().to_vec()
}

/// The sealing context, so that the data cannot be opened in another row.
fn thing(hash: &[u8]) -> String {
    format!("link {}", URL_SAFE_NO_PAD.encode(hash))
}
