use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::device::Device;
use super::logout::{LoggedOut, goodbye};
use super::refreshing;
use super::{DbUser, EndedBy, Session, cookies, end, end_all, live_of_user, store};
use crate::Auth;
use crate::error::Result;
use crate::error::shared::NotFound;
use crate::openapi::{Api, at, routes};
use crate::users;

pub(crate) fn router() -> Api {
    let api = refreshing::router();
    let api = at(api, routes!(logout_all));
    let api = at(api, routes!(list));
    at(api, routes!(end_one))
}

/// Ends every session of the user, this one too.
#[utoipa::path(
    post, path = "/logout-all/", operation_id = "logoutAll", tag = "Sessions", security(("bearer" = [])),
    responses(
        (
            status = 200, description = "All sessions are over and the cookies deleted.", body = LoggedOut,
            headers(("Set-Cookie" = String, description = "Deletes the cookies."), ("Clear-Site-Data" = String)),
        ),
    ),
)]
async fn logout_all(State(auth): State<Auth>, user: DbUser, headers: HeaderMap) -> Result<Response> {
    let mut tx = auth.db().begin().await?;
    users::hold(&mut tx, user.id).await?;
    end_all(&auth, &mut tx, user.id, None, EndedBy::LogoutAll).await?.commit(&auth, tx).await?;
    Ok(goodbye(&auth, &headers, "Successfully logged out from all devices."))
}

/// A session as its owner sees it. The id is not a credential.
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
    #[schema(required = true)]
    ip: Option<String>,
    device: Device,
}

/// The user's active sessions, newest first: this one, and at most the 1,000 newest.
#[utoipa::path(
    get, path = "/sessions/", operation_id = "listSessions", tag = "Sessions", security(("bearer" = [])),
    responses((status = 200, description = "The sessions.", body = Vec<Listed>)),
)]
async fn list(State(auth): State<Auth>, user: DbUser) -> Result<Json<Vec<Listed>>> {
    let mut sessions = live_of_user(&auth, user.id).await?;
    if sessions.iter().all(|session| session.id != user.session) {
        sessions.extend(store::by_id(auth.db(), user.session).await?);
    }
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
    delete, path = "/sessions/{id}/", operation_id = "endSession", tag = "Sessions", security(("bearer" = [])),
    params(("id" = Uuid, Path, example = "0199a3f0-7f3c-7a80-b1b2-5f5b7a0d3c11")),
    responses(
        (
            status = 204, description = "The session is over.",
            headers(("Set-Cookie" = String, description = "Deletes the cookies, with the session that asks.")),
        ),
        NotFound,
    ),
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
