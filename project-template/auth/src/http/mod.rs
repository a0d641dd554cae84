//! The parts of a request that handlers share: the client, cookies, CSRF tokens, body fields, addresses.

pub(crate) mod client;
pub(crate) mod cookies;
pub(crate) mod csrf;
pub(crate) mod fields;
mod network;
pub(crate) mod origins;
mod public_url;
mod return_urls;
mod settings;

use std::net::IpAddr;

pub use client::Client;
pub use fields::{Fields, FormFields};
pub(crate) use fields::{NOT_A_FLAG, NOT_TEXT, REQUIRED};
pub(crate) use network::{network_of, parse_network, site_of, translated};
pub(crate) use origins::is_allowed;
pub use public_url::PublicUrl;
pub(crate) use public_url::origin_of;
pub use return_urls::ReturnUrl;
pub use settings::{Docs, Settings};

/// Marks an answer that no script of another origin may read.
#[derive(Clone, Copy)]
pub(crate) struct SameOrigin;

/// Marks an answer that every script may read: it is the same for every client.
#[derive(Clone, Copy)]
pub(crate) struct AnyOrigin;

pub(crate) fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local(),
    }
}

/// Ignores case. Older browsers put a dot before the domain of a cookie.
pub(crate) fn is_within(host: &str, domain: &str) -> bool {
    let (host, domain) = (host.to_ascii_lowercase(), domain.trim_start_matches('.').to_ascii_lowercase());
    !domain.is_empty() && host.strip_suffix(&domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

pub(crate) fn is_prefix(prefix: &str) -> bool {
    prefix.is_empty()
        || prefix.strip_prefix('/').is_some_and(|rest| {
            rest.split('/').all(|part| {
                !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
            })
        })
}
