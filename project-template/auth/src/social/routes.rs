//! `social/PROVIDER/token/`, `social/PROVIDER/code/`, and the list of providers.

use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::json;

use super::profile::CREDENTIAL_BYTES;
use super::provider::{Exchange, Identity, Provider};
use super::sign_in::{
    self, AccountDeactivated, EmailAlreadyRegistered, Entrance, LocalAccountUnverified, ProviderEmailUnverified,
    SignupClosed,
};
use super::trouble::{CredentialRefused, ProviderUnavailable, Trouble};
use crate::Auth;
use crate::codes;
use crate::connections::{self, SocialAccountInUse};
use crate::error::shared::{Conflict, Throttled};
use crate::error::{Result, refusals};
use crate::factors::Locked;
use crate::http::fields::BLANK;
use crate::http::{Client, Fields};
use crate::openapi::{Api, at, bodies, routes};
use crate::registration::EmailDomainNotAllowed;
use crate::sessions::{Delivery, EmailNotVerified, Prefer, SignedIn, TooManyDevices};
use crate::throttle::Action;

/// In characters, of the other members.
const LIMIT: usize = 2048;

pub(super) fn router() -> Api {
    let api = at(Api::default(), routes!(by_token));
    let api = at(api, routes!(by_code));
    at(api, routes!(list))
}

bodies! {
    /// A token that a provider issued for one of this service's applications.
    #[schema(example = json!({
        "id_token": "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.e30.c2lnbmF0dXJl",
        "client_id": "1234567890.apps.googleusercontent.com",
    }))]
    pub(super) struct SocialToken {
        /// An ID token of OpenID Connect.
        #[schema(required = false, max_length = 16384)]
        id_token: String,
        /// For what the ID token does not say, such as the address. Alone it proves nothing.
        #[schema(required = false, max_length = 8192)]
        access_token: String,
        /// The application that it was issued for.
        #[schema(required = false, max_length = 2048)]
        client_id: String,
        /// What the application sent with its request to the provider: it must be in the ID token.
        #[schema(required = false, max_length = 2048)]
        nonce: String,
        /// As at `login/`.
        #[schema(required = false)]
        remember: bool,
    }

    /// A code of a provider, which this server exchanges.
    #[schema(example = json!({
        "code": "4/0AX4XfWh",
        "callback_url": "https://app.example.com/callback",
        "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    }))]
    pub(super) struct SocialCode {
        #[schema(max_length = 8192)]
        code: String,
        /// Where the provider sent it: one of `social.callback_urls`, if that lists any.
        #[schema(max_length = 2048)]
        callback_url: String,
        /// The verifier of PKCE, if the application sent a challenge.
        #[schema(required = false, max_length = 2048)]
        code_verifier: String,
        /// The application that requested it; by default the first of the provider's `client_ids`.
        #[schema(required = false, max_length = 2048)]
        client_id: String,
        /// What the application sent with its request to the provider: it must be in the ID token.
        #[schema(required = false, max_length = 2048)]
        nonce: String,
        /// As at `login/`.
        #[schema(required = false)]
        remember: bool,
    }
}

refusals! {
    /// The settings have no provider of this name.
    ProviderNotConfigured = NOT_FOUND, "provider_not_configured", "There is no such provider.";
    /// The provider issues no ID tokens: bring a code.
    FlowNotSupported = BAD_REQUEST, "flow_not_supported", "This provider issues no ID tokens. Use a code.";
    /// `client_id` is missing, or is none of the provider's `client_ids`.
    ClientIdMismatch =
        UNAUTHORIZED, "client_id_mismatch", "The credential was not issued for this application.";
    /// `callback_url` is not one of `social.callback_urls`.
    CallbackUrlNotAllowed = BAD_REQUEST, "callback_url_not_allowed", "This callback address is not allowed.";
}

/// A provider that users can sign in with.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = SocialProvider, example = json!({
    "id": "google", "name": "Google", "client_id": "1234567890.apps.googleusercontent.com",
}))]
struct Listed {
    /// Its name in paths.
    id: String,
    name: String,
    /// The application to request codes and tokens as.
    client_id: String,
}

/// Signs in with an ID token of a provider.
///
/// Who has no account gets one, if the provider vouches for the address. An account with that address is signed in to, and
/// connected, only if its owner has confirmed the address here.
#[utoipa::path(
    post, path = "/social/{provider}/token/", operation_id = "loginWithSocialToken", tag = "Social",
    request_body = SocialToken, params(("provider" = String, Path, example = "google"), Prefer),
    responses(
        (status = 200, description = "Signed in, or a second factor is due.", body = SignedIn),
        ProviderNotConfigured,
        ClientIdMismatch,
        CredentialRefused,
        ProviderUnavailable,
        Throttled,
        FlowNotSupported,
        ProviderEmailUnverified,
        EmailAlreadyRegistered,
        LocalAccountUnverified,
        SocialAccountInUse,
        SignupClosed,
        EmailDomainNotAllowed,
        AccountDeactivated,
        EmailNotVerified,
        TooManyDevices,
        Conflict,
        Locked,
    ),
)]
async fn by_token(
    State(auth): State<Auth>,
    provider: Named,
    client: Client,
    delivery: Delivery,
    mut fields: Fields,
) -> Result<Response> {
    let entrance = Entrance::of(&mut fields);
    let identity = identity_of_token(&auth, &provider, &client, fields).await;
    let sign_in = sign_in::sign_in(&auth, &client, &provider, identity, entrance).await?;
    Ok(sign_in.answer(&auth, delivery, StatusCode::OK, json!({})))
}

/// Signs in with a code of a provider.
///
/// The server exchanges it with its client secret. A code counts once.
#[utoipa::path(
    post, path = "/social/{provider}/code/", operation_id = "loginWithSocialCode", tag = "Social",
    request_body = SocialCode, params(("provider" = String, Path, example = "google"), Prefer),
    responses(
        (status = 200, description = "Signed in, or a second factor is due.", body = SignedIn),
        ProviderNotConfigured,
        ClientIdMismatch,
        CredentialRefused,
        ProviderUnavailable,
        Throttled,
        CallbackUrlNotAllowed,
        ProviderEmailUnverified,
        EmailAlreadyRegistered,
        LocalAccountUnverified,
        SocialAccountInUse,
        SignupClosed,
        EmailDomainNotAllowed,
        AccountDeactivated,
        EmailNotVerified,
        TooManyDevices,
        Conflict,
        Locked,
    ),
)]
async fn by_code(
    State(auth): State<Auth>,
    provider: Named,
    client: Client,
    delivery: Delivery,
    mut fields: Fields,
) -> Result<Response> {
    let entrance = Entrance::of(&mut fields);
    let identity = identity_of_code(&auth, &provider, &client, fields).await;
    let sign_in = sign_in::sign_in(&auth, &client, &provider, identity, entrance).await?;
    Ok(sign_in.answer(&auth, delivery, StatusCode::OK, json!({})))
}

/// The providers that users can sign in with, in the order of their names.
#[utoipa::path(
    get, path = "/social/providers/", operation_id = "listSocialProviders", tag = "Social",
    responses((status = 200, description = "The providers.", body = Vec<Listed>)),
)]
async fn list(State(auth): State<Auth>) -> Json<Vec<Listed>> {
    let providers = auth.settings().social.providers.iter().map(|provider| Listed {
        id: provider.id.clone(),
        name: provider.name.clone(),
        client_id: provider.client_ids.first().cloned().unwrap_or_default(),
    });
    Json(providers.collect())
}

/// The provider that a path names: empty, and so not configured, if it is no text.
pub(super) struct Named(String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, state: &S) -> Result<Self, Self::Rejection> {
        let name = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self(name.map(|Path(name)| name).unwrap_or_default()))
    }
}

impl std::ops::Deref for Named {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

pub(super) fn find<'a>(auth: &'a Auth, provider: &str) -> Result<&'a Provider> {
    auth.social().get(provider).ok_or_else(|| ProviderNotConfigured.into())
}

/// The user of the token in a body.
pub(super) async fn identity_of_token(
    auth: &Auth,
    provider: &str,
    client: &Client,
    mut fields: Fields,
) -> Result<Identity> {
    let provider = find(auth, provider)?;
    auth.throttle().limit_client(Action::Social, client).await?;
    if !provider.has_id_tokens() {
        return Err(FlowNotSupported.into());
    }
    let id_token = given(&mut fields, "id_token", auth_tokens::MAX_ID_TOKEN_BYTES);
    let access = given(&mut fields, "access_token", CREDENTIAL_BYTES);
    let client_id = given(&mut fields, "client_id", LIMIT);
    let nonce = given(&mut fields, "nonce", LIMIT);
    if id_token.is_none() && access.is_none() && !fields.has_problems() {
        fields.problem("non_field_errors", "Either an id_token or an access_token is required.");
    }
    fields.finish()?;
    let client_id = client_id.and_then(|named| provider.client_id(Some(&named))).ok_or(ClientIdMismatch)?;
    let identified = match &id_token {
        Some(token) => {
            let client = (client_id, nonce.as_deref());
            in_time(auth, provider.by_id_token(token, access.as_deref(), client, auth.moment())).await
        }
        // It says nothing about the application that it was issued for.
        None => Err(Trouble::refused("an access token alone proves nothing")),
    };
    identified.map_err(|trouble| trouble.told(auth, provider))
}

/// The user of the code in a body.
pub(super) async fn identity_of_code(
    auth: &Auth,
    provider: &str,
    client: &Client,
    mut fields: Fields,
) -> Result<Identity> {
    let provider = find(auth, provider)?;
    auth.throttle().limit_client(Action::Social, client).await?;
    let code = fields.text("code").filter(|code| code.len() <= CREDENTIAL_BYTES);
    let callback = fields.text("callback_url");
    let verifier = given(&mut fields, "code_verifier", LIMIT);
    let client_id = given(&mut fields, "client_id", LIMIT);
    let nonce = given(&mut fields, "nonce", LIMIT);
    if !fields.has_problems() && code.is_none() {
        return Err(CredentialRefused.into());
    }
    let (code, callback) = fields.finish_with(code.zip(callback))?;
    let client_id = provider.client_id(client_id.as_deref()).ok_or(ClientIdMismatch)?;
    let allowed = &auth.settings().social.callback_urls;
    if !allowed.is_empty() && !allowed.contains(&callback) {
        return Err(CallbackUrlNotAllowed.into());
    }
    let exchange = Exchange {
        code: &code,
        redirect_uri: &callback,
        verifier: verifier.as_deref(),
        client_id,
        nonce: nonce.as_deref(),
        issuer: None,
    };
    exchanged(auth, provider, &exchange).await
}

/// The user of a code, which counts once.
pub(super) async fn exchanged(auth: &Auth, provider: &Provider, exchange: &Exchange<'_>) -> Result<Identity> {
    let named = format!("{} {}", provider.id(), exchange.code);
    let hash = codes::hash(&named);
    if !connections::claim_code(auth, &hash).await? {
        return Err(Trouble::refused("the code was used before").told(auth, provider));
    }
    match in_time(auth, provider.by_code(exchange, auth.moment())).await {
        Ok(identity) => Ok(identity),
        Err(trouble) => {
            connections::release_code(auth, &hash).await?;
            Err(trouble.told(auth, provider))
        }
    }
}

/// Several requests together must not take longer than one may.
pub(super) async fn in_time<T>(auth: &Auth, asking: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    let timeout = auth.settings().social.timeout;
    let late = || Trouble::Unavailable(anyhow::anyhow!("no answer within {timeout:?}"));
    tokio::time::timeout(timeout, asking).await.unwrap_or_else(|_| Err(late()))
}

/// A text that may be missing, but not blank.
fn given(fields: &mut Fields, name: &'static str, limit: usize) -> Option<String> {
    let text = fields.optional_text(name, limit)?;
    if text.is_empty() {
        fields.problem(name, BLANK);
        return None;
    }
    Some(text)
}
