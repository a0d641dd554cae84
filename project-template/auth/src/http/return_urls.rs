//! `http.return_urls`: the addresses that a request may have its user redirected to. Without a list, an attacker could
//! have us redirect people to their own page. An address that two programs could read differently is rejected.

use axum::http::HeaderValue;

use super::Settings;
use super::origins::{is_allowed, parse_origin};

/// An entry of `http.return_urls`: an origin or a pattern of origins, and a path prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnUrl {
    origin: HeaderValue,
    path: String,
}

impl ReturnUrl {
    /// Parses an entry such as `https://app.example.com/welcome`, `https://*.example.com` or `myapp://signed-in`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let address = Address::parse(text)?;
        let origin = parse_origin(&format!("{}://{}", address.scheme, address.authority))?;
        address.query.is_none().then(|| Self { origin, path: address.path.to_owned() })
    }

    pub(super) fn is_plain(&self) -> bool {
        self.origin.as_bytes().starts_with(b"http://")
    }

    /// `/app` does not cover `/apples`.
    fn covers(&self, origin: &HeaderValue, path: &str) -> bool {
        let path = if path.is_empty() { "/" } else { path };
        let below = path.strip_prefix(self.path.trim_end_matches('/'));
        is_allowed(std::slice::from_ref(&self.origin), origin)
            && (path == self.path || below.is_some_and(|rest| rest.starts_with('/')))
    }
}

struct Address<'a> {
    scheme: &'a str,
    authority: &'a str,
    path: &'a str,
    query: Option<&'a str>,
}

impl<'a> Address<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let is_plain = is_plain_authority(authority) && is_plain_path(path) && query.is_none_or(is_plain_query);
        is_plain.then_some(Self { scheme, authority, path, query })
    }
}

/// No user, no percent-encoding, ASCII only.
fn is_plain_authority(authority: &str) -> bool {
    authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]*".contains(&byte))
}

/// Rejects everything by which a browser, or a server that decodes once more, could leave the allowed path.
fn is_plain_path(path: &str) -> bool {
    let is_plain_segment = |segment: &str| !matches!(segment.split(';').next(), Some("." | ".."));
    !path.contains("//")
        && path.split('/').all(is_plain_segment)
        && is_encoded(path, |byte| byte.is_ascii_control() || b"/\\.%".contains(&byte))
}

fn is_plain_query(query: &str) -> bool {
    is_encoded(query, |byte| byte.is_ascii_control())
}

/// Whether a text has only characters of a path or a query (RFC 3986, sections 3.3 and 3.4), so no fragment, and
/// percent-encodes nothing but UTF-8 without a byte that `is_refused`: some programs read an overlong `/` as a `/`.
fn is_encoded(text: &str, is_refused: impl Fn(u8) -> bool) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?".contains(&byte);
    let mut decoded = Vec::with_capacity(text.len());
    for (number, part) in text.split('%').enumerate() {
        let mut plain = part;
        if number > 0 {
            let Some((byte, rest)) = decode(part).filter(|(byte, _)| !is_refused(*byte)) else { return false };
            decoded.push(byte);
            plain = rest;
        }
        if !plain.bytes().all(is_plain) {
            return false;
        }
        decoded.extend_from_slice(plain.as_bytes());
    }
    std::str::from_utf8(&decoded).is_ok_and(|text| !text.contains(char::is_control))
}

fn decode(text: &str) -> Option<(u8, &str)> {
    let (digits, rest) =
        text.split_at_checked(2).filter(|(digits, _)| digits.bytes().all(|it| it.is_ascii_hexdigit()))?;
    Some((u8::from_str_radix(digits, 16).ok()?, rest))
}

impl Settings {
    /// This address as browsers read it, if `http.return_urls` allows a redirect to it.
    ///
    /// ```no_run
    /// fn destination(auth: &auth::Auth, next: &str) -> String {
    ///     auth.settings().http.return_address(next).unwrap_or_else(|| "/".to_owned())
    /// }
    /// ```
    #[must_use]
    pub fn return_address(&self, text: &str) -> Option<String> {
        let Address { scheme, authority, path, query } =
            Address::parse(text).filter(|it| !it.authority.contains('*'))?;
        let origin = parse_origin(&format!("{scheme}://{authority}"))?;
        if !self.return_urls.iter().any(|allowed| allowed.covers(&origin, path)) {
            return None;
        }
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        Some(format!("{}{path}{query}", origin.to_str().ok()?))
    }
}

#[cfg(test)]
#[path = "return_urls_tests.rs"]
mod tests;
