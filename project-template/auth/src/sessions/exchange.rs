//! What `refresh/` does, whatever using a refresh token means here: `rotate` decides that.

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::reload::Presenter;
use super::{Delivery, Issued, NotRotated, Transport, binding, cookies, presented, rotate};
use crate::Auth;
use crate::error::{Error, Result, refusals};
use crate::http::{Client, Fields};
use crate::metrics::AttemptOutcome;
use crate::openapi::bodies;

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

pub(super) async fn answer(
    auth: &Auth,
    client: &Client,
    delivery: Delivery,
    headers: &HeaderMap,
    fields: Fields,
) -> Result<Response> {
    if !fields.has("refresh") && cookies::is_oversized(auth, headers) {
        return Ok((cookies::cleared(auth), Error::token_not_valid()).into_response());
    }
    let exchanged = exchange(auth, client, headers, fields).await;
    auth.metrics().refresh(match &exchanged {
        Ok(_) => Some(AttemptOutcome::Succeeded),
        Err(NotRotated::Replayed) => Some(AttemptOutcome::Replayed),
        Err(NotRotated::NotValid | NotRotated::Outlived) => Some(AttemptOutcome::Refused),
        Err(NotRotated::Failed(error)) => AttemptOutcome::of(Err::<&(), _>(error)),
    });
    match exchanged {
        Ok((issued, transport)) => Ok(delivery.of_successor(transport).answer(auth, StatusCode::OK, issued, json!({}))),
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
