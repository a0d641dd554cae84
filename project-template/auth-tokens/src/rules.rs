use std::time::Duration;

use super::Typ;

/// The names and times in the tokens of one issuer: the issuer writes them, a verifier checks them.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Claim `iss`.
    pub issuer: String,
    /// Further issuers whose tokens are accepted.
    pub accepted_issuers: Vec<String>,
    /// Claim `aud`.
    pub audience: String,
    /// Header `typ` of access tokens.
    pub typ: Typ,
    /// The longest that an access token is valid.
    pub access_lifetime: Duration,
    /// Tolerance when the expiry of an access token is checked.
    pub leeway: Duration,
    /// Tolerance when an access token's `iat` is in the future.
    pub iat_leeway: Duration,
}
