//! What tokens say of who issued them and of what they are: claim `iss`, header `typ`.

use crate::settings::Choice;

/// Of a refresh token: nobody but this server is given the key for it.
pub(super) const REFRESH: &str = "rt+jwt";

/// Header `typ` of access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typ {
    /// What RFC 9068 has for access tokens, so that no other kind of token is taken for one (RFC 8725, section 3.11).
    AccessToken,
    /// What tokens of every kind may have, for verifiers that take nothing else.
    Jwt,
}

impl Choice for Typ {
    const NAMES: &[(&str, Self)] = &[("at+jwt", Self::AccessToken), ("JWT", Self::Jwt)];
}

impl Typ {
    /// As it is written.
    pub(super) fn name(self) -> &'static str {
        self.accepted()[0]
    }

    /// What an access token may have: `at+jwt` always, for those that were issued before the setting changed.
    pub(super) fn accepted(self) -> &'static [&'static str] {
        match self {
            Self::AccessToken => &["at+jwt"],
            Self::Jwt => &["JWT", "at+jwt"],
        }
    }
}

/// The issuer, and those before it whose tokens are accepted. Unless one is set, it is `address`, where that is known, and
/// else `audience`, which goes on being accepted: setting an address for the first time signs nobody out.
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
