//! Access and refresh tokens: their claims, their signatures, their encryption, and the keys for both.
//!
//! No state, no clock and no settings: times, keys and [`Rules`] are arguments. The server that issues tokens uses it,
//! and so can any other service of the same team that verifies them.
//!
//! ```
//! use auth_tokens::{AccessClaims, Refusal, Rules, public_keys, verify};
//! use time::OffsetDateTime;
//!
//! /// The claims of an access token, by the keys that the server publishes at `/.well-known/jwks.json`.
//! fn claims(token: &str, jwks: &[u8], rules: &Rules, now: OffsetDateTime) -> Result<AccessClaims, Refusal> {
//!     let keys = public_keys(jwks).map_err(|_| Refusal::Invalid)?;
//!     let claims = verify(token, rules.typ.accepted(), |kid| keys.get(kid))?;
//!     let claims = AccessClaims::decode(claims, rules).ok_or(Refusal::Invalid)?;
//!     claims.check_time(now, rules)?;
//!     Ok(claims)
//! }
//! ```
//!
//! | file | what it is for |
//! |---|---|
//! | `claims` `binding` `rules` `naming` | what a token says, and what it must say |
//! | `jws` `strict_json` | signed tokens |
//! | `id_token` | ID tokens of other issuers (OpenID Connect) |
//! | `jwe` | encrypted tokens |
//! | `keys` `key_set` `pem` `mac` `vault` | keys that sign, and the keys derived from them |
//! | `jwk` `public_key` | public keys |
//! | `cache` | tokens that were verified before |
//! | `refusal` | why a token is rejected |

mod binding;
mod cache;
mod claims;
#[cfg(test)]
mod claims_tests;
mod id_token;
#[cfg(test)]
mod id_token_tests;
mod jwe;
mod jwk;
mod jws;
mod key_set;
mod keys;
mod mac;
mod naming;
mod pem;
mod public_key;
mod refusal;
mod rules;
pub mod strict_json;
#[cfg(any(test, feature = "testing"))]
pub mod test_keys;
mod vault;

pub use binding::{Bind, Binding};
pub use cache::VerifiedTokens;
pub use claims::{AccessClaims, Claims, Grant, Lifetime, RefreshClaims, UserClaims};
pub use id_token::{IdToken, IdTokenFault, IdTokenRules, MAX_ID_TOKEN_BYTES, provider_keys};
pub use jwe::{CannotOpen, Seal, generate_encryption_key};
pub use jws::{Algorithm, JwsError, MAX_TOKEN_BYTES, VerifyingKey, is_kid, verify};
pub use key_set::KeySet;
pub use keys::{SigningKey, Signs, has_placeholder};
pub use mac::MacKey;
pub use naming::{NAME_LIMIT, REFRESH_TYP, Typ, fits, issuers};
pub use public_key::{PublicKey, public_keys};
pub use refusal::Refusal;
pub use rules::Rules;
pub use vault::Vault;
