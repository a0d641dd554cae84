//! Access tokens: whether a presented one is valid, by the keys that the authentication server publishes. Differs from
//! the built-in project: nothing is issued, and the keys are another server's.
//!
//! `published` has the keys and decides when to ask for them again. What a token says and how it is signed is in
//! the crate `auth-tokens`, which that server uses too.

mod published;
mod settings;

use std::sync::Arc;

pub use auth_tokens::{AccessClaims, Algorithm, Binding, Claims, Refusal, Typ, UserClaims};
use auth_tokens::{JwsError, Rules, Seal, verify};
pub use settings::Settings;

use crate::clock::Moment;
use crate::error::{Error, Result};
use crate::settings::Problem;
use published::{Known, Published, Source};

/// Verifies tokens.
pub struct Tokens {
    published: Arc<Published>,
    seal: Seal,
    rules: Rules,
}

impl Tokens {
    pub(crate) async fn start(settings: &Settings, now: Moment) -> Result<Self, Vec<Problem>> {
        let seal = settings::seal(&settings.encryption_keys)?;
        let source = Source::of(settings).map_err(|problem| vec![problem])?;
        let published = Published::start(source, settings.keys_lifetime, now).await;
        Ok(Self { published, seal, rules: settings.rules() })
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
        claims.check_time(now.at, &self.rules).map_err(refused)?;
        Ok(claims)
    }

    /// No refusal is of a token whose key is not known.
    fn claims(&self, token: &str, known: &Known) -> Result<Arc<AccessClaims>, Option<Refusal>> {
        if let Some(claims) = known.verified.get(token) {
            return Ok(claims);
        }
        let signed = self.seal.open(token).map_err(Refusal::from)?;
        let claims = verify(&signed, self.rules.typ.accepted(), |kid| known.get(kid));
        let claims = claims.map_err(|error| if error == JwsError::UnknownKey { None } else { Some(error.into()) })?;
        let claims = Arc::new(AccessClaims::decode(claims, &self.rules).ok_or(Refusal::Invalid)?);
        known.verified.insert(token, &claims);
        Ok(claims)
    }
}

fn refused(refusal: Refusal) -> Error {
    Error::BearerNotValid(refusal.message())
}
