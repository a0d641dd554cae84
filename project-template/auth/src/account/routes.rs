use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

use super::owner::{SignInAgain, prove};
use super::{email_change, erase, export};
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::error::shared::{Conflict, NotFound, Throttled};
use crate::error::{Error, Result};
use crate::hooks;
use crate::http::{Client, Fields};
use crate::languages::{Language, Languages};
use crate::notices;
use crate::openapi::{Api, at, bodies, routes};
use crate::sessions::{self, CurrentUser, DbUser, EndedBy, Fresh, NotFresh};
use crate::users::{self, Changes, LastSuperuser, NAME_LIMIT, User, protect_last_superuser, role};

pub(crate) fn router() -> Api {
    let api = at(email_change::router(), routes!(show, change, remove));
    let api = at(api, routes!(remove_by_post));
    at(api, routes!(export_all))
}

bodies! {
    /// What is to change.
    #[schema(example = json!({ "first_name": "Ada", "last_name": "King" }))]
    struct UserUpdate {
        #[schema(required = false, max_length = 150)]
        first_name: String,
        #[schema(required = false, max_length = 150)]
        last_name: String,
        /// The language of its mails: the nearest of `languages.offered`, if those are several.
        #[schema(required = false)]
        language: String,
    }

    /// The account's password.
    #[schema(example = json!({ "password": "correct horse battery staple" }))]
    struct UserDeletion {
        /// Needed where the account has one.
        #[schema(required = false, format = Password, min_length = 1, max_length = 1024)]
        password: String,
    }
}

/// An account as its owner sees it.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(example = json!({ "email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace" }))]
struct Profile {
    email: String,
    first_name: String,
    last_name: String,
    /// The language of its mails, where `languages.offered` are several; null before its owner or a sign-up has chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = Option<String>)]
    language: Option<Value>,
}

impl Profile {
    fn of(auth: &Auth, user: User) -> Self {
        let languages = auth.languages();
        let own = user.language.as_deref().and_then(|tag| languages.nearest(tag)).map(Language::tag);
        Self {
            email: user.email.to_string(),
            first_name: user.first_name,
            last_name: user.last_name,
            language: languages.are_several().then(|| own.into()),
        }
    }
}

/// The account of whoever asks.
#[utoipa::path(
    get, path = "/user/", operation_id = "getUser", tag = "Accounts", security(("bearer" = [])),
    responses((status = 200, description = "The account.", body = Profile)),
)]
async fn show(State(auth): State<Auth>, user: DbUser) -> Json<Profile> {
    Json(Profile::of(&auth, user.user))
}

/// Changes the names and the language. What else the body holds is not looked at: nobody gives themselves a role.
#[utoipa::path(
    patch, path = "/user/", operation_id = "updateUser", tag = "Accounts", request_body = UserUpdate,
    security(("bearer" = [])),
    responses((status = 200, description = "The account as it is now.", body = Profile), NotFound),
)]
async fn change(State(auth): State<Auth>, user: DbUser, mut fields: Fields) -> Result<Json<Profile>> {
    let changes = Changes {
        first_name: fields.optional_text("first_name", NAME_LIMIT),
        last_name: fields.optional_text("last_name", NAME_LIMIT),
        language: language(&auth, &mut fields),
    };
    fields.finish()?;
    let mut tx = auth.db().begin().await?;
    let user = users::change(&mut tx, user.id, &changes, auth.now()).await?;
    tx.commit().await?;
    user.map(|user| Json(Profile::of(&auth, user))).ok_or_else(Error::not_found)
}

/// The offered one that is nearest, as by `Accept-Language`. Not looked at where there is no choice.
fn language(auth: &Auth, fields: &mut Fields) -> Option<&'static str> {
    let languages = auth.languages();
    if !languages.are_several() || !fields.has("language") {
        return None;
    }
    let tag = fields.text("language")?;
    let offered = Some(tag).filter(|tag| Languages::is_tag(tag)).and_then(|tag| languages.nearest(&tag));
    if offered.is_none() {
        fields.problem("language", "This language is not offered.");
    }
    offered.map(Language::tag)
}

/// Everything that is kept about the account: its data, its passkeys, its sessions, its events.
///
/// It takes a sign-in, or `reauthenticate/`, within the last five minutes.
#[utoipa::path(
    get, path = "/user/export/", operation_id = "exportUser", tag = "Accounts", security(("bearer" = [])),
    responses((status = 200, description = "All of it.", body = Object, example = json!({
            "account": {
                "id": "0199a3f0-7f3c-7a80-b1b2-5f5b7a0d3c10", "email": "ada@example.com", "email_verified": true,
                "first_name": "Ada", "last_name": "Lovelace", "language": null, "role": 0, "is_active": true, "has_password": true,
                "created": "2027-01-15T08:00:00Z", "last_login": "2027-01-15T08:00:00Z",
            },
            "second_factor": null,
            "passkeys": [],
            "sessions": [],
            "events": [],
        })), NotFresh),
)]
async fn export_all(State(auth): State<Auth>, user: DbUser, _: Fresh) -> Result<Response> {
    let all = export::export(&auth, &user, user.session).await?;
    Ok(([(header::CONTENT_DISPOSITION, "attachment; filename=\"account.json\"")], Json(all)).into_response())
}

/// Removes the account, its sessions and everything that hangs on it.
///
/// An account without a password, such as one that a mailed code made, takes a sign-in, or `reauthenticate/`, within the
/// last five minutes instead.
#[utoipa::path(
    delete, path = "/user/", operation_id = "deleteUser", tag = "Accounts", request_body = UserDeletion,
    security(("bearer" = [])),
    responses(
        (
            status = 204, description = "The account is gone.",
            headers(("Set-Cookie" = String, description = "Deletes the cookies.")),
        ),
        Conflict,
        LastSuperuser,
        SignInAgain,
        Throttled,
    ),
)]
async fn remove(
    State(auth): State<Auth>,
    user: DbUser,
    token: CurrentUser,
    client: Client,
    fields: Fields,
) -> Result<Response> {
    delete(auth, user, token, client, fields).await
}

/// As `DELETE user/`, for clients and proxies that send no body with that.
#[utoipa::path(
    post, path = "/user/delete/", operation_id = "deleteUserByPost", tag = "Accounts", request_body = UserDeletion, security(("bearer" = [])),
    responses(
        (
            status = 204, description = "The account is gone.",
            headers(("Set-Cookie" = String, description = "Deletes the cookies.")),
        ),
        Conflict,
        LastSuperuser,
        SignInAgain,
        Throttled,
    ),
)]
async fn remove_by_post(
    State(auth): State<Auth>,
    user: DbUser,
    token: CurrentUser,
    client: Client,
    fields: Fields,
) -> Result<Response> {
    delete(auth, user, token, client, fields).await
}

async fn delete(auth: Auth, user: DbUser, token: CurrentUser, client: Client, mut fields: Fields) -> Result<Response> {
    let proven = prove(&auth, (&user, &token), &client, &mut fields, Reason::Deletion).await?;
    fields.finish_with(proven)?;
    let mut tx = auth.db().begin().await?;
    if user.role >= role::SUPERUSER {
        protect_last_superuser(&mut tx, user.id).await?;
    }
    users::hold(&mut tx, user.id).await?;
    let ended = sessions::end_all(&auth, &mut tx, user.id, None, EndedBy::Deletion).await?;
    // Another request ended the session while the password was checked, so this one has lost its credential.
    if !ended.contains(user.session) {
        return Err(sessions::session_over());
    }
    let event = Event::of_id(Kind::Deleted, user.id).session(user.session);
    if !erase(&auth, &mut tx, &user, event).await? {
        return Err(Conflict.into());
    }
    notices::account_deleted(&auth, &mut tx, &user).await?;
    hooks::deleted(&auth, &mut tx, &user);
    ended.commit(&auth, tx).await?;
    Ok((StatusCode::NO_CONTENT, sessions::cleared(&auth)).into_response())
}
