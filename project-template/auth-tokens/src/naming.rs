//! The names in a token: its issuer (claim `iss`) and its type (header `typ`).

/// Most bytes of `iss` and of `aud` in JSON. With the longest signature, encryption and further claims, a token then
/// still fits into a cookie of 4096 bytes.
pub const NAME_LIMIT: usize = 100;

/// Header `typ` of refresh tokens. Only this server has the key that verifies them.
pub const REFRESH_TYP: &str = "rt+jwt";

/// Header `typ` of access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typ {
    /// The value of RFC 9068, so that no other kind of token is accepted as an access token (RFC 8725, section 3.11).
    AccessToken,
    /// The general value of all kinds of tokens, for verifiers that accept no other.
    Jwt,
}

impl Typ {
    /// The value in new tokens.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.accepted()[0]
    }

    /// The accepted values: always `at+jwt`, for tokens that were issued before the setting changed.
    #[must_use]
    pub fn accepted(self) -> &'static [&'static str] {
        match self {
            Self::AccessToken => &["at+jwt"],
            Self::Jwt => &["JWT", "at+jwt"],
        }
    }
}

/// Whether every token has room for this value of `iss` or `aud`.
#[must_use]
pub fn fits(name: &str) -> bool {
    // The limit does not count the quotes.
    serde_json::Value::from(name).to_string().len() <= NAME_LIMIT + 2
}

/// The issuer, or else `address`, or else `audience`; and the former issuers that are accepted. With an address,
/// `audience` stays accepted: setting an address for the first time signs no user out.
#[must_use]
pub fn issuers(
    set: Option<String>,
    address: Option<String>,
    audience: &str,
    mut earlier: Vec<String>,
) -> (String, Vec<String>) {
    match (set, address) {
        (Some(name), _) => (name, earlier),
        (None, Some(address)) => {
            earlier.push(audience.to_owned());
            (address, earlier)
        }
        (None, None) => (audience.to_owned(), earlier),
    }
}
