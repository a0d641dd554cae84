use std::net::IpAddr;

use ipnet::IpNet;

use crate::http;
use crate::settings::{Advice, Deployed, Section};

/// `[admin]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether the pages are served.
    pub enabled: bool,
    /// The path they are served below, such as `/something`.
    pub path: String,
    /// Networks whose clients may see the pages; if empty, every client may.
    pub networks: Vec<IpNet>,
    /// Whether staff can sign in to them with a connected account at another service.
    pub social: bool,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let path = section.text("path").trim_end_matches('/').to_owned();
        if path.is_empty() || !http::is_prefix(&path) {
            section.problem(
                "path",
                "must begin with `/`, with letters, digits, `-`, `_` and `.` between slashes, such as \"/admin\"",
            );
        }
        Self {
            enabled: section.flag("enabled"),
            path,
            networks: section.parsed_list("networks", http::parse_network, "an address or a network"),
            social: section.flag("social"),
        }
    }

    pub(crate) fn admits(&self, client: Option<IpAddr>) -> bool {
        self.networks.is_empty()
            || client.is_some_and(|client| self.networks.iter().any(|network| network.contains(&client)))
    }
}

impl Deployed for Settings {
    fn advise(&self, advice: &mut Advice) {
        advice.warn_if(
            self.enabled && self.networks.is_empty(),
            "admin.networks: everybody can reach the admin pages' sign-in; name the networks of your staff, or set \
                 admin.enabled to false",
        );
    }
}
