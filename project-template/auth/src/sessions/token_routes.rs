use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::{Credential, CurrentUser, is_acceptable};
use crate::Auth;
use crate::error::Result;
use crate::error::shared::{Throttled, TokenNotValid};
use crate::http::{AnyOrigin, Client, Fields};
use crate::openapi::{Api, at, bodies, routes};
use crate::throttle::Action;
use crate::tokens::{AccessClaims, Claims};

/// How long verifiers may cache the keys. A new key is published for longer before it signs (`tokens.key_lead`).
const JWKS_CACHE: &str = "public, max-age=300";

pub(crate) fn router() -> Api {
    let api = at(Api::default(), routes!(verify));
    at(api, routes!(claims))
}

/// Routes outside the prefix, at the same path everywhere.
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

/// Answers `{}` to a valid token of either kind whose session is active.
#[utoipa::path(
    post, path = "/token/verify/", operation_id = "verifyToken", tag = "Tokens", request_body = Token,
    responses(
        (status = 200, description = "The token is acceptable.", body = Object, example = json!({})),
        TokenNotValid,
        Throttled,
    ),
)]
async fn verify(State(auth): State<Auth>, client: Client, mut fields: Fields) -> Result<Json<Value>> {
    auth.throttle().limit_client(Action::TokenVerify, &client).await?;
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
    let Credential::AccessToken(claims) = user.credential();
    Json(AccessClaims::clone(claims))
}

/// The public keys (RFC 7517); empty with HS256, which has none.
///
/// Pages of every origin may read them.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", operation_id = "getKeys", tag = "Operations",
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of the keys that you have.")),
    responses(
        (status = 200, description = "The keys, to be kept for at most five minutes.", body = KeySet, headers(
            ("Cache-Control" = String, description = "`public, max-age=300`."),
            ("ETag" = String, description = "Another one whenever the keys have changed."),
        )),
        (status = 304, description = "You have them: nothing has changed."),
    ),
)]
async fn jwks(State(auth): State<Auth>, request: HeaderMap) -> Response {
    let body = auth.tokens().jwks().to_string();
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest(&SHA256, body.as_bytes())));
    let is_known = names(&request, &tag);
    let head = (Extension(AnyOrigin), [(header::CACHE_CONTROL, JWKS_CACHE.to_owned()), (header::ETAG, tag)]);
    if is_known {
        // Of the answer with the keys (RFC 9110, section 8.6); else an answer to HEAD would have that of no body.
        return (StatusCode::NOT_MODIFIED, head, [(header::CONTENT_LENGTH, body.len())]).into_response();
    }
    (head, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// RFC 9110, section 13.1.2. Weak tags match too: a cache that compresses answers makes our tags weak.
fn names(request: &HeaderMap, tag: &str) -> bool {
    let lines = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    let mut known = lines.flat_map(|line| line.split(',')).map(str::trim);
    known.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}
