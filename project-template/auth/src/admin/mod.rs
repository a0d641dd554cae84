//! Pages for staff: to find users, see and end their sessions, deactivate, give roles, read the audit log, clear up.
//!
//! Signing in here begins a session like any other, so whatever ends sessions ends this one; what the browser holds is a
//! sealed cookie of its own, for these pages alone and for half an hour of silence (`gate`). Each request looks up the
//! session and the account, so a role that was taken away is gone at once. What somebody may do to whom is decided by the
//! statement that begins the deed (`acts`); a dangerous one also takes the password, if it was not given within five
//! minutes. There is no act that sets or shows a password.
//!
//! The pages are plain forms: no script, nothing from elsewhere. They are not part of the API and so not in its
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
    /// Whether there are such pages.
    pub enabled: bool,
    /// Where they begin: `/something`.
    pub path: String,
    /// Clients that may see them; everybody, if empty.
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

    /// Whether a client may see the pages.
    fn admits(&self, client: Option<IpAddr>) -> bool {
        self.networks.is_empty()
            || client.is_some_and(|client| self.networks.iter().any(|network| network.contains(&client)))
    }
}
