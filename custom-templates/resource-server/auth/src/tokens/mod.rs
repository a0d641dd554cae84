//! Access tokens: what is believed of one that is shown. The keys are those that the authentication server publishes.
//!
//! `published` has the keys and decides when to ask for them again; what a token says and how it is signed are that
//! server's own files, of which some also make tokens: here, for tests.

#[allow(dead_code, unreachable_pub, reason = "whether it holds only that server can tell")]
mod binding;
mod cache;
#[allow(dead_code, unreachable_pub, reason = "it also makes tokens")]
mod claims;
mod fetch;
#[allow(dead_code, reason = "it also makes tokens")]
mod jwe;
#[allow(dead_code, reason = "it also makes tokens")]
mod jwk;
#[allow(dead_code, reason = "it also makes tokens")]
mod jws;
#[allow(dead_code, unreachable_pub, reason = "it also makes tokens")]
mod keys;
#[allow(dead_code, reason = "it also makes tokens")]
mod mac;
#[allow(dead_code, reason = "it also makes tokens")]
mod naming;
#[allow(dead_code, reason = "it also makes tokens")]
mod pem;
mod public_key;
mod published;
mod refusal;
mod strict_json;
#[cfg(test)]
#[allow(dead_code, reason = "some are for more tests than are here")]
mod test_keys;
#[allow(dead_code, reason = "it also makes tokens")]
mod vault;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

pub use binding::Binding;
pub use claims::{AccessClaims, Claims, UserClaims};
pub use jws::Algorithm;
pub use naming::Typ;
pub use refusal::Refusal;

use crate::clock::Moment;
use crate::error::{Error, Result};
use crate::settings::{Problem, Section};
use fetch::Address;
use jwe::Seal;
use jws::JwsError;
use published::{Known, Published};

/// What the address of the keys ends in, behind that of the server.
const JWKS: &str = "/.well-known/jwks.json";
/// The most a difference between clocks may be forgiven.
const MAX_LEEWAY: Duration = Duration::from_mins(1);
const MAX_IAT_LEEWAY: Duration = Duration::from_hours(1);

/// `[tokens]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the keys are published.
    pub jwks_url: String,
    /// Certificate authorities to trust beside the public ones.
    pub ca_file: Option<PathBuf>,
    /// Claim `iss`.
    pub issuer: String,
    /// What it may be besides.
    pub accepted_issuers: Vec<String>,
    /// Claim `aud`.
    pub audience: String,
    /// Header `typ`.
    pub typ: Typ,
    /// The longest an access token may be valid.
    pub access_lifetime: Duration,
    /// How long keys count that cannot be fetched again.
    pub keys_lifetime: Duration,
    /// Forgiven when the expiry of an access token is checked.
    pub leeway: Duration,
    /// Forgiven when it says to have been made later than now.
    pub iat_leeway: Duration,
    /// Keys that tokens are encrypted with, newest first; without one they are not.
    pub encryption_keys: Vec<SecretString>,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let (jwks_url, audience) = (section.required_text("jwks_url"), section.required_text("audience"));
        let address = jwks_url.strip_suffix(JWKS).map(str::to_owned);
        let set = section.optional_text("issuer");
        if set.is_none() && address.is_none() {
            section.problem("issuer", format_args!("must be set, since tokens.jwks_url does not end in {JWKS}"));
        }
        let (issuer, accepted_issuers) = naming::issuers(set, address, &audience, section.list("accepted_issuers"));
        let settings = Self {
            jwks_url,
            ca_file: section.optional_text("ca_file").map(PathBuf::from),
            issuer,
            accepted_issuers,
            audience,
            typ: section.one_of("typ"),
            access_lifetime: section.duration("access_lifetime"),
            keys_lifetime: section.duration("keys_lifetime"),
            leeway: section.duration("leeway"),
            iat_leeway: section.duration("iat_leeway"),
            encryption_keys: section.secrets("encryption_keys"),
        };
        if !fetch::is_address(&settings.jwks_url) {
            section
                .problem("jwks_url", "must be an address such as \"https://auth.example.com/.well-known/jwks.json\"");
        }
        if settings.leeway > MAX_LEEWAY {
            section.problem("leeway", "must be at most \"60s\"");
        }
        if settings.iat_leeway > MAX_IAT_LEEWAY {
            section.problem("iat_leeway", "must be at most \"1h\"");
        }
        if settings.keys_lifetime < published::MAX_AGE {
            section.problem("keys_lifetime", "must be at least \"5m\", for which the keys are not asked for again");
        }
        if let Err(problems) = Seal::new(&settings.encryption_keys) {
            section.found(&problems);
        }
        settings
    }
}

/// Verifies tokens.
pub struct Tokens {
    published: Arc<Published>,
    seal: Seal,
    settings: Settings,
}

impl Tokens {
    pub(crate) async fn start(settings: &Settings, now: Moment) -> Result<Self, Vec<Problem>> {
        let seal = Seal::new(&settings.encryption_keys)?;
        let address = Address::of(settings).map_err(|problem| vec![problem])?;
        let published = Published::start(address, settings.keys_lifetime, now).await;
        Ok(Self { published, seal, settings: settings.clone() })
    }

    /// Whether there are keys to verify with.
    #[must_use]
    pub fn has_keys(&self, now: Moment) -> bool {
        !self.published.known(now).is_empty()
    }

    /// The claims of an access token, if it is that server's, for this service, and valid now.
    ///
    /// # Errors
    /// 401, or 503 while there are no keys to verify with.
    pub async fn verify_access(&self, token: &str, now: Moment) -> Result<Arc<AccessClaims>> {
        let known = Published::fresh(&self.published, now);
        let claims = match self.claims(token, &known) {
            Ok(claims) => claims,
            Err(None) => {
                let known = self.published.asked_again(now).await;
                if known.is_empty() {
                    return Err(Error::Unavailable(anyhow::anyhow!(
                        "the keys of the authentication server are not known"
                    )));
                }
                self.claims(token, &known).map_err(|refusal| refused(refusal.unwrap_or(Refusal::Invalid)))?
            }
            Err(Some(refusal)) => return Err(refused(refusal)),
        };
        claims.check_time(now.at, &self.settings).map_err(refused)?;
        Ok(claims)
    }

    /// No refusal is of a token whose key is not known.
    fn claims(&self, token: &str, known: &Known) -> Result<Arc<AccessClaims>, Option<Refusal>> {
        if let Some(claims) = known.verified.get(token) {
            return Ok(claims);
        }
        let signed = self.seal.open(token).map_err(Refusal::from)?;
        let claims = jws::verify(&signed, self.settings.typ.accepted(), |kid| known.get(kid));
        let claims = claims.map_err(|error| if error == JwsError::UnknownKey { None } else { Some(error.into()) })?;
        let claims = Arc::new(AccessClaims::decode(claims, &self.settings).ok_or(Refusal::Invalid)?);
        known.verified.insert(token, &claims);
        Ok(claims)
    }
}

fn refused(refusal: Refusal) -> Error {
    Error::BearerNotValid(refusal.message())
}

/// Tokens as the authentication server makes them.
#[cfg(feature = "testing")]
pub(crate) mod making {
    use super::claims::{Grant, Lifetime, encode};
    pub(crate) use super::keys::SigningKey;
    use time::OffsetDateTime;

    use super::claims::Kind;
    use super::{Seal, Settings, UserClaims, naming};
    use uuid::Uuid;

    /// An access token, or one of the other kind, valid from `from` for as long as the settings say.
    pub(crate) fn token(
        key: &SigningKey,
        settings: &Settings,
        user_id: Uuid,
        user: &UserClaims,
        from: OffsetDateTime,
        access: bool,
    ) -> String {
        let kind = if access { Kind::Access } else { Kind::Refresh { generation: 0 } };
        let session = Uuid::now_v7();
        let grant = Grant { user_id, session, session_iat: from, access_version: 0, bind: None, user };
        let claims = encode(kind, &grant, Lifetime { from, until: from + settings.access_lifetime }, settings);
        let typ = if access { settings.typ.name() } else { naming::REFRESH };
        let seal = Seal::new(&settings.encryption_keys).expect("a key of a test");
        seal.seal(key.sign(typ, &claims))
    }
}
