//! The table of features. One more is one more entry.

use std::fmt;
use std::net::SocketAddr;

use toml::{Table, Value};

use super::env::Secret;
use super::settings::{Setting, find};
use super::{social, table};
use crate::failure::Failure;

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) takes: Takes,
    /// What to do for a value that is not known.
    pub(super) otherwise: Option<&'static str>,
    /// The setting that a project has if it has the feature.
    pub(super) key: &'static str,
    setting: fn(&'static str) -> Setting,
    secrets: fn(&str) -> Vec<Secret>,
    steps: fn(&str, &Site) -> Vec<String>,
}

/// What stands after `=`.
#[derive(Debug)]
pub(super) enum Takes {
    Nothing,
    One(&'static [&'static str]),
    Several(&'static [&'static str]),
}

pub(super) static KNOWN: [Entry; 4] = [
    Entry {
        name: "social",
        about: "signing in with an account at another service",
        takes: Takes::Several(&social::NAMES),
        otherwise: Some(
            "another provider of OpenID Connect is a section of your own in `settings.toml`: see docs/social.md",
        ),
        key: "social.providers",
        setting: social::setting,
        secrets: social::secrets,
        steps: social::steps,
    },
    Entry {
        name: "invitations",
        about: "staff invite people by mail",
        takes: Takes::Nothing,
        otherwise: None,
        key: "invitations.enabled",
        setting: |_| Setting::key("invitations", "enabled", Value::Boolean(true)),
        secrets: |_| Vec::new(),
        steps: |_, _| {
            vec![
                "invitations: make a superuser, `cargo run -- create-superuser`, who invites people on the admin pages; see \
                 docs/invitations.md"
                    .into(),
            ]
        },
    },
    Entry {
        name: "mfa",
        about: "the second factor: a code of an authenticator app",
        takes: Takes::One(&["optional", "required", "disabled"]),
        otherwise: None,
        key: "mfa.totp",
        setting: |value| Setting::key("mfa", "totp", Value::String(value.into())),
        secrets: |_| Vec::new(),
        steps: |value, _| {
            let what = match value {
                "required" => "everybody sets up an authenticator app before their next session",
                "disabled" => "factors that were set up are not asked for any more",
                _ => "who sets up an authenticator app is asked for its codes",
            };
            vec![format!("mfa: {what}; see docs/second-factor.md")]
        },
    },
    Entry {
        name: "languages",
        about: "answers, mails and pages in other languages than English",
        takes: Takes::Several(&["cs", "de", "es", "fr", "ko", "pl", "pt-BR", "ru", "tr", "zh-Hans", "zh-Hant"]),
        otherwise: Some("another language is a folder of your own: see docs/languages.md"),
        key: "languages.offered",
        setting: |tag| Setting::Item { section: "languages", key: "offered", item: tag, otherwise: &["en"] },
        secrets: |_| Vec::new(),
        steps: |tag, _| {
            vec![format!(
                "languages: `Accept-Language: {tag}` is answered in it; the texts are in auth/languages/{tag}/, and how to change \
                 them is in docs/languages.md"
            )]
        },
    },
];

impl Takes {
    pub(super) fn values(&self) -> &'static [&'static str] {
        match self {
            Self::Nothing => &[],
            Self::One(values) | Self::Several(values) => values,
        }
    }
}

/// A feature with one of its values, if it takes any.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Feature {
    pub(super) entry: &'static Entry,
    /// Empty if it takes none.
    pub(super) value: &'static str,
}

impl Feature {
    /// Whether a project with these defaults has it.
    pub(crate) fn is_available(&self, defaults: &str) -> bool {
        find(&table(defaults), self.entry.key).is_some()
    }

    /// Whether these settings have it switched on.
    pub(crate) fn is_set_in(&self, settings: &str) -> bool {
        self.setting().is_in(&table(settings))
    }

    pub(crate) fn name(&self) -> &'static str {
        self.entry.name
    }

    /// The setting that a project lacks which does not have it.
    pub(crate) fn key(&self) -> &'static str {
        self.entry.key
    }

    pub(super) fn set_in(&self, settings: &str) -> Result<String, Failure> {
        if self.is_set_in(settings) { Ok(settings.to_owned()) } else { self.setting().written_into(settings) }
    }

    pub(super) fn secrets(&self) -> Vec<Secret> {
        (self.entry.secrets)(self.value)
    }

    pub(super) fn steps(&self, site: &Site) -> Vec<String> {
        (self.entry.steps)(self.value, site)
    }

    /// Whether they are two values of something that has one.
    pub(super) fn contradicts(&self, other: &Self) -> bool {
        self.entry.name == other.entry.name && self != other && !matches!(self.entry.takes, Takes::Several(_))
    }

    fn setting(&self) -> Setting {
        (self.entry.setting)(self.value)
    }
}

impl PartialEq for Feature {
    fn eq(&self, other: &Self) -> bool {
        (self.entry.name, self.value) == (other.entry.name, other.value)
    }
}

/// As on the command line.
impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joint = if self.value.is_empty() { "" } else { "=" };
        write!(f, "{}{joint}{}", self.entry.name, self.value)
    }
}

/// Where browsers reach a project's server.
pub(super) enum Site {
    /// Everywhere, as `http.public_url` says.
    Public(String),
    /// As long as it is not set: in development, and in production, which needs it.
    Here { now: String, production: String },
}

impl Site {
    pub(super) fn of(settings: &Table) -> Self {
        let text = |key| find(settings, key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let prefix = find(settings, "http.prefix").and_then(Value::as_str).unwrap_or("/jwt-allauth");
        if let Some(public) = text("http.public_url") {
            return Self::Public(format!("{}{prefix}", public.trim_end_matches('/')));
        }
        let bind = text("http.bind").unwrap_or("127.0.0.1:8000");
        // As the server calls itself.
        let host = match bind.parse::<SocketAddr>() {
            Ok(address) if !address.ip().is_loopback() && !address.ip().is_unspecified() => bind.to_owned(),
            _ => format!("localhost:{}", bind.rsplit_once(':').map_or("8000", |(_, port)| port)),
        };
        Self::Here { now: format!("http://{host}{prefix}"), production: format!("<http.public_url>{prefix}") }
    }
}
