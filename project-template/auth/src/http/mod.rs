//! The parts of a request that handlers share: the client, cookies, CSRF tokens, body fields, addresses; and `[http]`.

pub(crate) mod client;
pub(crate) mod cookies;
pub(crate) mod csrf;
mod fields;
mod link_key;
mod network;
mod origins;
mod public_url;
mod return_to;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::http::{HeaderValue, Uri};
use ipnet::{IpNet, Ipv6Net};

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

use crate::settings::{Choice, Section};
use origins::{app_origin, origin_pattern};

/// `check --deploy` warns above these values.
const SAFE_BODY_LIMIT: usize = 64 * 1_024;
const SAFE_REQUEST_TIMEOUT: Duration = Duration::from_mins(1);

/// A client has this long for the head of a request, so a connection cannot be idle for less.
const MIN_IDLE_TIMEOUT: Duration = Duration::from_secs(10);

/// Marks an answer that no script of another origin may read.
#[derive(Clone, Copy)]
pub(crate) struct SameOrigin;

/// Marks an answer that every script may read: it is the same for every client.
#[derive(Clone, Copy)]
pub(crate) struct AnyOrigin;

/// `[http]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the server listens.
    pub bind: SocketAddr,
    /// Where clients reach it.
    pub public_url: Option<PublicUrl>,
    /// Prefix of every path of the API; empty or `/something`.
    pub prefix: String,
    /// Proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// NAT64 prefixes, behind which a translator puts a client's IPv4 address.
    pub nat64: Vec<Ipv6Net>,
    /// Origins whose pages may call the API with cookies.
    pub cors_origins: Vec<HeaderValue>,
    /// Addresses that a person may be redirected to after the action a mail asks for.
    pub return_urls: Vec<ReturnUrl>,
    /// Largest request body, in bytes.
    pub body_limit: usize,
    /// The time a request may take.
    pub request_timeout: Duration,
    /// How long an idle connection is kept.
    pub idle_timeout: Duration,
    /// How long the server keeps serving after the signal to stop. None: the default of the environment.
    pub drain: Option<Duration>,
    /// Connections that one client may hold.
    pub connections_per_client: usize,
    /// Where the description of the API is served.
    pub docs: Docs,
    /// Where metrics are served; nothing else is served there.
    pub metrics_bind: Option<SocketAddr>,
}

/// Where `/openapi.json` and `/docs/` are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Docs {
    /// Everywhere but in production.
    Development,
    /// Everywhere.
    On,
    /// Nowhere.
    Off,
}

impl Choice for Docs {
    const NAMES: &[(&str, Self)] = &[("development", Self::Development), ("on", Self::On), ("off", Self::Off)];
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let bind = section.text("bind").parse().unwrap_or_else(|_| {
            section.unreadable("bind", "must be an address and a port, such as \"127.0.0.1:8000\"");
            SocketAddr::from(([127, 0, 0, 1], 8000))
        });
        let metrics_bind = section.optional_text("metrics_bind").and_then(|text| {
            let parsed = text.parse().ok();
            if parsed.is_none() {
                section
                    .unreadable("metrics_bind", "must be an address and a port, such as \"127.0.0.1:9000\", or empty");
            }
            parsed
        });
        if metrics_bind.is_some_and(|metrics| is_same_port(metrics, bind)) {
            let fix = "must not be the port of http.bind, which strangers reach; take another one";
            section.conflict("metrics_bind", &["http.bind"], fix);
        }
        let public_url = section.optional_text("public_url").and_then(|text| {
            let parsed = PublicUrl::parse(&text);
            if parsed.is_none() {
                section.unreadable(
                    "public_url",
                    "must be an address such as \"https://auth.example.com\", without a user, a query or a fragment",
                );
            }
            parsed
        });
        let prefix = section.text("prefix").trim_end_matches('/').to_owned();
        if !is_prefix(&prefix) {
            section.problem(
                "prefix",
                "must be empty or begin with `/`, with letters, digits, `-`, `_` and `.` between slashes",
            );
        }
        let request_timeout = section.duration("request_timeout");
        if request_timeout.is_zero() {
            section.problem("request_timeout", "must be longer than zero");
        }
        let idle_timeout = section.duration("idle_timeout");
        if idle_timeout < MIN_IDLE_TIMEOUT {
            section.problem("idle_timeout", "must be at least \"10s\"");
        }
        let origin = "an origin such as \"https://app.example.com\" or \"capacitor://localhost\": no user, no path, no slash at \
                      the end, and a `*` only for one whole name, as in \"https://*.preview.example.com\"";
        let return_url = "an address such as \"https://app.example.com/welcome\" or \"myapp://signed-in\": no user, no query, no \
                          fragment, and a `*` only for one whole name, as in \"https://*.preview.example.com\"";
        Self {
            bind,
            public_url,
            prefix,
            trusted_proxies: section.parsed_list("trusted_proxies", parse_network, "an address or a network"),
            nat64: section.parsed_list("nat64", network::parse_prefix, "a network of IPv6 with 96 bits"),
            cors_origins: section.parsed_list("cors_origins", parse_origin, origin),
            return_urls: section.parsed_list("return_urls", ReturnUrl::parse, return_url),
            body_limit: section.number("body_limit", 1_024..=10_485_760) as usize,
            request_timeout,
            idle_timeout,
            drain: section.optional_duration("drain"),
            connections_per_client: section.number("connections_per_client", 0..=10_000) as usize,
            docs: section.one_of("docs"),
            metrics_bind,
        }
    }

    pub(crate) fn is_proxy(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(&peer))
    }

    /// The absolute URL of an API path, for mails. It comes from `public_url` alone, since the client controls a
    /// request's headers. In development, without a `public_url`, it is the address the server listens on.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        match &self.public_url {
            Some(url) => format!("{url}{}{path}", self.prefix),
            None => format!("http://{}{}{path}", self.bind, self.prefix),
        }
    }

    /// An API path as a browser sees it, for pages and redirects: below the path of `public_url`, if it has one.
    #[must_use]
    pub fn path(&self, path: &str) -> String {
        self.outer_path(&format!("{}{path}", self.prefix))
    }

    /// As [`Settings::path`], for a path outside the API.
    pub(crate) fn outer_path(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_ref().map_or("", PublicUrl::path))
    }

    /// The host that people see in their browser.
    pub(crate) fn host(&self) -> &str {
        self.public_host().unwrap_or("localhost")
    }

    /// The same; none without `public_url`.
    pub(crate) fn public_host(&self) -> Option<&str> {
        self.public_url.as_ref().map(PublicUrl::host)
    }

    /// Reminders of what `check --deploy` cannot judge.
    pub(crate) fn note(&self, notes: &mut Vec<String>) {
        if self.metrics_bind.is_some_and(|bind| bind.ip().is_unspecified()) {
            notes.push(
                "http.metrics_bind: whoever reaches this machine reads how much goes on here; in a container leave the port \
                 unpublished, elsewhere let it be an address of loopback or of a private network"
                    .into(),
            );
        }
    }

    pub(crate) fn warn(&self, warnings: &mut Vec<String>) {
        if self.public_url.as_ref().is_some_and(|url| url.origin().starts_with("http://")) {
            warnings.push("http.public_url: use https; tokens and passwords travel in clear".into());
        }
        if self.trusted_proxies.is_empty() && self.bind.ip().is_loopback() {
            warnings.push(
                "http.trusted_proxies: the server listens on loopback, so every client has the proxy's address; name the proxy".into(),
            );
        }
        let unsafe_if = [
            (
                self.metrics_bind.is_some_and(|bind| !bind.ip().is_unspecified() && !is_private(bind.ip())),
                "http.metrics_bind: strangers need not see how much goes on here; use an address of loopback or of a private network",
            ),
            (
                self.trusted_proxies.iter().any(|network| network.prefix_len() == 0),
                "http.trusted_proxies: a network of all addresses lets every client choose its own; name your proxies",
            ),
            (
                self.cors_origins.iter().any(|origin| origin.as_bytes().starts_with(b"http://")),
                "http.cors_origins: anybody on the network path can change a page of `http://` and make calls with its cookies; use https",
            ),
            (
                self.return_urls.iter().any(ReturnUrl::is_plain),
                "http.return_urls: anybody on the network path can change a page of `http://` that people are led to; use https",
            ),
            (
                self.docs == Docs::On,
                "http.docs: strangers need not read how the API is built; set it to \"development\" or \"off\" unless it is meant for them",
            ),
            (
                self.body_limit > SAFE_BODY_LIMIT,
                "http.body_limit: no request of this API needs more than 64 KiB; lower it",
            ),
            (
                self.request_timeout > SAFE_REQUEST_TIMEOUT,
                "http.request_timeout: a slow client keeps its place for more than a minute; shorten it",
            ),
        ];
        warnings.extend(unsafe_if.into_iter().filter(|(applies, _)| *applies).map(|(_, warning)| warning.into()));
    }
}

/// Whether the server cannot listen on both addresses at once.
fn is_same_port(one: SocketAddr, other: SocketAddr) -> bool {
    let overlap = one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified();
    // Port 0 stands for any free port.
    one.port() == other.port() && one.port() != 0 && overlap
}

/// Whether an address cannot be reached from the internet.
pub(crate) fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local(),
    }
}

/// Whether a host is the domain or below it, ignoring case. Older browsers put a dot before the domain of a cookie.
pub(crate) fn is_within(host: &str, domain: &str) -> bool {
    let (host, domain) = (host.to_ascii_lowercase(), domain.trim_start_matches('.').to_ascii_lowercase());
    !domain.is_empty() && host.strip_suffix(&domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether a browser may be redirected there: a web or app address, or a path of this server. `//` is neither: browsers
/// read a host after it.
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

/// Normalizes an origin as browsers write it: lower case, without the default port.
fn parse_origin(text: &str) -> Option<HeaderValue> {
    let uri: Uri = text.parse().ok()?;
    let is_origin = text.split_once("://")?.1 == uri.authority()?.as_str() && !text.contains('*');
    let origin = origin_of(&uri).or_else(|| app_origin(&uri)).filter(|_| is_origin);
    HeaderValue::from_str(&origin.or_else(|| origin_pattern(text))?).ok()
}
