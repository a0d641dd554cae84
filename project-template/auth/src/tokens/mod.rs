//! Access and refresh tokens: claims, keys, signatures, encryption, and the verification of a presented token.

mod binding;
mod cache;
mod claims;
#[cfg(test)]
mod claims_tests;
mod jwe;
mod jwk;
mod jws;
mod key_file;
mod key_files;
mod key_set;
mod keys;
mod mac;
mod naming;
mod pem;
mod reading;
mod refusal;
mod sealed;
mod settings;
mod strict_json;
#[cfg(test)]
mod test_keys;
mod vault;

use std::sync::Arc;

use serde_json::Value;
use time::OffsetDateTime;

pub use binding::{Bind, Binding};
pub(crate) use claims::Grant;
pub use claims::{AccessClaims, Claims, RefreshClaims, UserClaims};
pub(crate) use jwe::generate as generate_encryption_key;
pub use jws::Algorithm;
pub(crate) use key_file::{PEM, SECRET, parse, read, with_signs_from};
pub(crate) use key_files::{key_files, may_be_directory, number};
pub use keys::SigningKey;
pub(crate) use keys::Signs;
pub use naming::Typ;
pub(crate) use reading::{Current, every_minute, keep_reading};
pub use refusal::Refusal;
pub use settings::Settings;

use crate::settings::Problem;
use cache::VerifiedTokens;
use claims::{Kind, Lifetime};
use jwe::Seal;
use key_set::KeySet;

fn warn_of(warnings: &[String]) {
    for warning in warnings {
        tracing::warn!("{warning}");
    }
}

/// Issues and verifies tokens, without the database.
pub struct Tokens {
    keys: KeySet,
    seal: Seal,
    settings: Settings,
    verified: VerifiedTokens,
}

impl Tokens {
    /// Loads the keys.
    ///
    /// # Errors
    /// Every key that is missing, weak or of the wrong kind, with the fix.
    pub fn load(settings: &Settings) -> Result<Self, Vec<Problem>> {
        let (tokens, warnings) = Self::read(settings)?;
        warn_of(&warnings);
        Ok(tokens)
    }

    /// Loads the keys again; none if they have not changed.
    ///
    /// # Errors
    /// As [`Tokens::load`].
    fn read_again(&self) -> Result<Option<Self>, Vec<Problem>> {
        let (tokens, warnings) = Self::read(&self.settings)?;
        if self.keys.is_same(&tokens.keys) {
            return Ok(None);
        }
        warn_of(&warnings);
        Ok(Some(tokens))
    }

    fn read(settings: &Settings) -> Result<(Self, Vec<String>), Vec<Problem>> {
        let (loaded, seal) =
            match (KeySet::load(&settings.keys, settings.algorithm), Seal::new(&settings.encryption_keys)) {
                (Ok(loaded), Ok(seal)) => (loaded, seal),
                (loaded, seal) => return Err([loaded.err(), seal.err()].into_iter().flatten().flatten().collect()),
            };
        let verified = VerifiedTokens::default();
        Ok((Self { keys: loaded.keys, seal, settings: settings.clone(), verified }, loaded.warnings))
    }

    /// The public keys, for other services (RFC 7517).
    #[must_use]
    pub fn jwks(&self) -> &Value {
        self.keys.jwks()
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &SigningKey> {
        self.keys.iter()
    }

    pub(crate) fn signing_key(&self, now: OffsetDateTime) -> &SigningKey {
        self.keys.signing(now)
    }

    /// The names of the encryption keys, newest first.
    pub(crate) fn encryption_kids(&self) -> impl Iterator<Item = &str> {
        self.seal.kids()
    }

    /// The name of the key that encrypts new tokens.
    pub(crate) fn sealing_kid(&self) -> Option<&str> {
        self.seal.sealing_kid()
    }

    /// Whether `tokens.encryption_keys` has `plain`, which accepts tokens that are not encrypted.
    pub(crate) fn accepts_plain(&self) -> bool {
        self.seal.has_plain()
    }

    /// Issues an access token that is valid from now, at most until the session's end.
    pub(crate) fn access(&self, grant: &Grant<'_>, now: OffsetDateTime, session_end: Option<OffsetDateTime>) -> String {
        let lifetime = Lifetime { from: now, until: self.access_until(now, session_end) };
        let claims = claims::encode(Kind::Access, grant, lifetime, &self.settings);
        self.seal.seal(self.keys.signing(now).sign(self.settings.typ.name(), &claims))
    }

    /// When an access token that is issued now expires.
    pub(crate) fn access_until(&self, now: OffsetDateTime, session_end: Option<OffsetDateTime>) -> OffsetDateTime {
        let expiry = now + self.settings.access_lifetime;
        session_end.map_or(expiry, |end| end.min(expiry))
    }

    /// The refresh token of a session's generation. The same arguments give the same bytes while the keys stay, so it
    /// can be issued again without being stored.
    pub(crate) fn refresh(
        &self,
        grant: &Grant<'_>,
        generation: i64,
        from: OffsetDateTime,
        until: OffsetDateTime,
    ) -> String {
        let claims = claims::encode(Kind::Refresh { generation }, grant, Lifetime { from, until }, &self.settings);
        self.seal.seal(self.keys.signing(from).refresh_key().sign(naming::REFRESH, &claims))
    }

    /// The claims of an access token, if it is ours and valid now. The session is not checked here.
    pub fn verify_access(&self, token: &str, now: OffsetDateTime) -> Result<Arc<AccessClaims>, Refusal> {
        let claims = if let Some(claims) = self.verified.get(token) {
            claims
        } else {
            let claims = self.keys.verify(&self.seal.open(token)?, self.settings.typ.accepted())?;
            let claims = Arc::new(AccessClaims::decode(claims, &self.settings).ok_or(Refusal::Invalid)?);
            self.verified.insert(token, &claims);
            claims
        };
        claims.check_time(now, &self.settings)?;
        Ok(claims)
    }

    /// The claims of a refresh token, if it is ours and not expired. Only the session knows whether it is current.
    pub fn verify_refresh(&self, token: &str, now: OffsetDateTime) -> Result<RefreshClaims, Refusal> {
        let claims = self.read_refresh(token)?;
        if claims.is_expired(now) { Err(Refusal::Expired) } else { Ok(claims) }
    }

    /// The claims of a refresh token, if it is ours, even if it has expired: the session knows why it is invalid.
    pub(crate) fn read_refresh(&self, token: &str) -> Result<RefreshClaims, Refusal> {
        let claims = self.keys.verify_refresh(&self.seal.open(token)?, &[naming::REFRESH])?;
        RefreshClaims::decode(claims, &self.settings).ok_or(Refusal::Invalid)
    }
}
