//! Warns once about proxies whose configuration hides the addresses of clients.

use std::net::{IpAddr, SocketAddr};
use std::sync::Once;

use axum::extract::{ConnectInfo, Request};

use crate::http::{Settings, is_private};

static NOT_TRUSTED: Once = Once::new();
static SAYS_NOTHING: Once = Once::new();

pub(super) fn notice(settings: &Settings, request: &Request) {
    let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() else { return };
    let peer = peer.ip().to_canonical();
    let says_whose = request.headers().contains_key("x-forwarded-for");
    match (settings.is_proxy(peer), says_whose) {
        (false, true) if is_private(peer) => NOT_TRUSTED.call_once(|| warn_of_stranger(peer)),
        // The proxy's own health checks have no client.
        (true, false) if !request.uri().path().starts_with("/health/") => {
            SAYS_NOTHING.call_once(|| warn_of_silence(peer));
        }
        _ => {}
    }
}

fn warn_of_stranger(peer: IpAddr) {
    tracing::warn!(
        "{peer} sends X-Forwarded-For and is not in `http.trusted_proxies`: if it is a proxy of yours, name it there; as it is, \
         all its clients count as one"
    );
}

fn warn_of_silence(peer: IpAddr) {
    tracing::warn!(
        "{peer} is in `http.trusted_proxies` and sends a request without X-Forwarded-For: a proxy that does not set or append \
         it lets each client choose its address; see docs/behind-a-proxy.md"
    );
}
