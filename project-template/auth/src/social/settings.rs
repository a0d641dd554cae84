//! `[social]`.

use std::path::PathBuf;
use std::time::Duration;

use axum::http::Uri;
use toml::{Table, Value};

use super::provider_settings::{Kind, Provider};
use crate::connections::is_provider_id;
use crate::settings::{Advice, Choice, Deployed, Section};

/// The rest of a request's time is the database's; clients expect an answer about a provider that is down.
const MAX_TIMEOUT: Duration = Duration::from_secs(5);

/// The placeholder for a client id that `jwt-allauth add` writes.
const UNFINISHED: &str = "replace me";

/// `[social]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether a verified address leads to the account that has it.
    pub email_linking: Linking,
    /// Whether an account is made only for an address that the provider vouches for.
    pub require_verified_email: bool,
    /// Where clients may have codes sent that they bring here; anywhere if empty.
    pub callback_urls: Vec<String>,
    /// Where a person is led after the server's own redirects, without `next`.
    pub redirect: Option<String>,
    /// Certificate authorities to trust beside the public ones.
    pub ca_file: Option<PathBuf>,
    /// How long a provider may take.
    pub timeout: Duration,
    /// In the order of their ids.
    pub providers: Vec<Provider>,
}

/// What a verified address of a provider is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linking {
    /// It leads to the account that has it, if its owner has proven that address here too.
    Verified,
    /// Nothing: users connect their accounts themselves.
    Never,
}

impl Choice for Linking {
    const NAMES: &[(&str, Self)] = &[("verified", Self::Verified), ("never", Self::Never)];
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let timeout = section.duration("timeout");
        if timeout.is_zero() || timeout > MAX_TIMEOUT {
            section.problem("timeout", "must be from \"1s\" to \"5s\"");
        }
        let redirect = section.optional_text("redirect");
        if redirect.as_deref().is_some_and(|redirect| !crate::pages::is_target(redirect)) {
            section.problem("redirect", "must be an address such as \"https://app.example.com/welcome\", or a path");
        }
        Self {
            email_linking: section.one_of("email_linking"),
            require_verified_email: section.flag("require_verified_email"),
            callback_urls: section.list("callback_urls"),
            redirect,
            ca_file: section.optional_text("ca_file").map(PathBuf::from),
            timeout,
            providers: providers(section),
        }
    }

    pub(crate) fn provider(&self, id: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.id == id)
    }
}

fn providers(section: &mut Section<'_>) -> Vec<Provider> {
    let mut providers = Vec::new();
    for (id, value) in section.table("providers") {
        let key = format!("providers.{id}");
        if !is_provider_id(&id) {
            let words = "is not a name for a provider: small letters, digits and `_`, at most 32, and not `accounts` or \
                         `providers`";
            section.problem(&key, words);
        } else if let Value::Table(table) = value {
            providers.extend(Provider::read(section, &id, Keys::new(&key, table)));
        } else {
            section.problem(&key, "must be a section of its own, such as [social.providers.google]");
        }
    }
    providers.sort_by(|one, other| one.id.cmp(&other.id));
    providers
}

/// The keys of a provider's table, each taken once: those that are left are unknown. The environment has texts only.
pub(super) struct Keys {
    place: String,
    table: Table,
}

impl Keys {
    fn new(place: &str, table: Table) -> Self {
        Self { place: place.to_owned(), table }
    }

    pub(super) fn place(&self, key: &str) -> String {
        format!("{}.{key}", self.place)
    }

    pub(super) fn text(&mut self, section: &mut Section<'_>, key: &str) -> Option<String> {
        if let Value::String(text) = self.table.remove(key)? {
            return Some(text).filter(|text| !text.is_empty());
        }
        section.problem(&self.place(key), "must be a text in quotes");
        None
    }

    pub(super) fn flag(&mut self, section: &mut Section<'_>, key: &str) -> bool {
        match self.table.remove(key) {
            None => false,
            Some(Value::Boolean(flag)) => flag,
            Some(Value::String(text)) if ["true", "false"].contains(&text.as_str()) => text == "true",
            Some(_) => {
                section.problem(&self.place(key), "must be true or false");
                false
            }
        }
    }

    pub(super) fn list(&mut self, section: &mut Section<'_>, key: &str) -> Option<Vec<String>> {
        let split = |text: &str| text.split([',', ' ']).filter(|item| !item.is_empty()).map(str::to_owned).collect();
        let items: Option<Vec<String>> = match self.table.remove(key)? {
            Value::String(text) if text.starts_with('[') => serde_json::from_str(&text).ok(),
            Value::String(text) => Some(split(&text)),
            Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
            _ => None,
        };
        if items.is_none() {
            section.problem(&self.place(key), "must be a list of texts in quotes");
        }
        items
    }

    pub(super) fn refuse_others(self, section: &mut Section<'_>) {
        for key in self.table.keys() {
            section.problem(&self.place(key), "is not a setting of a provider");
        }
    }
}

impl Deployed for Settings {
    fn refuse_unsafe(&self, section: &mut Section<'_>) {
        let is_unfinished = |provider: &&Provider| provider.client_ids.iter().any(|id| id == UNFINISHED);
        for provider in self.providers.iter().filter(is_unfinished) {
            let key = format!("providers.{}.client_ids", provider.id);
            section.problem(&key, "must have the id that the provider gave this service, in place of \"replace me\"");
        }
        for provider in self.providers.iter().filter(|provider| provider.is_plain()) {
            let key = format!("providers.{}.issuer", provider.id);
            section.problem(
                &key,
                "must begin with https:// in production: whoever changes its answers signs in as anybody",
            );
        }
    }

    fn advise(&self, advice: &mut Advice) {
        for provider in self.providers.iter().filter(|provider| provider.trusts_email) {
            advice.warn(format!(
                "social.providers.{}.trust_email: whoever can choose an address there signs in to the account that has it; \
                 leave it false unless you run that provider",
                provider.id
            ));
        }
        for provider in self.providers.iter().filter(|provider| {
            provider.client_secret.is_none() && provider.apple_key.is_none() && provider.kind == Kind::Github
        }) {
            advice
                .warn(format!("social.providers.{}.client_secret: codes cannot be exchanged without it", provider.id));
        }
        let is_plain = |url: &&String| url.parse::<Uri>().is_ok_and(|uri| uri.scheme_str() == Some("http"));
        advice.warn_if(
            self.callback_urls.iter().any(|url| is_plain(&url)),
            "social.callback_urls: anybody on the network path reads the codes that are sent to an address of `http://`; use https",
        );
    }
}
