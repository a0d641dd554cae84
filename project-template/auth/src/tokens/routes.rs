//! `token/verify/`, `token/claims/` and the published keys.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::AccessClaims;
use crate::app::{Auth, at};
use crate::error::{Error, Result};
use crate::http::Fields;
use crate::sessions::{self, CurrentUser};

/// How long verifiers may keep the keys; a new key signs only after that.
const JWKS_CACHE: &str = "public, max-age=300";

pub(crate) fn router() -> Router<Auth> {
    let router = at(Router::new(), "/token/verify/", post(verify));
    at(router, "/token/claims/", get(claims))
}

/// Answers `{}` to a token of either kind that is valid and whose session lives.
async fn verify(State(auth): State<Auth>, mut fields: Fields) -> Result<Json<Value>> {
    let token = fields.text("token");
    fields.finish()?;
    if sessions::is_acceptable(&auth, &token.unwrap_or_default()).await? {
        Ok(Json(json!({})))
    } else {
        Err(Error::token_not_valid())
    }
}

/// The claims of the access token that is presented.
async fn claims(user: CurrentUser) -> Json<AccessClaims> {
    Json(AccessClaims::clone(&user))
}

/// The public keys (RFC 7517); empty with HS256, which has none.
pub(crate) async fn jwks(State(auth): State<Auth>) -> Response {
    ([(header::CACHE_CONTROL, HeaderValue::from_static(JWKS_CACHE))], Json(auth.tokens().jwks().clone()))
        .into_response()
}
