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
pub use naming::Typ;
pub(crate) use reading::{Current, every_minute, keep_reading};
pub use refusal::Refusal;

use crate::settings::{Choice, Problem, Section};
use cache::VerifiedTokens;
use claims::{Kind, Lifetime};
use jwe::Seal;
use key_set::KeySet;

/// Most bytes of `iss` and of `aud` in JSON. With the longest signature, encryption and further claims, a token then
/// still fits into a cookie of 4096 bytes.
const NAME_LIMIT: usize = 100;
/// The largest differences between clocks that the settings may tolerate.
const MAX_LEEWAY: Duration = Duration::from_mins(1);
const MAX_IAT_LEEWAY: Duration = Duration::from_hours(1);
/// Verifiers may cache the published keys for five minutes, and an instance reads its own once a minute.
const MIN_KEY_LEAD: Duration = Duration::from_mins(6);

/// `[tokens]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long an access token is valid.
    pub access_lifetime: Duration,
    /// The algorithm of the signing key.
    pub algorithm: Algorithm,
    /// Directories, files or keys, newest first. Secret, since an entry may be a key itself.
    pub keys: Vec<SecretString>,
    /// How long a new key is published before it signs.
    pub key_lead: Duration,
    /// Claim `iss`.
    pub issuer: String,
    /// Former values of `iss`, still accepted in tokens that were issued before it changed.
    pub accepted_issuers: Vec<String>,
    /// Claim `aud`.
    pub audience: String,
    /// Header `typ` of access tokens.
    pub typ: Typ,
    /// Tolerance when the expiry of an access token is checked.
    pub leeway: Duration,
    /// Tolerance when an access token's `iat` is in the future.
    pub iat_leeway: Duration,
    /// Whether an access token must belong to an active session.
    pub session_check: bool,
    /// The binding of issued tokens to the device, the address, or both.
    pub bind: Bind,
    /// Keys that encrypt tokens, newest first; without one, tokens are readable.
    pub encryption_keys: Vec<SecretString>,
}

impl Choice for Algorithm {
    const NAMES: &[(&str, Self)] =
        &[("EdDSA", Self::EdDsa), ("ES256", Self::Es256), ("RS256", Self::Rs256), ("HS256", Self::Hs256)];
}

impl Choice for bool {
    const NAMES: &[(&str, Self)] = &[("off", false), ("on", true)];
}

/// Whether every token has room for this value of `iss` or `aud`.
fn fits(name: &str) -> bool {
    // The limit does not count the quotes.
    Value::from(name).to_string().len() <= NAME_LIMIT + 2
}

/// The issuer, and the former issuers that are still accepted.
fn issuers(section: &mut Section<'_>, audience: &str, address: Option<String>) -> (String, Vec<String>) {
    let set = section.optional_text("issuer");
    if set.is_none() && address.as_deref().is_some_and(|address| !fits(address)) {
        let words = format!(
            "must be set, to at most {NAME_LIMIT} bytes: http.public_url, which it is otherwise, is longer, and every token has \
             it and must fit into a cookie"
        );
        section.problem("issuer", words);
    }
    let earlier = section.list("accepted_issuers");
    naming::issuers(set, address, audience, earlier)
}

impl Settings {
    /// `address` is the server's own, which is the issuer unless `tokens.issuer` is set.
    pub(crate) fn read(section: &mut Section<'_>, address: Option<String>) -> Self {
        let audience = section.required_text("audience");
        let (issuer, accepted_issuers) = issuers(section, &audience, address);
        for key in ["issuer", "audience"] {
            if !fits(&section.text(key)) {
                let words =
                    format!("must be at most {NAME_LIMIT} bytes: every token has it, and must fit into a cookie");
                section.problem(key, words);
            }
        }
        let settings = Self {
            access_lifetime: section.duration("access_lifetime"),
            algorithm: section.one_of("algorithm"),
            keys: section.secrets("keys"),
            key_lead: section.duration("key_lead"),
            issuer,
            accepted_issuers,
            audience,
            typ: section.one_of("typ"),
            leeway: section.duration("leeway"),
            iat_leeway: section.duration("iat_leeway"),
            session_check: section.one_of("session_check"),
            bind: section.one_of("bind"),
            encryption_keys: section.secrets("encryption_keys"),
        };
        if settings.access_lifetime.is_zero() {
            section.problem("access_lifetime", "must be longer than zero");
        }
        if settings.key_lead < MIN_KEY_LEAD {
            section.problem(
                "key_lead",
                "must be at least \"6m\": verifiers may keep the published keys for five minutes, and instances read them once \
                 a minute",
            );
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
        if self.typ == Typ::Jwt {
            warnings.push(
                "tokens.typ: with \"JWT\" other services cannot tell access tokens from tokens of another kind; use \"at+jwt\" \
                 unless one of them refuses it"
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
