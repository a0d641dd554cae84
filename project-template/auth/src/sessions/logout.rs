use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::exchange::RefreshToken;
use super::{EndedBy, Shown, binding, cookies, end, presented};
use crate::Auth;
use crate::error::{Error, Result};
use crate::http::{Client, Fields};
use crate::languages::say;
use crate::openapi::{Api, at, bodies, routes};

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
/// Not "cookies": that clears those of the whole registrable domain, and Chromium then ignores the answer's Set-Cookie.
const CACHE: HeaderValue = HeaderValue::from_static("\"cache\"");
const CACHE_AND_STORAGE: HeaderValue = HeaderValue::from_static("\"cache\", \"storage\"");

pub(super) fn router() -> Api {
    at(Api::default(), routes!(logout))
}

bodies! {
    /// The result.
    #[schema(example = json!({ "detail": "Successfully logged out." }))]
    pub(super) struct LoggedOut {
        detail: String,
    }
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
    (cookies, [(CLEAR_SITE_DATA, cleared)], Json(json!({ "detail": say(detail) }))).into_response()
}
