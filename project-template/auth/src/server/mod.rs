//! The server around the routes: layers, limits, connections.

mod ambiguity;
mod forwarding;
mod layers;
mod listening;
mod origin;
mod patience;
mod places;
mod rest;
mod same_origin;
mod timeout;

pub(crate) use layers::{api_layers, outer_layers};
pub(crate) use listening::{Allowance, serve};

use std::net::IpAddr;

use crate::http::{self, Settings};

impl Allowance {
    /// A trusted proxy brings many clients, so it may hold any number of connections.
    pub(crate) fn of(settings: &Settings) -> Self {
        let settings = settings.clone();
        let (idle, for_client) = (settings.idle_timeout, settings.connections_per_client);
        let client = move |peer: IpAddr| {
            let peer = peer.to_canonical();
            let address = http::translated(peer, &settings.nat64);
            (!settings.is_proxy(peer)).then(|| (http::network_of(address), http::site_of(address)))
        };
        Self { idle, for_client, client: Box::new(client) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;

    #[test]
    fn a_connection_is_its_clients_and_its_sites_and_nobodys_through_a_proxy() {
        let text = "[http]\ntrusted_proxies = [\"10.0.0.0/8\"]";
        let settings = crate::Settings::load(Path::new("settings.toml"), text, &BTreeMap::new()).unwrap();
        let allowance = Allowance::of(&settings.http);
        let whose = |peer: &str| (allowance.client)(peer.parse().unwrap());
        let address = |text: &str| text.parse().unwrap();
        assert_eq!(whose("2001:db8:7:1::5"), Some((address("2001:db8:7:1::"), Some(address("2001:db8:7::")))));
        assert_eq!(whose("::ffff:203.0.113.7"), Some((address("203.0.113.7"), None)));
        assert_eq!(whose("64:ff9b::203.0.113.7"), Some((address("203.0.113.7"), None)));
        assert_eq!(whose("10.1.2.3"), None);
    }
}
