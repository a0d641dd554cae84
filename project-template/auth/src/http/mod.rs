//! The parts of a request that handlers share: the client, cookies, CSRF tokens, body fields, addresses.

pub(crate) mod client;
pub(crate) mod cookies;
pub(crate) mod csrf;
mod fields;
mod link_key;
mod network;
mod origins;
mod public_url;
mod return_to;
mod settings;

use std::net::IpAddr;

use axum::http::Uri;

pub use client::Client;
pub(crate) use fields::{BLANK, NOT_A_FLAG, NOT_TEXT, REQUIRED};
pub use fields::{Fields, FormFields};
pub(crate) use link_key::{LinkKey, secret_of};
pub(crate) use network::{network_of, parse_network, site_of, translated};
pub(crate) use origins::is_allowed;
pub use public_url::PublicUrl;
pub(crate) use public_url::origin_of;
pub(crate) use return_to::ReturnTo;
pub use return_to::ReturnUrl;
pub use settings::{Docs, Settings};

use origins::app_origin;

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

/// A web or app address, or a path of this server. `//` is neither: browsers read a host after it.
pub(crate) fn is_target(target: &str) -> bool {
    let is_address = || {
        let takes = |uri: &Uri| matches!(uri.scheme_str(), Some("http" | "https")) || app_origin(uri).is_some();
        target.parse::<Uri>().is_ok_and(|uri| takes(&uri) && uri.authority().is_some())
    };
    let is_path = target.starts_with('/') && !target.starts_with("//") && target.parse::<Uri>().is_ok();
    is_path || is_address()
}

pub(crate) fn is_prefix(prefix: &str) -> bool {
    prefix.is_empty()
        || prefix.strip_prefix('/').is_some_and(|rest| {
            rest.split('/').all(|part| {
                !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
            })
        })
}
