use axum::http::Uri;
use tokio_rustls::rustls::pki_types::ServerName;

/// An address that can be fetched.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    uri: Uri,
    pub(super) host: String,
    pub(super) port: u16,
    /// The name that its certificate must have, if it is spoken to by TLS.
    pub(super) name: Option<ServerName<'static>>,
}

impl Address {
    /// None if it cannot be fetched, as far as that can be seen.
    pub(crate) fn parse(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let is_secure = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let host = uri.host()?.trim_matches(['[', ']']).to_owned();
        let name = if is_secure { Some(ServerName::try_from(host.clone()).ok()?) } else { None };
        let port = uri.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
        Some(Self { uri, host, port, name })
    }

    pub(super) fn path(&self) -> &str {
        self.uri.path_and_query().map_or("/", |path| path.as_str())
    }

    /// Without a user, which may have a password.
    pub(super) fn authority(&self) -> &str {
        let authority = self.uri.authority().map_or("", |authority| authority.as_str());
        authority.rsplit('@').next().unwrap_or(authority)
    }

    /// For logs: without a query.
    pub(super) fn shown(&self) -> String {
        format!("{}://{}{}", self.uri.scheme_str().unwrap_or_default(), self.authority(), self.uri.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_of_http_or_https_with_a_host() {
        for url in ["http://127.0.0.1:8000/keys", "https://auth.example.com", "https://[::1]:8443/keys"] {
            assert!(Address::parse(url).is_some(), "{url}");
        }
        for url in ["", "auth.example.com/keys", "ftp://auth.example.com", "https:///keys", "https://_/keys of ours"] {
            assert!(Address::parse(url).is_none(), "{url}");
        }
    }

    #[test]
    fn a_password_and_a_query_are_not_shown() {
        let address = Address::parse("https://ada:secret@example.com:8443/keys?code=secret").unwrap();
        assert_eq!(address.shown(), "https://example.com:8443/keys");
        assert_eq!((address.authority(), address.path()), ("example.com:8443", "/keys?code=secret"));
    }
}
