use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Query, Request, State as Of};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::{Engine as _, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest;
use serde_json::{Value, json};

use super::{CLIENT_ID, CLIENT_SECRET, Granted, State, Trouble};

type Shared = Arc<Mutex<State>>;
type Pairs = HashMap<String, String>;

pub(super) fn router(state: Shared) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(document))
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(document))
        .route("/keys", get(keys))
        .route("/authorize", get(authorize))
        .route("/token", post(token))
        .route("/userinfo", get(userinfo))
        .route("/login/oauth/authorize", get(authorize))
        .route("/login/oauth/access_token", post(token))
        .route("/api/v3/user", get(user))
        .route("/api/v3/user/emails", get(addresses))
        .layer(middleware::from_fn_with_state(Arc::clone(&state), observe))
        .with_state(state)
}

fn with<T>(state: &Shared, act: impl FnOnce(&mut State) -> T) -> T {
    act(&mut state.lock().unwrap_or_else(PoisonError::into_inner))
}

async fn observe(Of(state): Of<Shared>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let trouble = with(&state, |state| {
        *state.asked.entry(path.clone()).or_default() += 1;
        state.trouble.filter(|(at, _)| at.is_empty() || *at == path).map(|(_, trouble)| trouble)
    });
    match trouble {
        None => next.run(request).await,
        Some(Trouble::Silence) => std::future::pending().await,
        Some(Trouble::Fault) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(Trouble::Nonsense) => Html("<h1>We are closed</h1>").into_response(),
        Some(Trouble::Emptiness) => StatusCode::NO_CONTENT.into_response(),
        Some(Trouble::Flood) => "{".repeat(1 << 20).into_response(),
    }
}

async fn document(Of(state): Of<Shared>) -> Json<Value> {
    Json(with(&state, |state| {
        let issuer = &state.issuer;
        let mut document = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "userinfo_endpoint": format!("{issuer}/userinfo"),
            "jwks_uri": format!("{issuer}/keys"),
        });
        for (member, value) in &state.document {
            document[member] = value.clone();
        }
        document
    }))
}

async fn keys(Of(state): Of<Shared>) -> Json<Value> {
    Json(with(&state, |state| json!({ "keys": state.keys })))
}

/// Sends a browser back at once: whoever is welcome has consented before.
async fn authorize(Of(state): Of<Shared>, Query(asked): Query<Pairs>) -> Response {
    let text = |name: &str| asked.get(name).cloned().unwrap_or_default();
    let code = with(&state, |state| {
        let mut claims = state.present.clone()?;
        if let Some(nonce) = asked.get("nonce") {
            claims["nonce"] = json!(nonce);
        }
        let challenge = asked.get("code_challenge").cloned();
        Some(state.grant(Granted { claims, redirect_uri: Some(text("redirect_uri")), challenge }))
    });
    let mut answer = form_urlencoded::Serializer::new(String::new());
    answer.append_pair("state", &text("state"));
    match code {
        Some(code) => answer.append_pair("code", &code),
        None => answer.append_pair("error", "access_denied"),
    };
    Redirect::to(&format!("{}?{}", text("redirect_uri"), answer.finish())).into_response()
}

async fn token(Of(state): Of<Shared>, headers: HeaderMap, Form(form): Form<Pairs>) -> Response {
    let refused = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    if !is_client(&headers, &form) {
        return refused("invalid_client");
    }
    let granted = with(&state, |state| {
        let code = form.get("code")?;
        if state.is_sloppy { state.codes.get(code).cloned() } else { state.codes.remove(code) }
    });
    let Some(granted) = granted else { return refused("invalid_grant") };
    let is_there = granted.redirect_uri.is_none_or(|sent| form.get("redirect_uri") == Some(&sent));
    let verifier = form.get("code_verifier").map(String::as_bytes).unwrap_or_default();
    let challenge = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier));
    if !is_there || granted.challenge.is_some_and(|sent| sent != challenge) {
        return refused("invalid_grant");
    }
    let id_token = with(&state, |state| state.key.sign("JWT", granted.claims.to_string().as_bytes()));
    Json(json!({ "token_type": "Bearer", "access_token": "access", "id_token": id_token })).into_response()
}

/// By `Authorization` (RFC 6749, section 2.3.1), or by the form as at GitHub.
fn is_client(headers: &HeaderMap, form: &Pairs) -> bool {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let basic = STANDARD.encode(format!("{}:{}", encoded(CLIENT_ID), encoded(CLIENT_SECRET)));
    let is_basic = headers.get(header::AUTHORIZATION).is_some_and(|shown| *shown == *format!("Basic {basic}"));
    let shown = |name: &str| form.get(name).map(String::as_str);
    is_basic || (shown("client_id"), shown("client_secret")) == (Some(CLIENT_ID), Some(CLIENT_SECRET))
}

/// What is told about a user, to whoever shows the access token.
fn told(state: &Shared, headers: &HeaderMap) -> Option<Value> {
    let is_shown = headers.get(header::AUTHORIZATION).is_some_and(|shown| *shown == *"Bearer access");
    with(state, |state| state.userinfo.clone()).filter(|_| is_shown)
}

fn answer(told: Option<Value>) -> Response {
    told.map_or_else(|| StatusCode::UNAUTHORIZED.into_response(), |told| Json(told).into_response())
}

async fn userinfo(Of(state): Of<Shared>, headers: HeaderMap) -> Response {
    answer(told(&state, &headers))
}

async fn user(Of(state): Of<Shared>, headers: HeaderMap) -> Response {
    answer(told(&state, &headers).map(|told| told["user"].clone()))
}

async fn addresses(Of(state): Of<Shared>, headers: HeaderMap) -> Response {
    answer(told(&state, &headers).map(|told| told["emails"].clone()))
}
