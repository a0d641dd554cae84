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
use crate::Auth;
use crate::error::shared::{Throttled, TokenNotValid};
use crate::error::{Error, Result, refusals};
use crate::http::{Client, Fields};
use crate::metrics::AttemptOutcome;
use crate::openapi::{Api, at, bodies};

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
/// Not "cookies": that clears those of the whole registrable domain, and Chromium then ignores the answer's Set-Cookie.
const CACHE: HeaderValue = HeaderValue::from_static("\"cache\"");
const CACHE_AND_STORAGE: HeaderValue = HeaderValue::from_static("\"cache\", \"storage\"");

pub(crate) fn router() -> Api {
    let api = at(Api::default(), routes!(refresh));
    at(api, routes!(logout))
}

bodies! {
    /// A refresh token, unless it is sent in the cookie.
    #[schema(example = json!({ "refresh": "eyJ0eXAiOiJydCtqd3QiLCJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl" }))]
    struct RefreshToken {
        #[schema(required = false)]
        refresh: String,
    }

    /// The result.
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
/// The presented token is used up. Presenting it again ends the session, also for the holder of the newer token.
/// `sessions.reload_window` and `sessions.retry_window` allow for lost answers.
#[utoipa::path(
    post, path = "/refresh/", operation_id = "refresh", tag = "Sessions", request_body = RefreshToken, params(Prefer),
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
    Ok((rotate(auth, &claims, Presenter::of(client, headers, transport)).await?, transport))
}

/// Ends the session of a refresh token, or of the access token if none is presented, whether or not it is active.
///
/// If several cookies are sent, after a change of `sessions.cookie_domain` or `cookie_path`, each of their sessions
/// ends.
#[utoipa::path(
    post, path = "/logout/", operation_id = "logout", tag = "Sessions", request_body = RefreshToken,
    security((), ("refresh_cookie" = []), ("bearer" = [])),
    responses(
        (
            status = 200, description = "The session is over and its cookies deleted.", body = LoggedOut,
            headers(("Set-Cookie" = String, description = "Deletes the cookies."), ("Clear-Site-Data" = String)),
        ),
    ),
)]
async fn logout(
    State(auth): State<Auth>,
    client: Client,
    Shown(access): Shown,
    headers: HeaderMap,
    mut fields: Fields,
) -> Result<Response> {
    let in_body = fields.has("refresh");
    let tokens = if in_body {
        presented(&auth, &headers, &mut fields).map(|(token, _)| token).into_iter().collect()
    } else {
        cookies::refresh_tokens(&auth, &headers)
    };
    let refresh = tokens.iter().filter_map(|token| auth.tokens().verify_refresh(token, auth.now()).ok());
    let refresh: Vec<_> = refresh.filter(|refresh| binding::holds(&auth, refresh, &client)).collect();
    if !in_body && !refresh.is_empty() {
        // The CSRF token of any of them is enough: all end together, whichever accounts they belong to.
        let checked = refresh.iter().map(|refresh| cookies::check_csrf(&auth, &headers, refresh));
        checked.reduce(Result::or).transpose()?;
    }
    let mut over: Vec<_> = refresh.iter().map(|refresh| (refresh.session, refresh.sub)).collect();
    if over.is_empty() {
        match access {
            Ok(access) => over.push((access.session, access.sub)),
            Err(error) => return logout_refused(&auth, &headers, in_body, tokens.is_empty(), error),
        }
    }
    for (session, user) in over {
        end(&auth, session, user, EndedBy::Logout).await?;
    }
    Ok(goodbye(&auth, &headers, "Successfully logged out."))
}

fn logout_refused(
    auth: &Auth,
    headers: &HeaderMap,
    in_body: bool,
    without_refresh: bool,
    error: Error,
) -> Result<Response> {
    let refused = Error::token_not_valid();
    if !in_body && (!without_refresh || cookies::is_oversized(auth, headers)) {
        // A browser cannot get rid of an invalid cookie in any other way.
        return Ok((cookies::all_cleared(auth, headers), refused).into_response());
    }
    Err(if without_refresh { error } else { refused })
}

pub(super) fn goodbye(auth: &Auth, headers: &HeaderMap, detail: &'static str) -> Response {
    let cleared = if auth.settings().sessions.clear_storage { CACHE_AND_STORAGE } else { CACHE };
    let cookies = cookies::all_cleared(auth, headers);
    (cookies, [(CLEAR_SITE_DATA, cleared)], Json(json!({ "detail": detail }))).into_response()
}
