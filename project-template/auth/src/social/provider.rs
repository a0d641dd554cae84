//! A provider at work: its tokens are verified and its codes exchanged here. Nothing it says reaches a client.

use std::fmt::Display;
use std::net::IpAddr;

use auth_tokens::{IdToken, IdTokenFault, IdTokenRules};
use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::apple::ClientSecret;
use super::metadata::{Cache, Metadata};
use super::profile::{Profile, VOUCHING};
use super::provider_settings::{Kind, Provider as Settings};
use super::trouble::Trouble;
use super::{github, reach};
use crate::clock::Moment;
use crate::fetch::{Address, Answer, Asking, Fetcher};
use crate::settings::Problem;

/// Google's tokens may have it without `https://`.
const GOOGLE_ALIAS: &str = "accounts.google.com";
/// The directory of personal accounts at Microsoft, which belong to no organization.
const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
const LEEWAY: std::time::Duration = std::time::Duration::from_secs(30);

/// The providers of the settings. Without one there is nothing: no client, no connections, no memory.
#[derive(Default)]
pub(crate) struct Providers {
    all: Vec<Provider>,
}

pub(super) struct Provider {
    settings: Settings,
    fetcher: std::sync::Arc<Fetcher>,
    cache: Cache,
    apple: Option<ClientSecret>,
}

/// A user who has just proven to a provider who they are.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) uid: String,
    pub(super) profile: Profile,
}

/// A code and what belongs to it.
pub(super) struct Exchange<'r> {
    pub(super) code: &'r str,
    /// Where the code was sent.
    pub(super) redirect_uri: &'r str,
    /// PKCE's.
    pub(super) verifier: Option<&'r str>,
    pub(super) client_id: &'r str,
    pub(super) nonce: Option<&'r str>,
    /// Who brought it by its own word (RFC 9207): an attacker may lead the answer of another provider here.
    pub(super) issuer: Option<&'r str>,
}

impl Providers {
    pub(crate) fn new(settings: &super::Settings, is_production: bool) -> Result<Self, Vec<Problem>> {
        if settings.providers.is_empty() {
            return Ok(Self::default());
        }
        let may_reach: fn(IpAddr) -> bool = if is_production { reach::is_public } else { |_| true };
        let fetcher = Fetcher::new(settings.ca_file.as_deref(), settings.timeout, may_reach);
        let fetcher = std::sync::Arc::new(fetcher.map_err(|words| vec![Problem::new("social.ca_file", words)])?);
        let mut problems = Vec::new();
        let mut all = Vec::new();
        for settings in &settings.providers {
            let apple = settings.apple_key.as_ref().map(|key| ClientSecret::new(&settings.id, key)).transpose();
            match apple {
                Ok(apple) => all.push(Provider {
                    settings: settings.clone(),
                    fetcher: std::sync::Arc::clone(&fetcher),
                    cache: Cache::default(),
                    apple,
                }),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(Self { all }) } else { Err(problems) }
    }

    pub(super) fn get(&self, id: &str) -> Option<&Provider> {
        self.all.iter().find(|provider| provider.settings.id == id)
    }
}

impl Provider {
    pub(super) fn id(&self) -> &str {
        &self.settings.id
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn has_id_tokens(&self) -> bool {
        self.settings.kind != Kind::Github
    }

    /// This service's id there that a client names, or the first.
    pub(super) fn client_id(&self, named: Option<&str>) -> Option<&str> {
        match named {
            Some(named) => self.settings.client_ids.iter().find(|id| *id == named).map(String::as_str),
            None => self.settings.client_ids.first().map(String::as_str),
        }
    }

    /// What it publishes about itself.
    pub(super) async fn metadata(&self, now: Moment) -> Result<std::sync::Arc<Metadata>, Trouble> {
        self.cache.get(&self.settings, &self.fetcher, now).await.map_err(Trouble::Unavailable)
    }

    /// The user of an ID token, and what an access token that came with it tells about them.
    pub(super) async fn by_id_token(
        &self,
        token: &str,
        access: Option<&str>,
        (client_id, nonce): (&str, Option<&str>),
        now: Moment,
    ) -> Result<Identity, Trouble> {
        let metadata = self.metadata(now).await?;
        let verified = match IdToken::verify(token, |kid| metadata.keys.get(kid)) {
            Err(IdTokenFault::UnknownKey) => {
                let metadata = self.cache.with_new_keys(&self.settings, &self.fetcher, now).await;
                let metadata = metadata.map_err(Trouble::Unavailable)?;
                IdToken::verify(token, |kid| metadata.keys.get(kid))?
            }
            verified => verified?,
        };
        let directory = verified.text("tid").map(str::to_owned);
        let is_personal = directory.as_deref().is_some_and(|directory| directory.eq_ignore_ascii_case(CONSUMERS));
        if self.settings.tenant == "organizations" && is_personal {
            return Err(IdTokenFault::Issuer.into());
        }
        let issuer = metadata.issuer_of(directory.as_deref()).ok_or(IdTokenFault::Issuer)?;
        let is_google = self.settings.kind == Kind::Google;
        let issuers = if is_google { [issuer.as_str(), GOOGLE_ALIAS] } else { [issuer.as_str(); 2] };
        let parties = &self.settings.client_ids;
        let rules = IdTokenRules { issuers: &issuers, client_id, parties, nonce, leeway: LEEWAY };
        let mut claims = verified.check(&rules, now.at)?;
        let uid = claims.get("sub").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let (false, Some(access), Some(userinfo)) = (claims.contains_key("email"), access, &metadata.userinfo) {
            let info = self.userinfo(userinfo, access).await?;
            if info.get("sub").and_then(Value::as_str) != Some(&uid) {
                return Err(Trouble::refused("the user of the access token is another one than that of the ID token"));
            }
            // The signed claims win; but what they say about an address is not about this one.
            let signed = claims.into_iter().filter(|(name, _)| !VOUCHING.contains(&name.as_str()));
            claims = info.into_iter().chain(signed).collect();
        }
        let mut profile = Profile::of(&claims);
        profile.is_vouched_for |= self.settings.trusts_email;
        Ok(Identity { uid, profile })
    }

    async fn userinfo(&self, address: &Address, access: &str) -> Result<Map<String, Value>, Trouble> {
        let answer = self.get_with(address, access).await?;
        object(&answer, "the answer about the user is not JSON")
    }

    /// GET with an access token.
    pub(super) async fn get_with(&self, address: &Address, access: &str) -> Result<Vec<u8>, Trouble> {
        let asking = Asking { credential: Some(format!("Bearer {access}")), form: None };
        let answer = self.fetcher.fetch(address, asking).await.map_err(Trouble::Unavailable)?;
        accepted(&answer)
    }

    /// The user who brings a code.
    pub(super) async fn by_code(&self, exchange: &Exchange<'_>, now: Moment) -> Result<Identity, Trouble> {
        if self.settings.kind == Kind::Github {
            return github::by_code(self, exchange, now).await;
        }
        let metadata = self.metadata(now).await?;
        if exchange.issuer.is_some_and(|issuer| !metadata.may_be_issuer(issuer)) {
            return Err(Trouble::refused("the code is of another issuer"));
        }
        let tokens = self.exchange(&metadata.token, metadata.takes_basic, exchange, now).await?;
        let text = |name: &str| tokens.get(name).and_then(Value::as_str);
        let id_token = text("id_token").ok_or_else(|| Trouble::refused("the code brought no ID token"))?;
        let client = (exchange.client_id, exchange.nonce);
        self.by_id_token(id_token, text("access_token"), client, now).await
    }

    /// Exchanges a code for tokens (RFC 6749, section 4.1.3).
    pub(super) async fn exchange(
        &self,
        endpoint: &Address,
        takes_basic: bool,
        exchange: &Exchange<'_>,
        now: Moment,
    ) -> Result<Map<String, Value>, Trouble> {
        let secret = match &self.apple {
            Some(apple) => Some(apple.make(exchange.client_id, &self.settings.issuer, now.at)),
            None => self.settings.client_secret.clone(),
        };
        let asking = asking(exchange, secret.as_ref(), takes_basic);
        let answer = self.fetcher.fetch(endpoint, asking).await.map_err(Trouble::Unavailable)?;
        object(&accepted(&answer)?, "the answer to the code is not JSON")
    }
}

/// The client names itself in `Authorization` or in the form.
fn asking(exchange: &Exchange<'_>, secret: Option<&SecretString>, takes_basic: bool) -> Asking {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code")
        .append_pair("code", exchange.code)
        .append_pair("redirect_uri", exchange.redirect_uri);
    if let Some(verifier) = exchange.verifier {
        form.append_pair("code_verifier", verifier);
    }
    if let Some(secret) = secret.filter(|_| takes_basic) {
        return Asking { form: Some(form.finish()), credential: Some(basic(exchange.client_id, secret)) };
    }
    form.append_pair("client_id", exchange.client_id);
    if let Some(secret) = secret {
        form.append_pair("client_secret", secret.expose_secret());
    }
    Asking { form: Some(form.finish()), credential: None }
}

/// The parts are form-encoded (RFC 6749, section 2.3.1).
fn basic(id: &str, secret: &SecretString) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret.expose_secret()))))
}

fn object(body: &[u8], otherwise: &'static str) -> Result<Map<String, Value>, Trouble> {
    serde_json::from_slice(body).map_err(|_| Trouble::Unavailable(anyhow::anyhow!(otherwise)))
}

/// The body of an answer that is 200. A fault of the provider's is none of the credential.
fn accepted(answer: &Answer) -> Result<Vec<u8>, Trouble> {
    let words = |status: &dyn Display| format!("the provider's answer is {status}");
    match answer.status {
        StatusCode::OK => Ok(answer.body.to_vec()),
        status if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS => {
            let body = serde_json::from_slice(&answer.body).unwrap_or_default();
            Err(Trouble::refused(with_error_code(words(&status), &body)))
        }
        status => Err(Trouble::Unavailable(anyhow::anyhow!(words(&status)))),
    }
}

/// The error code is one of a list (RFC 6749, section 5.2), for whoever reads the log: a wrong secret is one.
pub(super) fn with_error_code(words: String, body: &Map<String, Value>) -> String {
    let is_plain = |code: &&str| code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    match body.get("error").and_then(Value::as_str).filter(is_plain) {
        Some(code) => format!("{words}, {code}"),
        None => words,
    }
}
