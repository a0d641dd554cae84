//! What a provider publishes about itself: its discovery document (OpenID Connect Discovery, section 3) and its keys.
//! Both are kept; a token that names an unknown key has them fetched again, not more than once a minute, since anybody
//! can name a key that does not exist.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context, ensure};
use auth_tokens::{PublicKey, provider_keys};
use axum::http::StatusCode;
use serde::Deserialize;
use tokio::sync::Mutex;

use super::provider_settings::{Kind, Provider as Settings};
use crate::clock::Moment;
use crate::fetch::{Address, Asking, Fetcher};

const MAX_AGE: Duration = Duration::from_hours(1);
/// Between two fetches of the keys for tokens that name unknown ones.
const PAUSE: Duration = Duration::from_mins(1);
/// After a failure, whoever asks gets it again for so long.
const FAILURE_PAUSE: Duration = Duration::from_secs(5);
/// How long the last answers count while there are no new ones.
const LIFETIME: Duration = Duration::from_hours(24);

/// Stands for the id of a user's directory in the issuer of Microsoft's tokens.
const TENANT: &str = "{tenantid}";

#[derive(Clone)]
pub(super) struct Metadata {
    pub(super) issuer: String,
    pub(super) authorization: String,
    pub(super) token: Address,
    pub(super) userinfo: Option<Address>,
    /// Whether a client names itself in `Authorization` there, and not in the form.
    pub(super) takes_basic: bool,
    jwks: Address,
    pub(super) keys: Arc<HashMap<String, PublicKey>>,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: Option<String>,
    jwks_uri: String,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

#[derive(Default)]
pub(super) struct Cache {
    state: RwLock<State>,
    /// Held by the one who fetches: others wait for the same answer.
    fetching: Mutex<()>,
}

#[derive(Clone, Default)]
struct State {
    known: Option<Arc<Metadata>>,
    fetched: Option<Moment>,
    /// When the keys were last fetched, with the document or without.
    keys_fetched: Option<Moment>,
    failed: Option<Moment>,
}

impl State {
    fn within(&self, age: Duration, now: Moment) -> Option<Arc<Metadata>> {
        self.known.clone().filter(|_| is_within(self.fetched, age, now))
    }
}

fn is_within(time: Option<Moment>, age: Duration, now: Moment) -> bool {
    time.is_some_and(|time| now.is_within(age, time))
}

impl Cache {
    pub(super) async fn get(
        &self,
        settings: &Settings,
        fetcher: &Fetcher,
        now: Moment,
    ) -> anyhow::Result<Arc<Metadata>> {
        if let Some(known) = self.state().within(MAX_AGE, now) {
            return Ok(known);
        }
        let _fetching = self.fetching.lock().await;
        let state = self.state();
        if let Some(known) = state.within(MAX_AGE, now) {
            return Ok(known);
        }
        let asked = if is_within(state.failed, FAILURE_PAUSE, now) {
            Err(anyhow::anyhow!("it could not be reached a moment ago"))
        } else {
            // Before the answer: whoever waits for it may give up, and this with them.
            self.put(State { failed: Some(now), ..state.clone() });
            fetch(settings, fetcher).await
        };
        match asked {
            Ok(metadata) => {
                let known = Arc::new(metadata);
                self.put(State {
                    known: Some(Arc::clone(&known)),
                    fetched: Some(now),
                    keys_fetched: Some(now),
                    failed: None,
                });
                Ok(known)
            }
            Err(error) => state.within(LIFETIME, now).ok_or(error),
        }
    }

    /// As [`Cache::get`], with keys that were fetched within the last minute.
    pub(super) async fn with_new_keys(
        &self,
        settings: &Settings,
        fetcher: &Fetcher,
        now: Moment,
    ) -> anyhow::Result<Arc<Metadata>> {
        let known = self.get(settings, fetcher, now).await?;
        let _fetching = self.fetching.lock().await;
        let state = self.state();
        if is_within(state.keys_fetched, PAUSE, now) {
            return Ok(state.known.unwrap_or(known));
        }
        ensure!(!is_within(state.failed, FAILURE_PAUSE, now), "it could not be reached a moment ago");
        self.put(State { failed: Some(now), ..state.clone() });
        let keys = keys(fetcher, &known.jwks).await?;
        let known = Arc::new(Metadata { keys: Arc::new(keys), ..known.as_ref().clone() });
        self.put(State { known: Some(Arc::clone(&known)), keys_fetched: Some(now), failed: None, ..state });
        Ok(known)
    }

    fn state(&self) -> State {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, state: State) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

async fn fetch(settings: &Settings, fetcher: &Fetcher) -> anyhow::Result<Metadata> {
    let base = settings.issuer.trim_end_matches('/');
    let base = match settings.kind {
        Kind::Microsoft => format!("{base}/{}/v2.0", settings.tenant),
        _ => base.to_owned(),
    };
    let address = Address::parse(&format!("{base}/.well-known/openid-configuration"));
    let body = get(fetcher, &address.context("the issuer is no address")?).await?;
    let document: Document = serde_json::from_slice(&body).context("its discovery document is malformed")?;
    ensure!(
        is_issuer(settings, &document.issuer),
        "its discovery document names the issuer {:?}, and the settings another one",
        document.issuer
    );
    let endpoint = |url: &str| {
        let is_safe = url.starts_with("https://") || (settings.is_plain() && url.starts_with("http://"));
        Address::parse(url).filter(|_| is_safe).context("its discovery document names an endpoint that cannot be used")
    };
    let jwks = endpoint(&document.jwks_uri)?;
    endpoint(&document.authorization_endpoint)?;
    let methods = document.token_endpoint_auth_methods_supported;
    Ok(Metadata {
        keys: Arc::new(keys(fetcher, &jwks).await?),
        issuer: document.issuer,
        authorization: document.authorization_endpoint,
        token: endpoint(&document.token_endpoint)?,
        userinfo: document.userinfo_endpoint.as_deref().map(endpoint).transpose()?,
        // The default (OpenID Connect Discovery, section 3).
        takes_basic: methods.is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic")),
        jwks,
    })
}

async fn keys(fetcher: &Fetcher, jwks: &Address) -> anyhow::Result<HashMap<String, PublicKey>> {
    let keys = provider_keys(&get(fetcher, jwks).await?).context("its keys are malformed")?;
    ensure!(!keys.is_empty(), "it publishes no key for EdDSA, ES256 or RS256");
    Ok(keys)
}

async fn get(fetcher: &Fetcher, address: &Address) -> anyhow::Result<Vec<u8>> {
    let answer = fetcher.fetch(address, Asking::default()).await?;
    ensure!(answer.status == StatusCode::OK, "the answer is {}", answer.status);
    Ok(answer.body.to_vec())
}

/// Exactly the one in the settings. Microsoft's document names the directory by its id, or leaves a place for it.
fn is_issuer(settings: &Settings, named: &str) -> bool {
    if settings.kind != Kind::Microsoft {
        return named == settings.issuer;
    }
    let tenant = named.strip_prefix(settings.issuer.trim_end_matches('/'));
    let tenant = tenant.and_then(|rest| rest.strip_prefix('/')?.strip_suffix("/v2.0"));
    match tenant {
        Some(TENANT) => settings.is_multi_tenant(),
        Some(id) => is_id(id) && (!is_id(&settings.tenant) || settings.tenant == id),
        None => false,
    }
}

/// In the form with hyphens only: others are read as the same id, and are another text.
fn is_id(tenant: &str) -> bool {
    tenant.len() == uuid::fmt::Hyphenated::LENGTH && uuid::Uuid::try_parse(tenant).is_ok()
}

impl Metadata {
    /// The issuer of tokens of this directory. None if the document leaves a place for one, and this is none.
    pub(super) fn issuer_of(&self, directory: Option<&str>) -> Option<String> {
        if !self.issuer.contains(TENANT) {
            return Some(self.issuer.clone());
        }
        directory.filter(|directory| is_id(directory)).map(|directory| self.issuer.replace(TENANT, directory))
    }

    /// Whether an answer of this issuer can be the provider's.
    pub(super) fn may_be_issuer(&self, named: &str) -> bool {
        let directory =
            self.issuer.split_once(TENANT).and_then(|(before, after)| named.strip_prefix(before)?.strip_suffix(after));
        self.issuer_of(directory).is_some_and(|issuer| issuer == named)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;

    const DIRECTORY: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";

    fn microsoft(tenant: &str) -> Settings {
        let text = format!("[social.providers.microsoft]\nclient_ids = [\"web\"]\ntenant = \"{tenant}\"");
        crate::Settings::load(Path::new(""), &text, &BTreeMap::new()).unwrap().social.providers.remove(0)
    }

    #[test]
    fn microsofts_document_may_leave_a_place_for_the_directory_and_name_no_other() {
        let issuer = |id: &str| format!("https://login.microsoftonline.com/{id}/v2.0");
        for (tenant, named, expected) in [
            ("common", TENANT, true),
            ("organizations", TENANT, true),
            ("consumers", DIRECTORY, true),
            ("example.com", DIRECTORY, true),
            (DIRECTORY, DIRECTORY, true),
            (DIRECTORY, "9188040d-6c67-4c5b-b112-36a304b66dad", false),
            (DIRECTORY, TENANT, false),
            ("example.com", TENANT, false),
            ("common", "common", false),
            ("common", "../other", false),
        ] {
            assert_eq!(is_issuer(&microsoft(tenant), &issuer(named)), expected, "{tenant} {named}");
        }
        assert!(!is_issuer(&microsoft("common"), "https://login.microsoftonline.com.evil.example/{tenantid}/v2.0"));
    }
}
