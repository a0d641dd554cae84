//! ID tokens of other issuers (OpenID Connect Core, sections 2 and 3.1.3.7): who signed in there, and for which application.
//!
//! Other issuers write their headers and name their keys as they like, so this reads more than `jws`: a header may have
//! further members and no `typ`. What decides is the same: the key's own algorithm, and every claim as it must be.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::jws::{JwsError, Parts, VerifyingKey, decode};
use super::public_key::{PublicKey, named_keys};
use super::strict_json;

/// The longest that is read, in bytes; some have the groups of their user.
pub const MAX_ID_TOKEN_BYTES: usize = 16 * 1024;
/// Longest name of a key.
const MAX_KID_BYTES: usize = 255;
/// Longest `sub` (OpenID Connect Core, section 2).
const MAX_SUB_BYTES: usize = 255;

/// What an ID token must say.
#[derive(Clone, Copy, Debug)]
pub struct IdTokenRules<'r> {
    /// The claim `iss`: one of these, exactly.
    pub issuers: &'r [&'r str],
    /// The application that the token must be for.
    pub client_id: &'r str,
    /// The applications that may have requested it (claim `azp`), such as an app that requests tokens for its server.
    pub parties: &'r [String],
    /// The claim `nonce`, if the sign-in had one.
    pub nonce: Option<&'r str>,
    /// Tolerance for the difference between clocks.
    pub leeway: Duration,
}

/// Why an ID token is rejected. For logs: the client does not learn it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum IdTokenFault {
    /// No token in the compact form, or without a claim that it must have.
    #[error("the ID token is malformed")]
    Malformed,
    /// The key is not among those that were passed; it may have been published since.
    #[error("the ID token names an unknown key")]
    UnknownKey,
    /// Changed, signed by another key, or with another `alg` than its key's.
    #[error("the signature of the ID token is wrong")]
    BadSignature,
    /// An access token or a logout token, for example.
    #[error("the token is not an ID token")]
    WrongType,
    /// Claim `iss`.
    #[error("the ID token is of another issuer")]
    Issuer,
    /// Claims `aud` and `azp`.
    #[error("the ID token is for another application")]
    Audience,
    /// Claim `exp`.
    #[error("the ID token has expired")]
    Expired,
    /// Claims `nbf` and `iat`.
    #[error("the ID token is from the future")]
    NotYet,
    /// Claim `nonce`.
    #[error("the ID token belongs to another sign-in")]
    Nonce,
}

impl From<JwsError> for IdTokenFault {
    fn from(error: JwsError) -> Self {
        match error {
            JwsError::Malformed => Self::Malformed,
            JwsError::UnknownKey => Self::UnknownKey,
            JwsError::BadSignature => Self::BadSignature,
            JwsError::WrongType => Self::WrongType,
        }
    }
}

/// The claims of an ID token whose signature is right.
#[derive(Clone, Debug)]
pub struct IdToken {
    claims: Map<String, Value>,
}

/// The keys of an issuer's published set by name, however it names them.
pub fn provider_keys(jwks: &[u8]) -> Result<HashMap<String, PublicKey>, serde_json::Error> {
    named_keys(jwks, is_name)
}

fn is_name(kid: &str) -> bool {
    (1..=MAX_KID_BYTES).contains(&kid.len()) && kid.bytes().all(|byte| byte.is_ascii_graphic())
}

impl IdToken {
    /// Checks the signature, by the key that `find` returns for its `kid`. Call [`IdToken::check`] before anything else.
    pub fn verify<'k>(token: &str, find: impl FnOnce(&str) -> Option<&'k PublicKey>) -> Result<Self, IdTokenFault> {
        if token.len() > MAX_ID_TOKEN_BYTES {
            return Err(IdTokenFault::Malformed);
        }
        let parts = Parts::split(token)?;
        let header = strict_json::object(&decode(parts.header)?).ok_or(IdTokenFault::Malformed)?;
        let text = |name: &str| header.get(name).and_then(Value::as_str);
        // An extension that must be understood (RFC 7515, section 4.1.11); none is.
        if header.contains_key("crit") {
            return Err(IdTokenFault::Malformed);
        }
        if header.get("typ").is_some_and(|typ| !typ.as_str().is_some_and(|typ| typ.eq_ignore_ascii_case("JWT"))) {
            return Err(IdTokenFault::WrongType);
        }
        let kid = text("kid").filter(|kid| is_name(kid)).ok_or(IdTokenFault::Malformed)?;
        let key = find(kid).ok_or(IdTokenFault::UnknownKey)?;
        let signature = decode(parts.signature)?;
        if text("alg") != Some(key.algorithm().name()) || !key.verify_bytes(parts.signed.as_bytes(), &signature) {
            return Err(IdTokenFault::BadSignature);
        }
        let claims = strict_json::object(&decode(parts.payload)?).ok_or(IdTokenFault::Malformed)?;
        Ok(Self { claims })
    }

    /// A claim that is a text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// The claims, once they have been checked.
    ///
    /// # Errors
    /// The first claim that is not as it must be.
    pub fn check(self, rules: &IdTokenRules<'_>, now: OffsetDateTime) -> Result<Map<String, Value>, IdTokenFault> {
        if !self.text("iss").is_some_and(|issuer| rules.issuers.contains(&issuer)) {
            return Err(IdTokenFault::Issuer);
        }
        self.check_audience(rules)?;
        self.check_times(rules, now)?;
        // Events are of logout tokens (OpenID Connect Back-Channel Logout, section 2.4).
        if self.claims.contains_key("events") {
            return Err(IdTokenFault::WrongType);
        }
        if rules.nonce.is_some_and(|nonce| self.text("nonce") != Some(nonce)) {
            return Err(IdTokenFault::Nonce);
        }
        if !self.text("sub").is_some_and(|sub| (1..=MAX_SUB_BYTES).contains(&sub.len()) && !sub.contains('\0')) {
            return Err(IdTokenFault::Malformed);
        }
        Ok(self.claims)
    }

    fn check_audience(&self, rules: &IdTokenRules<'_>) -> Result<(), IdTokenFault> {
        let (is_for_us, has_others) = match self.claims.get("aud") {
            Some(Value::String(audience)) => (audience == rules.client_id, false),
            Some(Value::Array(audiences)) => {
                (audiences.iter().any(|audience| audience == rules.client_id), audiences.len() > 1)
            }
            _ => (false, false),
        };
        let is_party = match self.claims.get("azp") {
            // Of several audiences, one must be named that the token was made for.
            None => !has_others,
            Some(party) if has_others => party == rules.client_id,
            Some(party) => party.as_str().is_some_and(|party| rules.parties.iter().any(|known| known == party)),
        };
        if is_for_us && is_party { Ok(()) } else { Err(IdTokenFault::Audience) }
    }

    fn check_times(&self, rules: &IdTokenRules<'_>, now: OffsetDateTime) -> Result<(), IdTokenFault> {
        let leeway = rules.leeway.as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "whole seconds are exact for as long as dates go")]
        let now = now.unix_timestamp() as f64;
        // A time may have a fraction (RFC 7519, section 2).
        let time = |name: &str| match self.claims.get(name) {
            None => Ok(None),
            Some(time) => time.as_f64().map(Some).ok_or(IdTokenFault::Malformed),
        };
        let (expires, issued) = (time("exp")?, time("iat")?);
        let (Some(expires), Some(issued)) = (expires, issued) else { return Err(IdTokenFault::Malformed) };
        if expires + leeway <= now {
            return Err(IdTokenFault::Expired);
        }
        let begins = time("nbf")?.map_or(issued, |begins| begins.max(issued));
        if begins - leeway > now { Err(IdTokenFault::NotYet) } else { Ok(()) }
    }
}
