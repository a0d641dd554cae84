//! Issues and accepts access and refresh tokens with the keys of this server. Their form is the crate `auth-tokens`.

mod key_file;
mod key_files;
mod reading;
mod sealed;
mod settings;

use std::sync::Arc;

use auth_tokens::{KeySet, Lifetime, REFRESH_TYP, Rules, Seal, VerifiedTokens};
use serde_json::Value;
use time::OffsetDateTime;

pub use auth_tokens::{
    AccessClaims, Algorithm, Bind, Binding, Claims, RefreshClaims, Refusal, SigningKey, Typ, UserClaims,
};
pub(crate) use auth_tokens::{Grant, Signs, generate_encryption_key};
pub(crate) use key_file::{PEM, SECRET, how_to_make, parse, read, with_signs_from};
pub(crate) use key_files::{key_files, may_be_directory, number};
pub(crate) use reading::{Current, every_minute, keep_reading};
pub use settings::Settings;

use crate::settings::Problem;
use key_files::Loaded;
use settings::seal;

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
    rules: Rules,
    verified: VerifiedTokens,
}

impl Tokens {
    /// Loads the keys. The error has every key that is missing, weak or of the wrong kind, with the fix.
    pub fn load(settings: &Settings) -> Result<Self, Vec<Problem>> {
        let (tokens, warnings) = Self::read(settings)?;
        warn_of(&warnings);
        Ok(tokens)
    }

    /// None if the keys have not changed.
    fn read_again(&self) -> Result<Option<Self>, Vec<Problem>> {
        let (tokens, warnings) = Self::read(&self.settings)?;
        if self.keys.is_same(&tokens.keys) {
            return Ok(None);
        }
        warn_of(&warnings);
        Ok(Some(tokens))
    }

    fn read(settings: &Settings) -> Result<(Self, Vec<String>), Vec<Problem>> {
        let keys = Loaded::of(&settings.keys, settings.algorithm);
        match (keys.and_then(|loaded| loaded.signing_with(settings.algorithm)), seal(&settings.encryption_keys)) {
            (Ok(Loaded { keys, warnings, .. }), Ok(seal)) => Ok((Self::of(keys, seal, settings), warnings)),
            (keys, seal) => Err([keys.err(), seal.err()].into_iter().flatten().flatten().collect()),
        }
    }

    /// Loads the keys to list them, even if the server would not sign with them: why is returned beside them.
    ///
    /// # Errors
    /// As [`Tokens::load`], for every other problem.
    pub(crate) fn load_to_list(settings: &Settings) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        match (Loaded::of(&settings.keys, settings.algorithm), seal(&settings.encryption_keys)) {
            (Ok(loaded), Ok(seal)) => {
                warn_of(&loaded.warnings);
                let mismatch = loaded.mismatch(settings.algorithm);
                Ok((Self::of(loaded.keys, seal, settings), mismatch))
            }
            (keys, seal) => Err([keys.err(), seal.err()].into_iter().flatten().flatten().collect()),
        }
    }

    fn of(keys: KeySet, seal: Seal, settings: &Settings) -> Self {
        Self { keys, seal, settings: settings.clone(), rules: settings.rules(), verified: VerifiedTokens::default() }
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

    pub(crate) fn encryption_kids(&self) -> impl Iterator<Item = &str> {
        self.seal.kids()
    }

    pub(crate) fn sealing_kid(&self) -> Option<&str> {
        self.seal.sealing_kid()
    }

    pub(crate) fn accepts_plain(&self) -> bool {
        self.seal.has_plain()
    }

    pub(crate) fn access(&self, grant: &Grant<'_>, now: OffsetDateTime, session_end: Option<OffsetDateTime>) -> String {
        let lifetime = Lifetime { from: now, until: self.access_until(now, session_end) };
        let claims = grant.access_claims(lifetime, &self.rules);
        self.seal.seal(self.keys.signing(now).sign(self.settings.typ.name(), &claims))
    }

    pub(crate) fn access_until(&self, now: OffsetDateTime, session_end: Option<OffsetDateTime>) -> OffsetDateTime {
        let expiry = now + self.settings.access_lifetime;
        session_end.map_or(expiry, |end| end.min(expiry))
    }

    /// While the keys stay, the same arguments give the same bytes: a token can be issued again without being stored.
    pub(crate) fn refresh(
        &self,
        grant: &Grant<'_>,
        generation: i64,
        from: OffsetDateTime,
        until: OffsetDateTime,
    ) -> String {
        let claims = grant.refresh_claims(generation, Lifetime { from, until }, &self.rules);
        self.seal.seal(self.keys.signing(from).refresh_key().sign(REFRESH_TYP, &claims))
    }

    /// The claims of an access token, if it is ours and valid now. The session is not checked here.
    pub fn verify_access(&self, token: &str, now: OffsetDateTime) -> Result<Arc<AccessClaims>, Refusal> {
        let claims = if let Some(claims) = self.verified.get(token) {
            claims
        } else {
            let claims = self.keys.verify(&self.seal.open(token)?, self.settings.typ.accepted())?;
            let claims = Arc::new(AccessClaims::decode(claims, &self.rules).ok_or(Refusal::Invalid)?);
            self.verified.insert(token, &claims);
            claims
        };
        claims.check_time(now, &self.rules)?;
        Ok(claims)
    }

    /// The claims of a refresh token, if it is ours and not expired. Only the session knows whether it is current.
    pub fn verify_refresh(&self, token: &str, now: OffsetDateTime) -> Result<RefreshClaims, Refusal> {
        let claims = self.read_refresh(token)?;
        if claims.is_expired(now) { Err(Refusal::Expired) } else { Ok(claims) }
    }

    /// Also accepts an expired token: the session knows why it is invalid.
    pub(crate) fn read_refresh(&self, token: &str) -> Result<RefreshClaims, Refusal> {
        let claims = self.keys.verify_refresh(&self.seal.open(token)?, &[REFRESH_TYP])?;
        RefreshClaims::decode(claims, &self.rules).ok_or(Refusal::Invalid)
    }
}
