//! Access and refresh tokens: what they say, how they are signed, and what is believed of one that is shown.

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
mod pem;
mod reading;
mod refusal;
mod sealed;
mod strict_json;
#[cfg(test)]
mod test_keys;
mod vault;

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
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
pub(crate) use reading::{Current, every_minute, keep_reading};
pub use refusal::Refusal;

use crate::settings::{Choice, Problem, Section};
use cache::VerifiedTokens;
use claims::{Kind, Lifetime};
use jwe::Seal;
use key_set::KeySet;

/// Bytes that `iss` and `aud` may take in JSON, each. With the longest signature, encryption and further claims a token then
/// still fits into a cookie of 4096 bytes.
const NAME_LIMIT: usize = 100;
/// The most a difference between clocks may be forgiven.
const MAX_LEEWAY: Duration = Duration::from_mins(1);
const MAX_IAT_LEEWAY: Duration = Duration::from_hours(1);

/// `[tokens]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long an access token is valid.
    pub access_lifetime: Duration,
    /// Of the key that signs.
    pub algorithm: Algorithm,
    /// Directories, files or keys, newest first. A key itself is a secret, so none of them is ever shown as a whole.
    pub keys: Vec<SecretString>,
    /// Claim `iss`.
    pub issuer: String,
    /// Claim `aud`.
    pub audience: String,
    /// Forgiven when the expiry of an access token is checked.
    pub leeway: Duration,
    /// Forgiven when it says to have been made later than now.
    pub iat_leeway: Duration,
    /// Whether an access token must belong to a live session.
    pub session_check: bool,
    /// What a token is tied to.
    pub bind: Bind,
    /// Keys that tokens are encrypted with, newest first; none leaves them readable.
    pub encryption_keys: Vec<SecretString>,
}

impl Choice for Algorithm {
    const NAMES: &[(&str, Self)] =
        &[("EdDSA", Self::EdDsa), ("ES256", Self::Es256), ("RS256", Self::Rs256), ("HS256", Self::Hs256)];
}

impl Choice for bool {
    const NAMES: &[(&str, Self)] = &[("off", false), ("on", true)];
}

/// The value of `iss` or `aud`.
fn named(section: &mut Section<'_>, key: &'static str) -> String {
    let name = section.required_text(key);
    // Without the quotes around it.
    if serde_json::Value::from(name.as_str()).to_string().len() > NAME_LIMIT + 2 {
        let words = format!("must be at most {NAME_LIMIT} bytes: every token has it, and must fit into a cookie");
        section.problem(key, &words);
    }
    name
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let settings = Self {
            access_lifetime: section.duration("access_lifetime"),
            algorithm: section.one_of("algorithm"),
            keys: section.secrets("keys"),
            issuer: named(section, "issuer"),
            audience: named(section, "audience"),
            leeway: section.duration("leeway"),
            iat_leeway: section.duration("iat_leeway"),
            session_check: section.one_of("session_check"),
            bind: section.one_of("bind"),
            encryption_keys: section.secrets("encryption_keys"),
        };
        if settings.access_lifetime.is_zero() {
            section.problem("access_lifetime", "must be longer than zero");
        }
        if settings.leeway > MAX_LEEWAY {
            section.problem("leeway", "must be at most \"60s\"");
        }
        if settings.iat_leeway > MAX_IAT_LEEWAY {
            section.problem("iat_leeway", "must be at most \"1h\"");
        }
        if let Err(problems) = Seal::new(&settings.encryption_keys) {
            section.found(&problems);
        }
        settings
    }

    pub(crate) fn warn(&self, warnings: &mut Vec<String>) {
        if self.access_lifetime > Duration::from_hours(1) && !self.session_check {
            warnings.push(
                "tokens.access_lifetime: more than an hour, in which a stolen access token cannot be stopped; shorten it or \
                 set tokens.session_check = \"on\""
                    .into(),
            );
        }
        if self.encryption_keys.len() > 1 && self.encryption_keys.iter().any(|entry| entry.expose_secret() == "plain") {
            warnings.push(
                "tokens.encryption_keys: \"plain\" also accepts tokens that are not encrypted; remove it once those have \
                 expired"
                    .into(),
            );
        }
        if self.algorithm == Algorithm::Hs256 {
            warnings.push(
                "tokens.algorithm: whoever can verify HS256 tokens can also make them; use EdDSA unless this is the only \
                 service"
                    .into(),
            );
        }
    }
}

fn warn_of(warnings: &[String]) {
    for warning in warnings {
        tracing::warn!("{warning}");
    }
}

/// Makes and checks tokens. Checking one asks no database.
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

    /// The same with the keys that are there now; none if they are the same keys.
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

    /// The names of the keys tokens are encrypted with, newest first.
    pub(crate) fn encryption_kids(&self) -> impl Iterator<Item = &str> {
        self.seal.kids()
    }

    /// The name of the key tokens go out encrypted with.
    pub(crate) fn sealing_kid(&self) -> Option<&str> {
        self.seal.sealing_kid()
    }

    /// Whether `tokens.encryption_keys` says that tokens need not be encrypted.
    pub(crate) fn accepts_plain(&self) -> bool {
        self.seal.has_plain()
    }

    /// An access token that is valid from now, at most until the session's end.
    pub(crate) fn access(&self, grant: &Grant<'_>, now: OffsetDateTime, session_end: Option<OffsetDateTime>) -> String {
        let lifetime = Lifetime { from: now, until: self.access_until(now, session_end) };
        let claims = claims::encode(Kind::Access, grant, lifetime, &self.settings);
        self.seal.seal(self.keys.signing(now).sign(Kind::Access.typ(), &claims))
    }

    /// When an access token expires that is made now.
    pub(crate) fn access_until(&self, now: OffsetDateTime, session_end: Option<OffsetDateTime>) -> OffsetDateTime {
        let expiry = now + self.settings.access_lifetime;
        session_end.map_or(expiry, |end| end.min(expiry))
    }

    /// The refresh token of a session's generation. The same arguments give the same bytes (while the keys stay), so it
    /// need not be stored to be given out again.
    pub(crate) fn refresh(
        &self,
        grant: &Grant<'_>,
        generation: i64,
        from: OffsetDateTime,
        until: OffsetDateTime,
    ) -> String {
        let claims = claims::encode(Kind::Refresh { generation }, grant, Lifetime { from, until }, &self.settings);
        self.seal.seal(self.keys.signing(from).refresh_key().sign(Kind::Refresh { generation }.typ(), &claims))
    }

    /// The claims of an access token, if it is ours and valid now. Whether its session still lives is not asked here.
    pub fn verify_access(&self, token: &str, now: OffsetDateTime) -> Result<Arc<AccessClaims>, Refusal> {
        let claims = if let Some(claims) = self.verified.get(token) {
            claims
        } else {
            let claims = self.keys.verify(&self.seal.open(token)?, Kind::Access.typ())?;
            let claims = Arc::new(AccessClaims::decode(claims, &self.settings).ok_or(Refusal::Invalid)?);
            self.verified.insert(token, &claims);
            claims
        };
        claims.check_time(now, &self.settings)?;
        Ok(claims)
    }

    /// The claims of a refresh token, if it is ours and not expired. Whether it is the live one only its session knows.
    pub fn verify_refresh(&self, token: &str, now: OffsetDateTime) -> Result<RefreshClaims, Refusal> {
        let claims = self.read_refresh(token)?;
        if claims.is_expired(now) { Err(Refusal::Expired) } else { Ok(claims) }
    }

    /// The claims of a refresh token, if it is ours, for whoever asks its session why it is not valid any more.
    pub(crate) fn read_refresh(&self, token: &str) -> Result<RefreshClaims, Refusal> {
        let claims = self.keys.verify_refresh(&self.seal.open(token)?, Kind::Refresh { generation: 0 }.typ())?;
        RefreshClaims::decode(claims, &self.settings).ok_or(Refusal::Invalid)
    }
}
