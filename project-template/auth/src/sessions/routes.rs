//! `refresh/`, `logout/`, `logout-all/` and `sessions/`.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use utoipa_axum::routes;
use uuid::Uuid;

use super::device::Device;
use super::{
    DbUser, Delivery, EndedBy, Issued, NotRotated, Prefer, Session, Shown, Tokens, Transport, binding, cookies, end,
    end_all, live_of_user, presented, rotate,
};
use crate::app::Auth;
use crate::email_verification::EmailNotVerified;
use crate::error::{Error, Result};
use crate::http::{Client, Fields};
use crate::openapi::shared::{NotFound, Throttled, TokenNotValid};
use crate::openapi::{Api, at, bodies, refusals};
use crate::operations::Outcome;
use crate::throttle::{self, Action};
use crate::users;

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
/// What a browser forgets of this origin when its user signs out.
const CLEARED: HeaderValue = HeaderValue::from_static("\"cache\", \"cookies\", \"storage\"");

pub(crate) fn router() -> Api {
    let api = at(Api::default(), routes!(refresh));
    let api = at(api, routes!(logout));
    let api = at(api, routes!(logout_all));
    let api = at(api, routes!(list));
    at(api, routes!(end_one))
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
    struct LoggedOut {
        detail: String,
    }
}

refusals! {
    /// The session reached `sessions.lifetime`.
    SessionExpired = UNAUTHORIZED, "session_expired", "Session has expired. Please log in again.";
}

/// Exchanges a refresh token for the next one, with a new access token.
///
/// The token that is shown is used up. Shown again, it ends the session, for whoever holds the newer one too.
#[utoipa::path(
    post, path = "/refresh/", tag = "Sessions", request_body = RefreshToken, params(Prefer),
    security((), ("refresh_cookie" = [])),
    responses(
        (status = 200, description = "Refreshed.", body = Tokens),
        TokenNotValid,
        SessionExpired,
        EmailNotVerified,
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
    throttle::limit(auth, Action::Refresh, &claims.session.to_string()).await?;
    Ok((rotate(auth, &claims, client).await?, transport))
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

/// Ends every session of the user, this one too.
#[utoipa::path(
    post, path = "/logout-all/", tag = "Sessions", security(("bearer" = [])),
    responses((status = 200, description = "All sessions are over and the cookie deleted.", body = LoggedOut)),
)]
async fn logout_all(State(auth): State<Auth>, user: DbUser) -> Result<Response> {
    let mut tx = auth.db().begin().await?;
    users::store::hold(&mut tx, user.id).await?;
    end_all(&auth, &mut tx, user.id, None, EndedBy::LogoutAll).await?.commit(&auth, tx).await?;
    Ok(goodbye(&auth, "Successfully logged out from all devices."))
}

fn goodbye(auth: &Auth, detail: &'static str) -> Response {
    (cookies::cleared(auth), [(CLEAR_SITE_DATA, CLEARED)], Json(json!({ "detail": detail }))).into_response()
}

/// A session as its owner sees it. The id names it and opens nothing.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Session, example = json!({
    "id": "0199a3f0-7f3c-7a80-b1b2-5f5b7a0d3c11",
    "current": true,
    "created": "2027-01-15T08:00:00Z",
    "last_used": "2027-01-15T08:30:00Z",
    "expires": "2027-01-29T08:30:00Z",
    "ip": "203.0.113.7",
    "device": {
        "browser": "Firefox",
        "os": "Linux",
        "kind": "desktop",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    },
}))]
struct Listed {
    id: Uuid,
    current: bool,
    #[serde(with = "time::serde::rfc3339")]
    created: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    last_used: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    expires: OffsetDateTime,
    ip: Option<String>,
    device: Device,
}

/// The user's live sessions, newest first.
#[utoipa::path(
    get, path = "/sessions/", tag = "Sessions", security(("bearer" = [])),
    responses((status = 200, description = "The sessions.", body = Vec<Listed>)),
)]
async fn list(State(auth): State<Auth>, user: DbUser) -> Result<Json<Vec<Listed>>> {
    let sessions = live_of_user(&auth, user.id).await?;
    let listed = |session: Session| Listed {
        id: session.id,
        current: session.id == user.session,
        created: session.created_at,
        last_used: session.refreshed_at,
        expires: session.expires_at,
        ip: session.ip,
        device: session.user_agent.map(Device::of).unwrap_or_default(),
    };
    Ok(Json(sessions.into_iter().map(listed).collect()))
}

/// Ends one of the user's own sessions.
#[utoipa::path(
    delete, path = "/sessions/{id}/", tag = "Sessions", security(("bearer" = [])),
    params(("id" = Uuid, Path, example = "0199a3f0-7f3c-7a80-b1b2-5f5b7a0d3c11")),
    responses((status = 204, description = "The session is over; with the session that asks, its cookies go."), NotFound),
)]
async fn end_one(State(auth): State<Auth>, user: DbUser, id: Result<Path<Uuid>, PathRejection>) -> Result<Response> {
    let Path(id) = id.map_err(|_| NotFound)?;
    if !end(&auth, id, user.id, EndedBy::User).await? {
        return Err(NotFound.into());
    }
    let is_own = id == user.session;
    Ok(if is_own {
        (StatusCode::NO_CONTENT, cookies::cleared(&auth)).into_response()
    } else {
        StatusCode::NO_CONTENT.into_response()
    })
}
