//! `passkeys/`: the passkeys of the signed-in user; and `/.well-known/webauthn`.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Serialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::challenge::ChallengeNotValid;
use super::passkey::{self, DisconnectNotAllowed, NAME_LIMIT, Passkey, PasskeyInUse, TooManyPasskeys, remove, rename};
use super::registration::{self, PasskeyNotValid};
use crate::Auth;
use crate::error::Result;
use crate::error::shared::NotFound;
use crate::http::fields::BLANK;
use crate::http::{AnyOrigin, Client, Fields};
use crate::openapi::{Api, at, bodies, routes};
use crate::sessions::{DbUser, Fresh, NotFresh};

pub(super) fn router() -> Api {
    let api = at(Api::default(), routes!(begin_registration));
    let api = at(api, routes!(list, register));
    at(api, routes!(change, delete))
}

/// Routes outside the prefix, at the same path everywhere.
pub(crate) fn public_router() -> Api {
    Api::default().routes(routes!(related_origins))
}

bodies! {
    /// What a browser needs to make a passkey or to sign in with one.
    #[schema(example = json!({
        "challenge_id": "AQgPFh0kKzI5QEdOVVxjanF4f4aNlJuiqbC3vsXM09o",
        "options": { "challenge": "AQgPFh0kKzI5QEdOVVxjanF4f4aNlJuiqbC3vsXM09o", "rpId": "auth.example.com" },
    }))]
    pub(crate) struct PasskeyOptions {
        /// To be sent back with the response; valid for five minutes, once.
        challenge_id: String,
        /// For `PublicKeyCredential.parseCreationOptionsFromJSON()` or `parseRequestOptionsFromJSON()` (Web
        /// Authentication, level 3).
        #[schema(value_type = Object)]
        options: Value,
    }

    /// A new passkey.
    #[schema(example = json!({
        "challenge_id": "AQgPFh0kKzI5QEdOVVxjanF4f4aNlJuiqbC3vsXM09o",
        "credential": {
            "type": "public-key", "id": "bZULJB3slAOynELBOy0KPg", "rawId": "bZULJB3slAOynELBOy0KPg",
            "response": { "clientDataJSON": "e30", "attestationObject": "oA", "transports": ["internal"] },
            "clientExtensionResults": {},
        },
        "name": "Ada's phone",
    }))]
    struct NewPasskey {
        challenge_id: String,
        /// `RegistrationResponseJSON`: what `toJSON()` of the new credential returns.
        #[schema(value_type = Object)]
        credential: Value,
        /// Browser and system by default.
        #[schema(required = false, max_length = 100)]
        name: String,
    }

    /// Another name for a passkey.
    #[schema(example = json!({ "name": "Ada's phone" }))]
    struct PasskeyName {
        #[schema(min_length = 1, max_length = 100)]
        name: String,
    }

    /// The origins of other domains that may use the passkeys of this site.
    #[schema(example = json!({ "origins": ["https://example.de"] }))]
    struct RelatedOrigins {
        origins: Vec<String>,
    }
}

/// A passkey as its owner sees it. The id is not a credential.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Passkey, example = json!({
    "id": "0199a3f0-7f3c-7a80-b1b2-5f5b7a0d3c12",
    "name": "Ada's phone",
    "created_at": "2027-01-15T08:00:00Z",
    "last_used_at": null,
    "synced": true,
    "transports": ["hybrid", "internal"],
}))]
struct Listed {
    id: Uuid,
    name: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// Null until it is used to sign in.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required = true)]
    last_used_at: Option<OffsetDateTime>,
    /// Whether it is on several devices of the user. One that is not is lost with its device.
    synced: bool,
    /// How browsers reach the authenticator.
    transports: Vec<String>,
}

impl From<Passkey> for Listed {
    fn from(passkey: Passkey) -> Self {
        Self {
            id: passkey.id,
            created_at: passkey.created_at,
            last_used_at: passkey.used_at,
            synced: passkey.is_synced,
            transports: passkey.transports().into_iter().map(str::to_owned).collect(),
            name: passkey.name,
        }
    }
}

/// Begins to add a passkey.
///
/// It takes a session that began within the last five minutes; a refresh does not make it younger.
#[utoipa::path(
    post, path = "/passkeys/options/", operation_id = "beginPasskey", tag = "Passkeys", security(("bearer" = [])),
    responses(
        (status = 200, description = "The options for `navigator.credentials.create()`.", body = PasskeyOptions),
        NotFresh,
        TooManyPasskeys,
    ),
)]
async fn begin_registration(State(auth): State<Auth>, user: DbUser, _: Fresh) -> Result<Response> {
    let begun = registration::begin(&auth, &user).await?;
    Ok(Json(json!({ "challenge_id": begun.challenge, "options": begun.options })).into_response())
}

/// Adds a passkey.
///
/// It takes a session that began within the last five minutes. The owner of the account is notified by mail.
#[utoipa::path(
    post, path = "/passkeys/", operation_id = "addPasskey", tag = "Passkeys", request_body = NewPasskey,
    security(("bearer" = [])),
    responses(
        (status = 201, description = "The passkey.", body = Listed),
        ChallengeNotValid,
        PasskeyNotValid,
        NotFresh,
        PasskeyInUse,
        TooManyPasskeys,
    ),
)]
async fn register(
    State(auth): State<Auth>,
    user: DbUser,
    _: Fresh,
    client: Client,
    mut fields: Fields,
) -> Result<Response> {
    let challenge = fields.text("challenge_id");
    let credential = fields.object("credential");
    let name = fields.optional_text("name", NAME_LIMIT).filter(|name| !name.is_empty());
    let (challenge, credential) = fields.finish_with(challenge.zip(credential))?;
    let passkey = registration::finish(&auth, &user, &client, (&challenge, credential), name).await?;
    Ok((StatusCode::CREATED, Json(Listed::from(passkey))).into_response())
}

/// The user's passkeys, oldest first.
#[utoipa::path(
    get, path = "/passkeys/", operation_id = "listPasskeys", tag = "Passkeys", security(("bearer" = [])),
    responses((status = 200, description = "The passkeys.", body = Vec<Listed>)),
)]
async fn list(State(auth): State<Auth>, user: DbUser) -> Result<Json<Vec<Listed>>> {
    let passkeys = passkey::all_of_user(&auth, user.id).await?;
    Ok(Json(passkeys.into_iter().map(Listed::from).collect()))
}

/// Renames a passkey.
#[utoipa::path(
    patch, path = "/passkeys/{id}/", operation_id = "renamePasskey", tag = "Passkeys", request_body = PasskeyName,
    security(("bearer" = [])), params(("id" = Uuid, Path, example = "0199a3f0-7f3c-7a80-b1b2-5f5b7a0d3c12")),
    responses((status = 200, description = "The passkey as it is now.", body = Listed), NotFound),
)]
async fn change(
    State(auth): State<Auth>,
    user: DbUser,
    id: Result<Path<Uuid>, PathRejection>,
    mut fields: Fields,
) -> Result<Json<Listed>> {
    let Path(id) = id.map_err(|_| NotFound)?;
    let name = if fields.has("name") { fields.optional_text("name", NAME_LIMIT) } else { fields.text("name") };
    if name.as_deref() == Some("") {
        fields.problem("name", BLANK);
    }
    let name = fields.finish_with(name)?;
    let passkey = rename(&auth, &user, id, &name).await?.ok_or(NotFound)?;
    Ok(Json(passkey.into()))
}

/// Removes a passkey.
///
/// It takes a session that began within the last five minutes. The user's other sessions end, and the owner of the
/// account is notified by mail. The last way to sign in cannot be removed: set a password first.
#[utoipa::path(
    delete, path = "/passkeys/{id}/", operation_id = "removePasskey", tag = "Passkeys", security(("bearer" = [])),
    params(("id" = Uuid, Path, example = "0199a3f0-7f3c-7a80-b1b2-5f5b7a0d3c12")),
    responses((status = 204, description = "The passkey is gone."), DisconnectNotAllowed, NotFresh, NotFound),
)]
async fn delete(
    State(auth): State<Auth>,
    user: DbUser,
    _: Fresh,
    id: Result<Path<Uuid>, PathRejection>,
) -> Result<StatusCode> {
    let Path(id) = id.map_err(|_| NotFound)?;
    if remove(&auth, &user, id).await? { Ok(StatusCode::NO_CONTENT) } else { Err(NotFound.into()) }
}

/// The origins of other domains that may use the passkeys of this site.
///
/// Browsers ask for them (related origin requests).
#[utoipa::path(
    get, path = "/.well-known/webauthn", operation_id = "getPasskeyOrigins", tag = "Operations",
    responses((status = 200, description = "The origins.", body = RelatedOrigins), NotFound),
)]
async fn related_origins(State(auth): State<Auth>) -> Result<Response> {
    let settings = auth.settings();
    let origins: Vec<&str> = settings.passkeys.related_origins(&settings.http).collect();
    if origins.is_empty() || !settings.passkeys.enabled {
        return Err(NotFound.into());
    }
    Ok((Extension(AnyOrigin), Json(json!({ "origins": origins }))).into_response())
}
