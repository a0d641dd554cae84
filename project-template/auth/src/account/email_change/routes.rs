use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ask, confirm, open, respell};
use crate::Auth;
use crate::account::owner::{SignInAgain, prove};
use crate::audit::Reason;
use crate::codes::{LinkKey, LinkStanding, ReturnTo};
use crate::error::Result;
use crate::error::shared::{Conflict, Throttled, UnknownLink};
use crate::http::{Client, Fields};
use crate::languages::say;
use crate::openapi::{Api, at, bodies, handler, page_at, routes};
use crate::pages::{self, Reader};
use crate::registration;
use crate::sessions::{CurrentUser, DbUser};
use crate::templates::pages::{ConfirmEmailChange, EmailChangeFailed, EmailChanged};
use crate::throttle::Action;
use crate::users;

const CHANGED: &str = "E-mail address changed.";
/// Does not reveal whether the address belongs to another account.
const SENT: &str = "An e-mail has been sent to the new address, which replaces the old one once it is confirmed.";

pub(in crate::account) fn router() -> Api {
    let api = at(Api::default(), routes!(change));
    let api = at(api, routes!(confirm_change));
    page_at(api, "/user/email/confirm/{key}/", get(handler!(show)))
}

bodies! {
    /// Another address.
    #[schema(example = json!({ "email": "ada@new.example.com", "password": "correct horse battery staple" }))]
    struct NewAddress {
        #[schema(format = Email)]
        email: String,
        /// The account's password.
        #[schema(format = Password, max_length = 1024)]
        password: String,
        /// Where whoever opens the link is led after the confirmation: an address that `http.return_urls` allows. Else a
        /// built-in page.
        #[schema(required = false, max_length = 1024)]
        next: String,
    }

    /// What is wrong.
    #[schema(example = json!({ "email": ["A user is already registered with this e-mail address."] }))]
    struct AddressTaken {
        email: Vec<String>,
    }

    /// What was done.
    #[schema(example = json!({ "detail": "E-mail address changed." }))]
    struct AddressChanged {
        detail: String,
        /// Where to lead the person, if the request for the link said so.
        #[schema(required = false)]
        next: String,
    }
}

/// Asks for another address.
///
/// An account without a password, such as one that a mailed code made, takes a session that began within the last five
/// minutes instead; a refresh does not make it younger.
#[utoipa::path(
    post, path = "/user/email/", operation_id = "changeEmail", tag = "Accounts", request_body = NewAddress,
    security(("bearer" = [])),
    responses(
        (
            status = 200, description = "The new address got a link, the old one a notice.", body = AddressChanged,
            example = json!({ "detail": SENT }),
        ),
        registration::EmailDomainNotAllowed,
        Conflict,
        SignInAgain,
        Throttled,
    ),
)]
async fn change(
    State(auth): State<Auth>,
    user: DbUser,
    token: CurrentUser,
    client: Client,
    mut fields: Fields,
) -> Result<Json<Value>> {
    auth.throttle().limit_client(Action::EmailChange, &client).await?;
    auth.throttle().limit_account(Action::EmailChange, user.id).await?;
    let email = fields.email("email");
    let is_own = email.as_ref().is_some_and(|email| email.key() == user.email.key());
    if email.as_ref() == Some(&user.email) {
        fields.problem("email", "This is already your e-mail address.");
    }
    let next = ReturnTo::read(&auth.settings().http, &mut fields);
    let proven = prove(&auth, (&user, &token), &client, &mut fields, Reason::EmailChange).await?;
    let (email, ()) = fields.finish_with(email.zip(proven))?;
    if is_own {
        respell(&auth, &user, user.session, &email).await?;
        return Ok(Json(json!({ "detail": say(CHANGED) })));
    }
    registration::require_allowed(&auth, &email)?;
    ask(&auth, &user, user.session, &email, next).await?;
    Ok(Json(json!({ "detail": say(SENT) })))
}

/// Opening the page changes nothing.
async fn show(State(auth): State<Auth>, LinkKey(key): LinkKey) -> Result<Response> {
    Reader::Person.answer(&auth, button(&auth, &key).await)
}

async fn button(auth: &Auth, key: &str) -> Result<Response> {
    match open(auth, key).await? {
        LinkStanding::Good(link) if users::at_version(auth, link.subject, link.version).await?.is_some() => {
            let action = auth.settings().http.path(&format!("/user/email/confirm/{key}/"));
            let page = ConfirmEmailChange { action, email: link.data.email };
            let next = link.data.next.address(&auth.settings().http);
            pages::show_leading_to(auth, StatusCode::OK, &page, next.as_deref())
        }
        LinkStanding::Used { data, .. } => {
            landing(auth, StatusCode::FOUND, &data.map(|change| change.next).unwrap_or_default())
        }
        _ => pages::show(auth, StatusCode::NOT_FOUND, &EmailChangeFailed {}),
    }
}

/// Makes the new address the account's.
///
/// With the access token of the session that asked for it, passkeys stay as good as they were. Without it, a password
/// reset removes those of an account without a second factor: a link may be opened by a person who did not ask for it.
#[utoipa::path(
    post, path = "/user/email/confirm/{key}/", operation_id = "confirmEmailChange", tag = "Accounts",
    security((), ("bearer" = [])),
    extensions(("x-pages" = json!(true))),
    params(("key" = String, Path, description = "The link's secret.")),
    responses(
        (status = 200, description = "Changed.", body = AddressChanged),
        (status = 400, description = "Somebody else has taken the address in the meantime.", body = AddressTaken),
        UnknownLink,
    ),
)]
async fn confirm_change(
    State(auth): State<Auth>,
    reader: Reader,
    user: Result<DbUser>,
    LinkKey(key): LinkKey,
) -> Result<Response> {
    let session = user.ok().map(|user| user.session);
    reader.answer(&auth, press(&auth, reader, session, &key).await)
}

async fn press(auth: &Auth, reader: Reader, session: Option<Uuid>, key: &str) -> Result<Response> {
    let (changed, next) = match open(auth, key).await? {
        LinkStanding::Good(link) => {
            let next = link.data.next.clone();
            (confirm(auth, link, session).await?.is_some(), next)
        }
        // The button was pressed twice.
        LinkStanding::Used { data, .. } => {
            (reader == Reader::Person, data.map(|change| change.next).unwrap_or_default())
        }
        LinkStanding::Expired | LinkStanding::Unknown => (false, ReturnTo::default()),
    };
    match (reader, changed) {
        (Reader::Person, true) => landing(auth, StatusCode::SEE_OTHER, &next),
        (Reader::Person, false) => pages::show(auth, StatusCode::NOT_FOUND, &EmailChangeFailed {}),
        (Reader::Program, true) => {
            Ok(Json(next.tell(&auth.settings().http, json!({ "detail": say(CHANGED) }))).into_response())
        }
        (Reader::Program, false) => Err(UnknownLink.into()),
    }
}

fn landing(auth: &Auth, status: StatusCode, next: &ReturnTo) -> Result<Response> {
    match next.address(&auth.settings().http) {
        Some(next) => Ok((status, [(header::LOCATION, next)]).into_response()),
        None => pages::show(auth, StatusCode::OK, &EmailChanged {}),
    }
}
