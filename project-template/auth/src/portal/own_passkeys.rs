//! One's own passkeys.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use uuid::Uuid;

use super::Route;
use super::gate::{Posted, refuse};
use super::own::{Act, dangerous, done, told};
use super::proof::{credential, offers_passkeys};
use crate::Auth;
use crate::error::{Error, Result};
use crate::http::Client;
use crate::openapi::handler;
use crate::pages;
use crate::passkeys::{self, NAME_LIMIT, Passkey};
use crate::sessions::NotFresh;
use crate::templates::pages::NewPasskey;
use crate::users::User;

pub(super) fn routes() -> Vec<Route> {
    vec![
        ("/passkeys/", post(handler!(begin))),
        ("/passkeys/new/", post(handler!(add))),
        ("/passkeys/{id}/rename/", post(handler!(rename))),
        ("/passkeys/{id}/remove/", post(handler!(remove))),
    ]
}

async fn begin(State(auth): State<Auth>, client: Client, posted: Posted) -> Response {
    let act = Act { rest: "/passkeys/".to_owned(), name: "passkeys", what: String::new() };
    dangerous(&auth, &client, posted, act, async |posted| {
        require_enabled(&auth)?;
        let (visitor, place) = (&posted.visitor, posted.visitor.place);
        let begun = passkeys::begin_registration(&auth, &visitor.as_db_user()).await?;
        let page = NewPasskey {
            action: place.own_path(&auth, "/passkeys/new/"),
            back: place.own_path(&auth, "/"),
            csrf_token: visitor.form_token(&auth),
            challenge: begun.challenge,
            options: begun.options.to_string(),
            name_limit: NAME_LIMIT,
            script: place.path(&auth, "/page.js"),
        };
        pages::show(&auth, StatusCode::OK, &page)
    })
    .await
}

async fn add(State(auth): State<Auth>, client: Client, mut posted: Posted) -> Response {
    let answer = added(&auth, &client, &mut posted).await;
    told(&auth, &posted.visitor, answer).await.unwrap_or_else(|error| refuse(&auth, error))
}

async fn added(auth: &Auth, client: &Client, posted: &mut Posted) -> Result<Response> {
    require_enabled(auth)?;
    // The form of a page from which the passkey came cannot carry another proof.
    if !posted.visitor.is_proven(auth.now()) {
        return Err(NotFresh.into());
    }
    let name = posted.fields.optional_text("name", NAME_LIMIT).filter(|name| !name.is_empty());
    let credential = credential(&posted.fields, "credential").unwrap_or_default();
    let challenge = posted.fields.typed("challenge").unwrap_or_default();
    let user = posted.visitor.as_db_user();
    passkeys::finish_registration(auth, &user, client, (challenge, credential), name).await?;
    Ok(done(auth, &posted.visitor, "add-passkey"))
}

async fn rename(State(auth): State<Auth>, id: Result<Path<Uuid>, PathRejection>, mut posted: Posted) -> Response {
    let answer = renamed(&auth, id, &mut posted).await;
    told(&auth, &posted.visitor, answer).await.unwrap_or_else(|error| refuse(&auth, error))
}

async fn renamed(auth: &Auth, id: Result<Path<Uuid>, PathRejection>, posted: &mut Posted) -> Result<Response> {
    let Path(id) = id.map_err(|_| Error::not_found())?;
    let name = posted.fields.optional_text("name", NAME_LIMIT).filter(|name| !name.is_empty());
    let Some(name) = name else { return Err(Error::field("name", "Enter a name of at most 100 characters.")) };
    let user = posted.visitor.as_db_user();
    passkeys::rename(auth, &user, id, &name).await?.ok_or_else(Error::not_found)?;
    Ok(done(auth, &posted.visitor, "rename-passkey"))
}

async fn remove(
    State(auth): State<Auth>,
    client: Client,
    id: Result<Path<Uuid>, PathRejection>,
    posted: Posted,
) -> Response {
    let passkey = match find(&auth, &posted.visitor.user, id).await {
        Ok(passkey) => passkey,
        Err(error) => return refuse(&auth, error),
    };
    let id = passkey.id;
    let act = Act { rest: format!("/passkeys/{id}/remove/"), name: "remove-passkey", what: passkey.name };
    dangerous(&auth, &client, posted, act, async |posted| {
        if passkeys::remove(&auth, &posted.visitor.as_db_user(), id).await? {
            Ok(done(&auth, &posted.visitor, "remove-passkey"))
        } else {
            Err(Error::not_found())
        }
    })
    .await
}

async fn find(auth: &Auth, user: &User, id: Result<Path<Uuid>, PathRejection>) -> Result<Passkey> {
    let Path(id) = id.map_err(|_| Error::not_found())?;
    let all = passkeys::all_of_user(auth, user.id).await?;
    all.into_iter().find(|passkey| passkey.id == id).ok_or_else(Error::not_found)
}

/// # Errors
/// 404 where browsers can make no passkeys.
fn require_enabled(auth: &Auth) -> Result<()> {
    if offers_passkeys(auth) { Ok(()) } else { Err(Error::not_found()) }
}
