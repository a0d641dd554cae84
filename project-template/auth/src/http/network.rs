//! Addresses and networks in one canonical form, for comparison.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// The network part of an IPv6 address. It identifies a client: a client that has one address of a /64 has all of them.
const OF_CLIENT: u128 = u128::MAX << 64;
/// The site part of an IPv6 address. An attacker who has a /48, as sites and tunnel customers do, can switch between 65,536
/// client networks.
const OF_SITE: u128 = u128::MAX << 80;
/// Length of the prefix before an IPv4 address that is embedded in IPv6.
const BEFORE_IPV4: u8 = 96;

/// Parses an address or a network. IPv4 written as IPv6 becomes IPv4, as it does for the addresses of clients.
pub(crate) fn parse_network(text: &str) -> Option<IpNet> {
    let network = text.parse().ok().or_else(|| text.parse().ok().map(|address: IpAddr| address.into()))?;
    Some(as_ipv4(network).unwrap_or(network))
}

fn as_ipv4(network: IpNet) -> Option<IpNet> {
    let IpNet::V6(network) = network else { return None };
    let length = network.prefix_len().checked_sub(BEFORE_IPV4)?;
    Some(Ipv4Net::new(network.addr().to_ipv4_mapped()?, length).ok()?.into())
}

/// NAT64 (RFC 6052).
pub(super) fn parse_prefix(text: &str) -> Option<Ipv6Net> {
    text.parse().ok().filter(|prefix: &Ipv6Net| prefix.prefix_len() == BEFORE_IPV4)
}

/// A NAT64 translator writes the IPv4 address behind an IPv6 prefix: all of IPv4 would count as one IPv6 network.
pub(crate) fn translated(address: IpAddr, prefixes: &[Ipv6Net]) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if prefixes.iter().any(|prefix| prefix.contains(&address)) => {
            let [.., a, b, c, d] = address.octets();
            Ipv4Addr::new(a, b, c, d).into()
        }
        address => address,
    }
}

pub(crate) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & OF_CLIENT).into(),
        address @ IpAddr::V4(_) => address,
    }
}

pub(crate) fn site_of(address: IpAddr) -> Option<IpAddr> {
    match address.to_canonical() {
        IpAddr::V6(address) => Some(Ipv6Addr::from_bits(address.to_bits() & OF_SITE).into()),
        IpAddr::V4(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv4_network_that_is_written_as_ipv6_is_the_ipv4_network() {
        let parsed = |text| parse_network(text).map(|network| network.to_string());
        for (text, expected) in [
            ("127.0.0.1", "127.0.0.1/32"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("::ffff:127.0.0.1", "127.0.0.1/32"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("::/0", "::/0"),
        ] {
            assert_eq!(parsed(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(parsed("10.0.0.0/33"), None);
    }

    #[test]
    fn an_address_behind_a_translators_prefix_is_the_ipv4_address() {
        let prefixes = [parse_prefix("64:ff9b::/96").unwrap(), parse_prefix("2001:db8:64::/96").unwrap()];
        let of = |address: &str| translated(address.parse().unwrap(), &prefixes).to_string();
        assert_eq!(of("64:ff9b::203.0.113.7"), "203.0.113.7");
        assert_eq!(of("2001:db8:64::cb00:7107"), "203.0.113.7");
        assert_eq!(of("64:ff9b:0:0:1::1"), "64:ff9b::1:0:0:1");
        assert_eq!(of("::ffff:203.0.113.7"), "203.0.113.7");
        assert_eq!(of("203.0.113.7"), "203.0.113.7");
        assert_eq!(parse_prefix("64:ff9b::/64"), None);
    }
}
