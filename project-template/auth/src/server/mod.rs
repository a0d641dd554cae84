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

pub(crate) use layers::{api_layers, outer_layers, page_layers};
pub(crate) use listening::{Allowance, serve};

use std::net::IpAddr;

use crate::http::{self, Settings};

impl Allowance {
    /// The limits of the settings. A trusted proxy brings many clients, so it may hold any number of connections.
    pub(crate) fn of(settings: &Settings) -> Self {
        let settings = settings.clone();
        let (idle, for_client) = (settings.idle_timeout, settings.connections_per_client);
        let client = move |peer: IpAddr| {
            let peer = peer.to_canonical();
            (!settings.is_proxy(peer)).then(|| http::network_of(http::translated(peer, &settings.nat64)))
        };
        Self { idle, for_client, client: Box::new(client) }
    }
}
