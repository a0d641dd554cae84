//! Pages for staff: find users, see and end their sessions, deactivate accounts, assign roles, read the audit log,
//! remove expired data.
//!
//! Signing in here begins an ordinary session, so everything that ends sessions ends it. The browser holds a separate
//! sealed cookie for these pages only, which expires after half an hour without a request (`gate`). Each request looks
//! up the session and the account, so a revoked role takes effect at once. The statement that begins an act decides
//! which accounts the user may do it to (`acts`). A dangerous act also requires the password, unless it was entered
//! within the last five minutes. No act sets or shows a password.
//!
//! The pages are plain forms without scripts or external resources. They are not part of the API, and so not in its
//! description.

mod acts;
mod done;
mod events;
mod gate;
mod people;
mod routes;
mod shown;
mod store;

use std::net::IpAddr;

use ipnet::IpNet;

pub(crate) use gate::COOKIE as SESSION_COOKIE;
pub(crate) use routes::{FORM_COOKIE, router};

use crate::http;
use crate::settings::Section;

/// `[admin]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether the pages are served.
    pub enabled: bool,
    /// The path they are served below, such as `/something`.
    pub path: String,
    /// Networks whose clients may see the pages; if empty, every client may.
    pub networks: Vec<IpNet>,
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
        }
    }

    pub(crate) fn warn(&self, warnings: &mut Vec<String>) {
        if self.enabled && self.networks.is_empty() {
            warnings.push(
                "admin.networks: everybody can reach the admin pages' sign-in; name the networks of your staff, or set \
                 admin.enabled to false"
                    .into(),
            );
        }
    }

    fn admits(&self, client: Option<IpAddr>) -> bool {
        self.networks.is_empty()
            || client.is_some_and(|client| self.networks.iter().any(|network| network.contains(&client)))
    }
}
