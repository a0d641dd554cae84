//! `social/accounts/`: the connections of the signed-in user.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::connect::{connect, disconnect};
use super::routes::{
    CallbackUrlNotAllowed, ClientIdMismatch, FlowNotSupported, Named, ProviderNotConfigured, identity_of_code,
    identity_of_token,
};
use super::trouble::{CredentialRefused, ProviderUnavailable};
use crate::Auth;
use crate::connections::{self, Connection, SocialAccountInUse};
use crate::error::Result;
use crate::error::shared::{NotFound, Throttled};
use crate::http::{Client, Fields};
use crate::openapi::{Api, at, bodies, routes};
use crate::passkeys::DisconnectNotAllowed;
use crate::sessions::DbUser;

pub(super) fn router() -> Api {
    let api = at(Api::default(), routes!(connect_by_token));
    let api = at(api, routes!(connect_by_code));
    let api = at(api, routes!(list));
    at(api, routes!(delete))
}

bodies! {
    /// A token of the account to connect: see `social/{provider}/token/`.
    #[schema(example = json!({
        "id_token": "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.e30.c2lnbmF0dXJl",
        "client_id": "1234567890.apps.googleusercontent.com",
    }))]
    struct ConnectedToken {
        #[schema(required = false, max_length = 16384)]
        id_token: String,
        #[schema(required = false, max_length = 8192)]
        access_token: String,
        #[schema(required = false, max_length = 2048)]
        client_id: String,
        #[schema(required = false, max_length = 2048)]
        nonce: String,
    }

    /// A code of the account to connect: see `social/{provider}/code/`.
    #[schema(example = json!({ "code": "4/0AX4XfWh", "callback_url": "https://app.example.com/callback" }))]
    struct ConnectedCode {
        #[schema(max_length = 8192)]
        code: String,
        #[schema(max_length = 2048)]
        callback_url: String,
        #[schema(required = false, max_length = 2048)]
        code_verifier: String,
        #[schema(required = false, max_length = 2048)]
        client_id: String,
        #[schema(required = false, max_length = 2048)]
        nonce: String,
    }
}

/// A connection as its owner sees it. The id is not a credential.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = SocialAccount, example = json!({
    "id": "0199a3f0-7f3c-7a80-b1b2-5f5b7a0d3c12",
    "provider": "google",
    "uid": "110169484474386276334",
    "last_login": null,
    "date_joined": "2027-01-15T08:00:00Z",
}))]
struct Listed {
    id: Uuid,
    provider: String,
    /// The user's id at the provider.
    uid: String,
    /// Null until it is used to sign in.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required = true)]
    last_login: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    date_joined: OffsetDateTime,
}

impl From<Connection> for Listed {
    fn from(connection: Connection) -> Self {
        Self {
            id: connection.id,
            provider: connection.provider,
            uid: connection.uid,
            last_login: connection.last_login_at,
            date_joined: connection.created_at,
        }
    }
}

fn connected(connection: Connection) -> Response {
    (StatusCode::CREATED, Json(Listed::from(connection))).into_response()
}

/// Connects an account of a provider, by its ID token.
///
/// From then on it signs in to the account of the user. No address is taken over, and none must be verified.
#[utoipa::path(
    post, path = "/social/{provider}/connect/token/", operation_id = "connectSocialToken", tag = "Social",
    request_body = ConnectedToken, security(("bearer" = [])), params(("provider" = String, Path, example = "google")),
    responses(
        (status = 201, description = "The connection, also if it was there before.", body = Listed),
        ProviderNotConfigured,
        ClientIdMismatch,
        CredentialRefused,
        ProviderUnavailable,
        Throttled,
        FlowNotSupported,
        SocialAccountInUse,
    ),
)]
async fn connect_by_token(
    State(auth): State<Auth>,
    user: DbUser,
    provider: Named,
    client: Client,
    fields: Fields,
) -> Result<Response> {
    let identity = identity_of_token(&auth, &provider, &client, fields).await?;
    Ok(connected(connect(&auth, &user, &provider, identity).await?))
}

/// Connects an account of a provider, by a code.
#[utoipa::path(
    post, path = "/social/{provider}/connect/code/", operation_id = "connectSocialCode", tag = "Social",
    request_body = ConnectedCode, security(("bearer" = [])), params(("provider" = String, Path, example = "google")),
    responses(
        (status = 201, description = "The connection, also if it was there before.", body = Listed),
        ProviderNotConfigured,
        ClientIdMismatch,
        CredentialRefused,
        ProviderUnavailable,
        Throttled,
        CallbackUrlNotAllowed,
        SocialAccountInUse,
    ),
)]
async fn connect_by_code(
    State(auth): State<Auth>,
    user: DbUser,
    provider: Named,
    client: Client,
    fields: Fields,
) -> Result<Response> {
    let identity = identity_of_code(&auth, &provider, &client, fields).await?;
    Ok(connected(connect(&auth, &user, &provider, identity).await?))
}

/// The user's connections, oldest first.
#[utoipa::path(
    get, path = "/social/accounts/", operation_id = "listSocialAccounts", tag = "Social", security(("bearer" = [])),
    responses((status = 200, description = "The connections.", body = Vec<Listed>)),
)]
async fn list(State(auth): State<Auth>, user: DbUser) -> Result<Json<Vec<Listed>>> {
    let connections = connections::all_of_user(&auth, user.id).await?;
    Ok(Json(connections.into_iter().map(Listed::from).collect()))
}

/// Disconnects an account of a provider.
///
/// The owner of the account is notified by mail. The last way to sign in cannot be removed: set a password first.
#[utoipa::path(
    delete, path = "/social/accounts/{id}/", operation_id = "disconnectSocialAccount", tag = "Social",
    security(("bearer" = [])), params(("id" = Uuid, Path, example = "0199a3f0-7f3c-7a80-b1b2-5f5b7a0d3c12")),
    responses(
        (status = 204, description = "The connection is gone."),
        DisconnectNotAllowed,
        NotFound,
    ),
)]
async fn delete(State(auth): State<Auth>, user: DbUser, id: Result<Path<Uuid>, PathRejection>) -> Result<StatusCode> {
    let Path(id) = id.map_err(|_| NotFound)?;
    if disconnect(&auth, &user, id).await? { Ok(StatusCode::NO_CONTENT) } else { Err(NotFound.into()) }
}
