use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::http::HeaderValue;
use ipnet::{IpNet, Ipv6Net};

use super::origins::parse_origin;
use super::{PublicUrl, ReturnUrl, is_prefix, is_private, network, parse_network};
use crate::settings::{Advice, Choice, Deployed, Section};

/// `check --deploy` warns above these values.
const SAFE_BODY_LIMIT: usize = 64 * 1_024;
const SAFE_REQUEST_TIMEOUT: Duration = Duration::from_mins(1);

/// A client has this long for the head of a request, so a connection cannot be idle for less.
const MIN_IDLE_TIMEOUT: Duration = Duration::from_secs(10);

/// `[http]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the server listens.
    pub bind: SocketAddr,
    /// Where clients reach it.
    pub public_url: Option<PublicUrl>,
    /// Whether, without `public_url`, this machine is called `localhost` and not by its address: browsers make passkeys
    /// for a name only.
    pub prefer_localhost: bool,
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
            prefer_localhost: false,
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

    /// The absolute URL of an API path, for mails. It never comes from a request's headers, which the client controls.
    /// In development, without `public_url`, it is the address the server listens on.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        format!("{}{}{path}", self.base(self.bind), self.prefix)
    }

    /// The URL that paths are added to: `public_url`, or that of the address the server listens on.
    #[must_use]
    pub fn base(&self, address: SocketAddr) -> String {
        let is_here = address.ip().is_loopback() || address.ip().is_unspecified();
        match &self.public_url {
            Some(url) => url.to_string(),
            None if self.prefer_localhost && is_here => format!("http://localhost:{}", address.port()),
            None => format!("http://{address}"),
        }
    }

    /// The origin of this server's pages.
    #[must_use]
    pub fn origin(&self) -> String {
        self.public_url.as_ref().map_or_else(|| self.base(self.bind), |url| url.origin().to_owned())
    }

    /// An API path as a browser sees it, for pages and redirects: below the path of `public_url`, if it has one.
    #[must_use]
    pub fn path(&self, path: &str) -> String {
        self.outer_path(&format!("{}{path}", self.prefix))
    }

    pub(crate) fn outer_path(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_ref().map_or("", PublicUrl::path))
    }

    pub(crate) fn host(&self) -> &str {
        self.public_host().unwrap_or("localhost")
    }

    /// The host that people see in their browser, without the port.
    #[must_use]
    pub fn host_name(&self) -> &str {
        self.public_url.as_ref().map_or("localhost", PublicUrl::host_name)
    }

    pub(crate) fn public_host(&self) -> Option<&str> {
        self.public_url.as_ref().map(PublicUrl::host)
    }
}

impl Deployed for Settings {
    fn advise(&self, advice: &mut Advice) {
        advice.warn_if(
            self.public_url.as_ref().is_some_and(|url| url.origin().starts_with("http://")),
            "http.public_url: use https; tokens and passwords travel in clear",
        );
        advice.warn_if(
            self.trusted_proxies.is_empty() && self.bind.ip().is_loopback(),
            "http.trusted_proxies: the server listens on loopback, so every client has the proxy's address; name the proxy",
        );
        advice.warn_if(
            self.metrics_bind.is_some_and(|bind| !bind.ip().is_unspecified() && !is_private(bind.ip())),
            "http.metrics_bind: strangers need not see how much goes on here; use an address of loopback or of a private network",
        );
        advice.warn_if(
            self.trusted_proxies.iter().any(|network| network.prefix_len() == 0),
            "http.trusted_proxies: a network of all addresses lets every client choose its own; name your proxies",
        );
        advice.warn_if(
            self.cors_origins.iter().any(|origin| origin.as_bytes().starts_with(b"http://")),
            "http.cors_origins: anybody on the network path can change a page of `http://` and make calls with its cookies; use https",
        );
        advice.warn_if(
            self.return_urls.iter().any(ReturnUrl::is_plain),
            "http.return_urls: anybody on the network path can change a page of `http://` that people are led to; use https",
        );
        advice.warn_if(
            self.docs == Docs::On,
            "http.docs: strangers need not read how the API is built; set it to \"development\" or \"off\" unless it is meant for them",
        );
        advice.warn_if(
            self.body_limit > SAFE_BODY_LIMIT,
            "http.body_limit: no request of this API needs more than 64 KiB; lower it",
        );
        advice.warn_if(
            self.request_timeout > SAFE_REQUEST_TIMEOUT,
            "http.request_timeout: a slow client keeps its place for more than a minute; shorten it",
        );
        advice.note_if(
            self.metrics_bind.is_some_and(|bind| bind.ip().is_unspecified()),
            "http.metrics_bind: whoever reaches this machine reads how much goes on here; in a container leave the port \
             unpublished, elsewhere let it be an address of loopback or of a private network",
        );
    }
}

fn is_same_port(one: SocketAddr, other: SocketAddr) -> bool {
    let overlap = one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified();
    // Port 0 stands for any free port.
    one.port() == other.port() && one.port() != 0 && overlap
}
