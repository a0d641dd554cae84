//! `refresh/` and `logout/`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use utoipa_axum::routes;

use super::holder::HolderRefused;
use super::reload::Presenter;
use super::{
    Delivery, EndedBy, Issued, NotRotated, Prefer, Shown, Tokens, Transport, binding, cookies, end, presented, rotate,
};
use crate::app::Auth;
use crate::error::{Error, Result};
use crate::http::{Client, Fields};
use crate::openapi::shared::{Throttled, TokenNotValid};
use crate::openapi::{Api, at, bodies, refusals};
use crate::operations::Outcome;
use crate::throttle::{self, Action};

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
/// What a browser forgets of this origin when its user signs out.
const CLEARED: HeaderValue = HeaderValue::from_static("\"cache\", \"cookies\", \"storage\"");

pub(crate) fn router() -> Api {
    let api = at(Api::default(), routes!(refresh));
    at(api, routes!(logout))
}

bodies! {
    /// A refresh token, where it does not travel in the cookie.
    #[schema(example = json!({ "refresh": "eyJ0eXAiOiJydCtqd3QiLCJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl" }))]
    struct RefreshToken {
        #[schema(required = false)]
        refresh: String,
    }

    /// What was done.
    #[schema(example = json!({ "detail": "Successfully logged out." }))]
    pub(super) struct LoggedOut {
        detail: String,
    }
}

refusals! {
    /// The session reached `sessions.lifetime`.
    SessionExpired = UNAUTHORIZED, "session_expired", "Session has expired. Please log in again.";
}

/// Exchanges a refresh token for the next one, with a new access token.
///
/// The token that is presented is used up. Presented again, it ends the session, for whoever holds the newer one too.
/// `sessions.reload_window` and `sessions.retry_window` forgive answers that were lost.
#[utoipa::path(
    post, path = "/refresh/", tag = "Sessions", request_body = RefreshToken, params(Prefer),
    security((), ("refresh_cookie" = [])),
    responses(
        (status = 200, description = "Refreshed.", body = Tokens),
        TokenNotValid,
        SessionExpired,
        HolderRefused,
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
    let exchanged = exchange(&auth, &client, &headers, fields).await;
    auth.metrics().refresh(match &exchanged {
        Ok(_) => Some(Outcome::Succeeded),
        Err(NotRotated::Replayed) => Some(Outcome::Replayed),
        Err(NotRotated::NotValid | NotRotated::Outlived) => Some(Outcome::Refused),
        Err(NotRotated::Failed(error)) => Outcome::of(Err::<&(), _>(error)),
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

/// The successor of the token that is shown, and how that one travelled.
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
        cookies::check_csrf(auth, headers, claims.session)?;
    }
    // A copy that is shown from elsewhere must not use up the session's refreshes.
    if !binding::holds(auth, &claims, client) {
        return Err(NotRotated::NotValid);
    }
    throttle::limit(auth, Action::Refresh, &claims.session.to_string()).await?;
    Ok((rotate(auth, &claims, Presenter::of(client, headers, transport)).await?, transport))
}

/// Ends the session of a refresh token, or of the access token where none is shown. Whether it lived is not told.
#[utoipa::path(
    post, path = "/logout/", tag = "Sessions", request_body = RefreshToken,
    security((), ("refresh_cookie" = []), ("bearer" = [])),
    responses((status = 200, description = "The session is over and the cookie deleted.", body = LoggedOut)),
)]
async fn logout(
    State(auth): State<Auth>,
    client: Client,
    Shown(access): Shown,
    headers: HeaderMap,
    mut fields: Fields,
) -> Result<Response> {
    let shown = presented(&auth, &headers, &mut fields);
    let refresh = shown.as_ref().and_then(|(token, _)| auth.tokens().verify_refresh(token, auth.now()).ok());
    let refresh = refresh.filter(|refresh| binding::holds(&auth, refresh, &client));
    let (session, user) = match (refresh, access) {
        (Some(refresh), _) => {
            if shown.is_some_and(|(_, transport)| transport == Transport::Cookie) {
                cookies::check_csrf(&auth, &headers, refresh.session)?;
            }
            (refresh.session, refresh.sub)
        }
        (None, Ok(access)) => (access.session, access.sub),
        (None, Err(error)) => {
            let Some((_, transport)) = shown else { return Err(error) };
            let refused = Error::token_not_valid();
            // A browser cannot get rid of a cookie that is good for nothing in any other way.
            let is_cookie = transport == Transport::Cookie;
            return Ok(if is_cookie {
                (cookies::cleared(&auth), refused).into_response()
            } else {
                refused.into_response()
            });
        }
    };
    end(&auth, session, user, EndedBy::Logout).await?;
    Ok(goodbye(&auth, "Successfully logged out."))
}

pub(super) fn goodbye(auth: &Auth, detail: &'static str) -> Response {
    (cookies::cleared(auth), [(CLEAR_SITE_DATA, CLEARED)], Json(json!({ "detail": detail }))).into_response()
}
