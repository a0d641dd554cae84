//! `token/verify/`, `token/claims/` and the published keys.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use utoipa_axum::routes;

use super::{CurrentUser, is_acceptable};
use crate::Auth;
use crate::error::Result;
use crate::error::shared::{Throttled, TokenNotValid};
use crate::http::{Client, Fields};
use crate::openapi::{Api, at, bodies};
use crate::throttle::{self, Action};
use crate::tokens::{AccessClaims, Claims};

/// How long verifiers may keep the keys; a new key signs only after that.
const JWKS_CACHE: &str = "public, max-age=300";

pub(crate) fn router() -> Api {
    let api = at(Api::default(), routes!(verify));
    at(api, routes!(claims))
}

/// At the same path everywhere, outside the prefix.
pub(crate) fn public_router() -> Api {
    Api::default().routes(routes!(jwks))
}

bodies! {
    /// An access or a refresh token.
    #[schema(example = json!({ "token": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl" }))]
    struct Token {
        #[schema(min_length = 1)]
        token: String,
    }

    /// Public keys (RFC 7517); none with HS256.
    #[schema(example = json!({ "keys": [{
        "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
        "kid": "Q2Dj4oPj4oIeyDOwKWhSM3tdf4XkIoiLwNSlGrKIVQ8",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    }] }))]
    struct KeySet {
        keys: Vec<std::collections::BTreeMap<String, String>>,
    }
}

/// Answers `{}` to a token of either kind that is valid and whose session lives.
#[utoipa::path(
    post, path = "/token/verify/", operation_id = "verifyToken", tag = "Tokens", request_body = Token,
    responses(
        (status = 200, description = "The token is acceptable.", body = Object, example = json!({})),
        TokenNotValid,
        Throttled,
    ),
)]
async fn verify(State(auth): State<Auth>, client: Client, mut fields: Fields) -> Result<Json<Value>> {
    throttle::limit_client(&auth, Action::TokenVerify, &client).await?;
    let token = fields.text("token");
    let token = fields.finish_with(token)?;
    if is_acceptable(&auth, &token).await? { Ok(Json(json!({}))) } else { Err(TokenNotValid.into()) }
}

/// The claims of the access token that is presented.
#[utoipa::path(
    get, path = "/token/claims/", operation_id = "getClaims", tag = "Tokens", security(("bearer" = [])),
    responses((status = 200, description = "The claims.", body = Claims)),
)]
async fn claims(user: CurrentUser) -> Json<AccessClaims> {
    Json(AccessClaims::clone(&user))
}

/// The public keys (RFC 7517); empty with HS256, which has none.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", operation_id = "getKeys", tag = "Operations",
    responses((status = 200, description = "The keys, to be kept for at most five minutes.", body = KeySet)),
)]
async fn jwks(State(auth): State<Auth>) -> Response {
    ([(header::CACHE_CONTROL, HeaderValue::from_static(JWKS_CACHE))], Json(auth.tokens().jwks().clone()))
        .into_response()
}
