//! The names in a token: its issuer (claim `iss`) and its type (header `typ`).

use crate::settings::Choice;

/// Header `typ` of refresh tokens. Only this server has the key that verifies them.
pub(super) const REFRESH: &str = "rt+jwt";

/// Header `typ` of access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typ {
    /// The value of RFC 9068, so that no other kind of token is accepted as an access token (RFC 8725, section 3.11).
    AccessToken,
    /// The general value of all kinds of tokens, for verifiers that accept no other.
    Jwt,
}

impl Choice for Typ {
    const NAMES: &[(&str, Self)] = &[("at+jwt", Self::AccessToken), ("JWT", Self::Jwt)];
}

impl Typ {
    /// The value in new tokens.
    pub(super) fn name(self) -> &'static str {
        self.accepted()[0]
    }

    /// The accepted values: always `at+jwt`, for tokens that were issued before the setting changed.
    pub(super) fn accepted(self) -> &'static [&'static str] {
        match self {
            Self::AccessToken => &["at+jwt"],
            Self::Jwt => &["JWT", "at+jwt"],
        }
    }
}

/// The issuer, and the former issuers whose tokens are accepted. If none is set, the issuer is `address` if that is
/// known, else `audience`. With an address, `audience` stays accepted: setting an address for the first time signs no
/// user out.
pub(super) fn issuers(
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
