//! `refresh/`, `logout/`, `logout-all/` and `sessions/`.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    DbUser, Delivery, EndedBy, NotRotated, Session, bearer_claims, cleared, end, end_all, presented, rotate, store,
};
use crate::app::{Auth, at};
use crate::error::{Error, Result};
use crate::http::{Client, Fields};

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
/// What a browser forgets of this origin when its user signs out.
const CLEARED: HeaderValue = HeaderValue::from_static("\"cache\", \"cookies\", \"storage\"");

pub(crate) fn router() -> Router<Auth> {
    let router = at(Router::new(), "/refresh/", post(refresh));
    let router = at(router, "/logout/", post(logout));
    let router = at(router, "/logout-all/", post(logout_all));
    let router = at(router, "/sessions/", get(list));
    at(router, "/sessions/{id}/", delete(end_one))
}

/// Exchanges a refresh token for the next one, with a new access token.
async fn refresh(
    State(auth): State<Auth>,
    client: Client,
    delivery: Delivery,
    headers: HeaderMap,
    mut fields: Fields,
) -> Result<Response> {
    let Some((token, transport)) = presented(&auth, &headers, &mut fields) else {
        if !fields.has("refresh") {
            fields.problem("refresh", crate::http::REQUIRED);
        }
        fields.finish()?;
        return Err(Error::token_not_valid());
    };
    let claims = auth.tokens().verify_refresh(&token, auth.now()).map_err(|_| Error::token_not_valid())?;
    match rotate(&auth, &claims, &client).await {
        Ok(issued) => Ok(delivery.of_successor(transport).answer(&auth, StatusCode::OK, issued, json!({}))),
        Err(NotRotated::NotValid) => Err(Error::token_not_valid()),
        Err(NotRotated::Outlived) => Err(Error::refused(
            StatusCode::UNAUTHORIZED,
            "Session has expired. Please log in again.",
            "session_expired",
        )),
        Err(NotRotated::Failed(error)) => Err(error),
    }
}

/// Ends the session of a refresh token, or of the access token where none is shown. Whether it lived is not told.
async fn logout(State(auth): State<Auth>, headers: HeaderMap, mut fields: Fields) -> Result<Response> {
    let shown = presented(&auth, &headers, &mut fields);
    let refresh = shown.as_ref().and_then(|(token, _)| auth.tokens().verify_refresh(token, auth.now()).ok());
    let (session, user) = match (refresh, bearer_claims(&auth, &headers)) {
        (Some(refresh), _) => (refresh.session, refresh.sub),
        (None, Ok(access)) => (access.session, access.sub),
        (None, Err(_)) if shown.is_some() => return Err(Error::token_not_valid()),
        (None, Err(error)) => return Err(error),
    };
    end(&auth, session, user, EndedBy::Logout).await?;
    Ok(goodbye(&auth, "Successfully logged out."))
}

/// Ends every session of the user, this one too.
async fn logout_all(State(auth): State<Auth>, user: DbUser) -> Result<Response> {
    let mut tx = auth.db().begin().await?;
    let ended = end_all(&auth, &mut tx, user.id, None, EndedBy::LogoutAll).await?;
    tx.commit().await?;
    auth.liveness().ended(ended);
    Ok(goodbye(&auth, "Successfully logged out from all devices."))
}

fn goodbye(auth: &Auth, detail: &'static str) -> Response {
    let headers = [(header::SET_COOKIE, cleared(auth)), (CLEAR_SITE_DATA, CLEARED)];
    (headers, Json(json!({ "detail": detail }))).into_response()
}

/// A session as its owner sees it. The id names it and opens nothing.
#[derive(Serialize)]
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

#[derive(Serialize)]
struct Device {
    user_agent: Option<String>,
}

/// The user's live sessions, newest first.
async fn list(State(auth): State<Auth>, user: DbUser) -> Result<Json<Vec<Listed>>> {
    let sessions = store::live_of_user(auth.db(), user.id, auth.now()).await?;
    let listed = |session: Session| Listed {
        id: session.id,
        current: session.id == user.session,
        created: session.created_at,
        last_used: session.refreshed_at,
        expires: session.expires_at,
        ip: session.ip,
        device: Device { user_agent: session.user_agent },
    };
    Ok(Json(sessions.into_iter().map(listed).collect()))
}

/// Ends one of the user's own sessions.
async fn end_one(State(auth): State<Auth>, user: DbUser, Path(id): Path<String>) -> Result<StatusCode> {
    let id = id.parse().map_err(|_| Error::not_found())?;
    if end(&auth, id, user.id, EndedBy::User).await? { Ok(StatusCode::NO_CONTENT) } else { Err(Error::not_found()) }
}
