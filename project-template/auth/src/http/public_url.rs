use std::fmt;

use axum::http::Uri;

use super::is_within;

/// The address where clients reach the server: an origin and a path prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    origin: String,
    path: String,
}

impl PublicUrl {
    /// Parses an address such as `https://auth.example.com/base`: without a user, a query or a fragment.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let origin = origin_of(&uri)?;
        let is_base = uri.query().is_none() && !text.contains('#');
        is_base.then(|| Self { origin, path: uri.path().trim_end_matches('/').to_owned() })
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// Empty, or `/something`.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The host, with the port unless it is the default.
    pub(super) fn host(&self) -> &str {
        self.origin.split_once("://").map_or("", |(_, host)| host)
    }

    pub(super) fn host_name(&self) -> &str {
        match self.host().rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => name,
            _ => self.host(),
        }
    }

    pub(crate) fn is_within(&self, domain: &str) -> bool {
        is_within(self.host_name(), domain)
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.path)
    }
}

/// As browsers write it (RFC 6454, section 6.2): lower case, without the default port. None for an address with a user.
pub(crate) fn origin_of(uri: &Uri) -> Option<String> {
    let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"))?;
    let authority = uri.authority()?;
    let host = authority.host();
    let port = match authority.as_str().strip_prefix(host)? {
        "" => None,
        rest => Some(rest.strip_prefix(':')?.parse::<u16>().ok()?),
    };
    let is_usual = |port| port == if scheme == "https" { 443 } else { 80 };
    let host = host.to_ascii_lowercase();
    Some(match port.filter(|port| !is_usual(*port)) {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart_as_browsers_do() {
        for (text, origin, host, path) in [
            ("https://auth.example.com", "https://auth.example.com", "auth.example.com", ""),
            ("https://auth.example.com/", "https://auth.example.com", "auth.example.com", ""),
            ("HTTPS://Auth.Example.com:443/Base/", "https://auth.example.com", "auth.example.com", "/Base"),
            ("http://localhost:80", "http://localhost", "localhost", ""),
            ("https://localhost:80/a/b", "https://localhost:80", "localhost:80", "/a/b"),
            ("http://[::1]:8000/a", "http://[::1]:8000", "[::1]:8000", "/a"),
            ("http://[::1]", "http://[::1]", "[::1]", ""),
        ] {
            let url = PublicUrl::parse(text).unwrap();
            assert_eq!((url.origin(), url.host(), url.path()), (origin, host, path), "{text}");
            assert_eq!(url.to_string(), format!("{origin}{path}"));
        }
    }

    #[test]
    fn what_no_link_can_begin_with_is_none() {
        for text in [
            "",
            "auth.example.com",
            "/base",
            "ftp://auth.example.com",
            "https://",
            "https://ada@auth.example.com",
            "https://ada:pw@auth.example.com",
            "https://auth.example.com:99999",
            "https://auth.example.com:",
            "https://auth.example.com/?a=b",
            "https://auth.example.com/#a",
        ] {
            assert_eq!(PublicUrl::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_name_of_a_host_has_no_port() {
        for (text, name) in [
            ("https://auth.example.com:8443", "auth.example.com"),
            ("http://localhost", "localhost"),
            ("http://[::1]:8000", "[::1]"),
            ("http://[::1]", "[::1]"),
        ] {
            assert_eq!(PublicUrl::parse(text).unwrap().host_name(), name);
        }
    }

    #[test]
    fn cookies_of_a_domain_can_be_set_by_hosts_in_it() {
        let url = PublicUrl::parse("https://auth.Example.com:8443").unwrap();
        assert!(url.is_within("example.com") && url.is_within("Auth.example.com") && url.is_within(".example.com"));
        assert!(!url.is_within("example.org") && !url.is_within("ample.com") && !url.is_within(""));
    }
}
