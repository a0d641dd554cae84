//! Differs from the built-in project: rotation is a setting, and no account can keep somebody out.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use utoipa_axum::routes;

use super::reload::Presenter;
use super::renewal::rotate;
use super::{Delivery, Issued, NotRotated, Prefer, Tokens, Transport, binding, cookies, logout, presented};
use crate::Auth;
use crate::error::shared::{Throttled, TokenNotValid};
use crate::error::{Error, Result, refusals};
use crate::http::{Client, Fields};
use crate::metrics::AttemptOutcome;
use crate::openapi::{Api, at, bodies};

pub(crate) fn router() -> Api {
    at(Api::default(), routes!(refresh)).merge(logout::router())
}

bodies! {
    /// A refresh token, unless it is sent in the cookie.
    #[schema(example = json!({ "refresh": "eyJ0eXAiOiJydCtqd3QiLCJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl" }))]
    pub(super) struct RefreshToken {
        #[schema(required = false)]
        refresh: String,
    }
}

refusals! {
    /// The session reached `sessions.lifetime`.
    SessionExpired = UNAUTHORIZED, "session_expired", "Session has expired. Please log in again.";
}

/// Exchanges a refresh token for the next one, with a new access token.
///
/// With `sessions.rotation`, the presented token is used up; `sessions.reload_window` and `sessions.retry_window` allow for
/// lost answers. With `sessions.revocation`, presenting it again ends the session, also for the holder of the newer token.
#[utoipa::path(
    post, path = "/refresh/", operation_id = "refresh", tag = "Sessions", request_body = RefreshToken, params(Prefer),
    security((), ("refresh_cookie" = [])),
    responses(
        (status = 200, description = "Refreshed.", body = Tokens),
        TokenNotValid,
        SessionExpired,
        Throttled,
    ),
)]
async fn refresh(
    State(auth): State<Auth>,
    client: Client,
    delivery: Delivery,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response> {
    if !fields.has("refresh") && cookies::is_oversized(&auth, &headers) {
        return Ok((cookies::cleared(&auth), Error::token_not_valid()).into_response());
    }
    let exchanged = exchange(&auth, &client, &headers, fields).await;
    auth.metrics().refresh(match &exchanged {
        Ok(_) => Some(AttemptOutcome::Succeeded),
        Err(NotRotated::Replayed) => Some(AttemptOutcome::Replayed),
        Err(NotRotated::NotValid | NotRotated::Outlived) => Some(AttemptOutcome::Refused),
        Err(NotRotated::Failed(error)) => AttemptOutcome::of(Err::<&(), _>(error)),
    });
    match exchanged {
        Ok((issued, transport)) => {
            Ok(delivery.of_successor(transport).answer(&auth, StatusCode::OK, issued, json!({})))
        }
        Err(NotRotated::NotValid | NotRotated::Replayed) => Err(Error::token_not_valid()),
        Err(NotRotated::Outlived) => Err(SessionExpired.into()),
        Err(NotRotated::Failed(error)) => Err(error),
    }
}

async fn exchange(
    auth: &Auth,
    client: &Client,
    headers: &HeaderMap,
    mut fields: Fields,
) -> Result<(Issued, Transport), NotRotated> {
    let Some((token, transport)) = presented(auth, headers, &mut fields) else {
        if !fields.has("refresh") {
            fields.problem("refresh", crate::http::REQUIRED);
        }
        fields.finish()?;
        return Err(NotRotated::NotValid);
    };
    let claims = auth.tokens().read_refresh(&token).map_err(|_| NotRotated::NotValid)?;
    if transport == Transport::Cookie {
        cookies::check_csrf(auth, headers, &claims)?;
    }
    // Checked first: a copy presented from elsewhere must neither use up the session's refreshes nor end it.
    if !binding::holds(auth, &claims, client) {
        return Err(NotRotated::NotValid);
    }
    Ok((rotate(auth, &claims, Presenter::of(client, headers, transport)).await?, transport))
}
