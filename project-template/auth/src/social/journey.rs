//! A browser's way to a provider and back. Its row is bound to a cookie, so that nobody can have another person's browser
//! finish theirs, and used up by the first answer. PKCE binds the code to it, and the nonce the ID token.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use axum_extra::extract::cookie::{Cookie, SameSite};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::github;
use super::login_store::{self, Sent};
use super::profile::{Profile, names};
use super::provider::{Exchange, Identity, Provider};
use super::provider_settings::Kind;
use super::routes::{exchanged, find, in_time};
use super::trouble::Trouble;
use crate::Auth;
use crate::codes::{self, ReturnTo};
use crate::error::{Result, refusals};
use crate::http::{Client, cookies};
use crate::throttle::Action;

/// How long a person may take at the provider.
const LIFETIME: Duration = Duration::from_mins(10);
pub(crate) const LOGIN_COOKIE: &str = "social_login";

refusals! {
    /// The sign-in was begun in another browser or too long ago, or has come back before.
    SocialLoginNotValid = BAD_REQUEST, "social_login_not_valid",
        "This sign-in is no longer valid, or was begun in another browser. Please start again.";
    /// The person, or the provider, ended the sign-in.
    AccessDenied = FORBIDDEN, "access_denied", "The sign-in was cancelled.";
}

/// What a browser goes to a provider for.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Aim {
    /// A session of the API, and this page of the application.
    SignIn { next: ReturnTo, forgotten: bool },
    /// A session of pages of this server, which begin it themselves, at this path.
    Page(String),
    /// To connect the account of the user of this session, and this path then.
    Connect { session: Uuid, path: String },
}

/// What is needed when the browser comes back.
#[derive(Serialize, Deserialize)]
pub(super) struct Journey {
    verifier: String,
    nonce: String,
    pub(super) aim: Aim,
}

/// Where to send a browser, with the cookie that it must bring back.
pub(crate) struct Departure {
    pub(crate) address: String,
    pub(crate) cookie: HeaderValue,
}

/// # Errors
/// 404 `provider_not_configured`; 429; 503 `provider_unavailable`.
pub(crate) async fn depart(auth: &Auth, client: &Client, provider: &str, aim: Aim) -> Result<Departure> {
    let provider = find(auth, provider)?;
    auth.throttle().limit_client(Action::Social, client).await?;
    let [state, browser, nonce, verifier] = [random()?, random()?, random()?, random()?];
    let address = authorization(auth, provider, (&state, &nonce, &verifier)).await;
    let address = address.map_err(|trouble| trouble.told(auth, provider))?;
    let journey = serde_json::to_vec(&Journey { verifier, nonce, aim }).map_err(anyhow::Error::new)?;
    let sealed = auth.tokens().seal(&sealed_as(provider), &zeroize::Zeroizing::new(journey), auth.now());
    let (state, hashed) = (codes::hash(&state), codes::hash(&browser));
    let sent = Sent { state: &state, browser: &hashed, provider: provider.id() };
    login_store::insert(auth.db(), &sent, &sealed, auth.now() + LIFETIME).await?;
    Ok(Departure { address, cookie: cookie(auth, browser, LIFETIME) })
}

/// The provider's page, with the request (OpenID Connect Core, section 3.1.2.1, and RFC 7636).
async fn authorization(
    auth: &Auth,
    provider: &Provider,
    (state, nonce, verifier): (&str, &str, &str),
) -> Result<String, Trouble> {
    let settings = provider.settings();
    let endpoint = match settings.kind {
        Kind::Github => github::authorization(settings),
        _ => in_time(auth, provider.metadata(auth.moment())).await?.authorization.clone(),
    };
    let challenge = URL_SAFE_NO_PAD.encode(codes::hash(verifier));
    let mut request = form_urlencoded::Serializer::new(String::new());
    request
        .append_pair("response_type", "code")
        .append_pair("client_id", provider.client_id(None).unwrap_or_default())
        .append_pair("redirect_uri", &redirect_uri(auth, provider))
        .append_pair("scope", &settings.scopes.join(" "))
        .append_pair("state", state)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256");
    if provider.has_id_tokens() {
        request.append_pair("nonce", nonce);
    }
    if settings.kind == Kind::Apple && !settings.scopes.is_empty() {
        // Apple insists on it for a name or an address.
        request.append_pair("response_mode", "form_post");
    }
    let separator = if endpoint.contains('?') { '&' } else { '?' };
    Ok(format!("{endpoint}{separator}{}", request.finish()))
}

/// The address to enter at the provider.
fn redirect_uri(auth: &Auth, provider: &Provider) -> String {
    auth.settings().http.link(&format!("/social/{}/callback/", provider.id()))
}

impl Journey {
    /// None if this browser has sent no such sign-in, or it has come back before.
    pub(super) async fn find(
        auth: &Auth,
        provider: &Provider,
        headers: &HeaderMap,
        query: &str,
    ) -> Result<Option<Self>> {
        Self::read(auth, provider, headers, query, false).await
    }

    /// As [`Journey::find`], and uses it up: of any number of requests, one gets it.
    pub(super) async fn take(
        auth: &Auth,
        provider: &Provider,
        headers: &HeaderMap,
        query: &str,
    ) -> Result<Option<Self>> {
        Self::read(auth, provider, headers, query, true).await
    }

    async fn read(
        auth: &Auth,
        provider: &Provider,
        headers: &HeaderMap,
        query: &str,
        is_last: bool,
    ) -> Result<Option<Self>> {
        let browser = cookies::value(headers, &cookie_name(auth));
        let Some((state, browser)) = value_of(query, "state").zip(browser) else { return Ok(None) };
        let (state, browser) = (codes::hash(&state), codes::hash(&browser));
        let sent = Sent { state: &state, browser: &browser, provider: provider.id() };
        let sealed = if is_last {
            login_store::take(auth.db(), &sent, auth.now()).await?
        } else {
            login_store::find(auth.db(), &sent, auth.now()).await?
        };
        let opened = sealed.and_then(|sealed| auth.tokens().open(&sealed_as(provider), &sealed));
        Ok(opened.and_then(|journey| serde_json::from_slice(&journey).ok()))
    }

    /// The user whom the provider has sent back.
    pub(super) async fn arrive(&self, auth: &Auth, provider: &Provider, query: &str) -> Result<Identity> {
        let Some(code) = value_of(query, "code").filter(|_| value_of(query, "error").is_none()) else {
            return Err(AccessDenied.into());
        };
        let issuer = value_of(query, "iss");
        let exchange = Exchange {
            code: &code,
            redirect_uri: &redirect_uri(auth, provider),
            verifier: Some(&self.verifier),
            client_id: provider.client_id(None).unwrap_or_default(),
            nonce: Some(self.nonce.as_str()).filter(|_| provider.has_id_tokens()),
            issuer: issuer.as_deref(),
        };
        let mut identity = exchanged(auth, provider, &exchange).await?;
        if provider.settings().kind == Kind::Apple {
            take_name(&mut identity.profile, value_of(query, "user").as_deref());
        }
        Ok(identity)
    }
}

/// Apple tells a name once, beside the code, and in no token.
fn take_name(profile: &mut Profile, user: Option<&str>) {
    let user: serde_json::Value = user.and_then(|user| serde_json::from_str(user).ok()).unwrap_or_default();
    let name = &user["name"];
    if profile.first_name.is_empty() && profile.last_name.is_empty() {
        let (first, last) = names(name["firstName"].as_str(), name["lastName"].as_str(), None);
        (profile.first_name, profile.last_name) = (first, last);
    }
}

/// In production nothing but this host can have set it: `__Host-`.
fn cookie_name(auth: &Auth) -> String {
    if auth.settings().is_production() {
        return format!("__Host-{LOGIN_COOKIE}");
    }
    auth.settings().sessions.cookie.name_of(LOGIN_COOKIE, true)
}

/// Lax: the browser comes back from another site, by a link.
fn cookie(auth: &Auth, value: String, lifetime: Duration) -> HeaderValue {
    let settings = auth.settings();
    let cookie = Cookie::build((cookie_name(auth), value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(settings.is_production() || settings.sessions.cookie.has_prefix())
        .max_age(time::Duration::try_from(lifetime).unwrap_or(time::Duration::ZERO))
        .build();
    cookies::header(&cookie)
}

/// Deletes the cookie of a journey that has ended.
pub(super) fn over(auth: &Auth) -> HeaderValue {
    cookie(auth, String::new(), Duration::ZERO)
}

pub(super) fn value_of(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// For the state, the cookie, the nonce and PKCE's verifier.
fn random() -> Result<String> {
    Ok(codes::secret()?.expose_secret().to_owned())
}

fn sealed_as(provider: &Provider) -> String {
    format!("social login {}", provider.id())
}
