//! What something is counted under: hashes of names and addresses.

use std::net::{IpAddr, Ipv4Addr};

use ring::digest;

use crate::http::Client;

/// A counter of failures: an account, a client address, or both. A half that does not matter is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) account: Vec<u8>,
    pub(super) address: Vec<u8>,
}

impl Key {
    pub(super) fn of_account(name: &str) -> Self {
        Self { account: hash("account", name), address: Vec::new() }
    }

    /// Of an account's password, where those guess who are signed in to it.
    pub(super) fn of_sessions(name: &str) -> Self {
        Self { account: hash("sessions", name), address: Vec::new() }
    }

    pub(super) fn of_address(network: &str) -> Self {
        Self { account: Vec::new(), address: hash("address", network) }
    }

    /// Clients without an address share one counter for an account.
    pub(super) fn of_pair(name: &str, client: &Client) -> Self {
        Self { account: hash("account", name), address: hash("address", &network(client).unwrap_or_default()) }
    }
}

/// A text of any length as 32 bytes, different for each kind.
pub(super) fn hash(kind: &str, text: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, format!("{kind}\0{text}").as_bytes()).as_ref().to_vec()
}

/// Whom a client's address stands for. Counters are kept by this text.
pub(super) fn network(client: &Client) -> Option<String> {
    if let Some(IpAddr::V6(address)) = client.ip
        && let [0x64, 0xff9b, 0, 0, 0, 0, high, low] = address.segments()
    {
        // Clients behind a translator (RFC 6052, section 2.1) share a network and have an address of IPv4 each.
        return Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)).to_string());
    }
    Some(match client.network()? {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(prefix) => format!("{prefix}/64"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_the_text_that_counters_are_kept_by() {
        let of = |ip: &str| network(&Client { ip: Some(ip.parse().unwrap()), user_agent: None }).unwrap();
        assert_eq!(of("203.0.113.7"), "203.0.113.7");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(of("64:ff9b::203.0.113.7"), "203.0.113.7", "behind a translator");
        assert_eq!(of("64:ff9b:1::203.0.113.7"), "64:ff9b:1::/64");
    }

    #[test]
    fn an_account_and_an_address_of_the_same_name_are_counted_apart() {
        assert_ne!(Key::of_account("x").account, Key::of_address("x").address);
        assert_ne!(Key::of_account("x"), Key::of_sessions("x"));
        assert_eq!(Key::of_pair("x", &Client::default()).account, Key::of_account("x").account);
    }
}
