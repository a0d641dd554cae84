use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, header};
use ipnet::IpNet;

use super::network::{network_of, site_of, translated};
use crate::Auth;

/// Characters.
const USER_AGENT_LIMIT: usize = 256;

/// The client of a request. Extracting it never fails.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// The peer's address, or the one that trusted proxies report. None when the router is called without a connection.
    pub ip: Option<IpAddr>,
    /// The user agent that the client claims: a hint, never a proof.
    pub user_agent: Option<String>,
}

impl FromRequestParts<Auth> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, auth: &Auth) -> Result<Self, Infallible> {
        Ok(Self::of(parts, auth))
    }
}

impl Client {
    /// The client of the request with this head.
    #[must_use]
    pub fn of(parts: &Parts, auth: &Auth) -> Self {
        Self { ip: address_of(auth, &parts.extensions, &parts.headers), user_agent: user_agent(&parts.headers) }
    }

    pub(crate) fn network(&self) -> Option<IpAddr> {
        self.ip.map(network_of)
    }

    pub(crate) fn site(&self) -> Option<IpAddr> {
        self.ip.and_then(site_of)
    }
}

pub(crate) fn address_of(auth: &Auth, extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip();
    let settings = &auth.settings().http;
    Some(translated(client_address(peer, headers, &settings.trusted_proxies), &settings.nat64))
}

/// Walks `X-Forwarded-For` from the right past trusted proxies; the client may have forged everything further left.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut address = peer.to_canonical();
    let hops: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .flat_map(|value| value.to_str().unwrap_or("?").split(','))
        .map(str::trim)
        .collect();
    for hop in hops.into_iter().rev() {
        if !trusted.iter().any(|network| network.contains(&address)) {
            break;
        }
        match parse_hop(hop) {
            Some(hop) => address = hop.to_canonical(),
            None => break,
        }
    }
    address
}

/// Some proxies add the port, and put brackets around an IPv6 address.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    text.parse().ok().or_else(|| text.parse().ok().map(|hop: SocketAddr| hop.ip())).or_else(bare)
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    let text = String::from_utf8_lossy(headers.get(header::USER_AGENT)?.as_bytes());
    let text: String = text.chars().filter(|character| !character.is_control()).take(USER_AGENT_LIMIT).collect();
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn without_trusted_proxies_the_peer_is_the_client_whatever_the_header_says() {
        assert_eq!(address("203.0.113.7", &["198.51.100.1"], &[]), "203.0.113.7");
    }

    #[test]
    fn the_first_untrusted_address_from_the_right_is_the_client() {
        assert_eq!(address("10.0.0.1", &["1.1.1.1, 198.51.100.1, 10.0.0.2"], &["10.0.0.0/8"]), "198.51.100.1");
        assert_eq!(address("10.0.0.1", &["1.1.1.1", "198.51.100.1"], &["10.0.0.0/8"]), "198.51.100.1");
    }

    #[test]
    fn a_broken_entry_ends_the_walk_at_the_last_address_that_was_vouched_for() {
        assert_eq!(address("10.0.0.1", &["198.51.100.1, nonsense, 10.0.0.2"], &["10.0.0.0/8"]), "10.0.0.2");
    }

    #[test]
    fn an_entry_may_have_a_port_and_brackets() {
        for (entry, expected) in [
            ("198.51.100.1:49152", "198.51.100.1"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:db8::7]:49152", "2001:db8::7"),
            ("[::ffff:198.51.100.1]:49152", "198.51.100.1"),
        ] {
            assert_eq!(address("10.0.0.1", &[&format!("1.1.1.1, {entry}")], &["10.0.0.0/8"]), expected, "{entry}");
        }
        for entry in
            ["198.51.100.1:", "198.51.100.1:x", "[198.51.100.1]x", "[2001:db8::7", "fe80::1%eth0", "unknown", ""]
        {
            assert_eq!(address("10.0.0.1", &[entry], &["10.0.0.0/8"]), "10.0.0.1", "{entry}");
        }
    }

    #[test]
    fn an_ipv4_address_mapped_into_ipv6_is_the_ipv4_address() {
        assert_eq!(address("::ffff:10.0.0.1", &["::ffff:198.51.100.1"], &["10.0.0.0/8"]), "198.51.100.1");
    }

    #[test]
    fn an_ipv6_address_stands_for_its_first_64_bits_and_a_mapped_one_for_the_ipv4_address() {
        let client = |ip: &str| Client { ip: Some(ip.parse().unwrap()), user_agent: None };
        let network = |ip| client(ip).network().unwrap().to_string();
        assert_eq!(network("203.0.113.7"), "203.0.113.7");
        assert_eq!(network("::ffff:203.0.113.7"), "203.0.113.7");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("2001:0DB8:1:2::1"), network("2001:db8:1:2:ffff::"));
        assert_ne!(network("2001:db8:1:3::1"), network("2001:db8:1:2::1"));
        assert_eq!(Client::default().network(), None);
    }

    #[test]
    fn a_user_agent_is_cut_and_freed_of_control_characters() {
        let mut headers = HeaderMap::new();
        headers.insert(header::USER_AGENT, header::HeaderValue::from_bytes(&[b'a'; 10_000]).unwrap());
        assert_eq!(user_agent(&headers).unwrap().len(), USER_AGENT_LIMIT);
        headers.insert(header::USER_AGENT, header::HeaderValue::from_bytes(b"caf\xe9\tbar").unwrap());
        assert_eq!(user_agent(&headers).unwrap(), "caf\u{fffd}bar");
    }
}
