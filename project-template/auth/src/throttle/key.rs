use std::net::IpAddr;

use ring::digest;

use crate::http::Client;

/// The key of a counter: an account, a client address, or both. An unused half is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) account: Vec<u8>,
    pub(super) address: Vec<u8>,
}

impl Key {
    pub(super) fn of_address(network: &str) -> Self {
        Self { account: Vec::new(), address: hash("address", network) }
    }

    /// Clients without an address share one counter per account.
    pub(super) fn of_pair(name: &str, client: &Client) -> Self {
        Self { account: hash("account", name), address: hash("address", &network(client).unwrap_or_default()) }
    }
}

/// Equal texts of different kinds differ.
pub(super) fn hash(kind: &str, text: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, format!("{kind}\0{text}").as_bytes()).as_ref().to_vec()
}

/// Stored keys depend on this text.
pub(super) fn network(client: &Client) -> Option<String> {
    Some(match client.network()? {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(prefix) => format!("{prefix}/64"),
    })
}

pub(super) fn site(client: &Client) -> Option<String> {
    client.site().map(|site| format!("{site}/48"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_the_text_that_counters_are_kept_by() {
        let of = |ip: &str| network(&Client { ip: Some(ip.parse().unwrap()), user_agent: None }).unwrap();
        assert_eq!(of("203.0.113.7"), "203.0.113.7");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    }

    #[test]
    fn networks_of_one_site_have_the_site_in_common() {
        let of = |ip: &str| site(&Client { ip: Some(ip.parse().unwrap()), user_agent: None });
        assert_eq!(of("2001:db8:1:2::7").as_deref(), Some("2001:db8:1::/48"));
        assert_eq!(of("2001:db8:1:ffff::7"), of("2001:db8:1:2::7"));
        assert_ne!(of("2001:db8:2:2::7"), of("2001:db8:1:2::7"));
        assert_eq!(of("203.0.113.7"), None);
    }
}
