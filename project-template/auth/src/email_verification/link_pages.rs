use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use uuid::Uuid;

use super::browser::{self, Browser};
use super::confirm::{self, Confirmation, Confirmed};
use super::routes::signed_in;
use super::{Mode, Wish};
use crate::Auth;
use crate::codes::{LinkKey, LinkStanding, ReturnTo};
use crate::error::Result;
use crate::guests::{self, Opened};
use crate::http::Client;
use crate::openapi::{Api, handler, page_at};
use crate::pages::{self, Reader};
use crate::passwords::capability::{Capability, INVITATION};
use crate::sessions::Delivery;
use crate::templates::pages::{ConfirmEmail, EmailVerified, InvitationNotValid, LinkNotValid, NotFound};
use crate::users;

pub(super) fn add(api: Api) -> Api {
    let api = page_at(api, "/registration/verification/{key}/", get(handler!(show)));
    page_at(api, "/registration/verified/", get(handler!(verified)))
}

/// Unless `confirm_on_get` is on, opening the page confirms nothing: mail scanners open every link.
async fn show(
    State(auth): State<Auth>,
    client: Client,
    method: Method,
    delivery: Delivery,
    headers: HeaderMap,
    LinkKey(key): LinkKey,
) -> Result<Response> {
    let client = (&client, browser::kept(&auth, &headers));
    Reader::Person.answer(&auth, open(&auth, client, &method, delivery, &key).await)
}

async fn open(
    auth: &Auth,
    client: (&Client, Option<Browser>),
    method: &Method,
    delivery: Delivery,
    key: &str,
) -> Result<Response> {
    let settings = &auth.settings().email_verification;
    match confirm::open(auth, key).await? {
        LinkStanding::Good(link) if settings.confirm_on_get && *method == Method::GET => {
            let wish = link.data.wish.clone();
            confirm_for_person(auth, client, delivery, link, wish, StatusCode::FOUND).await
        }
        LinkStanding::Good(link) => {
            let Some(user) = users::at_version(auth, link.subject, link.version).await? else {
                return not_valid(auth);
            };
            let action = auth.settings().http.path(&format!("/registration/verification/{key}/"));
            let page = ConfirmEmail { action, email: user.email.to_string() };
            let target = target(auth, &link.data.wish.next);
            pages::show_leading_to(auth, StatusCode::OK, &page, target.as_deref())
        }
        LinkStanding::Used { subject, data } if is_verified(auth, subject).await? => {
            let next = data.map(|held| held.wish.next).unwrap_or_default();
            Ok(landing(auth, StatusCode::FOUND, &next))
        }
        LinkStanding::Unknown => invited(auth, method, key).await,
        _ => not_valid(auth),
    }
}

/// The links of invitations have the same path.
async fn invited(auth: &Auth, method: &Method, key: &str) -> Result<Response> {
    let settings = &auth.settings().invitations;
    if !settings.are_on() {
        return not_valid(auth);
    }
    let redirect = settings.set_password_redirect.as_deref();
    match guests::open(auth, key, *method == Method::HEAD).await? {
        Opened::Good(Some(secret)) => Capability::new(auth, &INVITATION, secret).hand_over(auth, redirect),
        Opened::Good(None) => INVITATION.lead(auth, redirect),
        Opened::Unknown if !settings.only && auth.settings().email_verification.mode != Mode::None => not_valid(auth),
        Opened::Over | Opened::Unknown => {
            let status = if settings.only { StatusCode::BAD_REQUEST } else { StatusCode::NOT_FOUND };
            pages::show(auth, status, &InvitationNotValid {})
        }
    }
}

async fn verified(State(auth): State<Auth>) -> Result<Response> {
    pages::show(&auth, StatusCode::OK, &EmailVerified {})
}

pub(super) async fn confirm_for_person(
    auth: &Auth,
    (client, browser): (&Client, Option<Browser>),
    delivery: Delivery,
    link: Confirmation,
    wish: Wish,
    status: StatusCode,
) -> Result<Response> {
    let subject = link.subject;
    match confirm::by_link(auth, link, browser).await? {
        Some(Confirmed { user, set_password }) => {
            let tokens = signed_in(auth, (client, wish.forgotten), delivery, &user, json!({})).await;
            let mut response = match set_password {
                Some(path) => (status, [(header::LOCATION, auth.settings().http.path(&path))]).into_response(),
                None => landing(auth, status, &wish.next),
            };
            // A page cannot read tokens from a body: only the cookies are passed on.
            for cookie in tokens.headers().get_all(header::SET_COOKIE) {
                response.headers_mut().append(header::SET_COOKIE, cookie.clone());
            }
            Ok(response)
        }
        // The button was pressed twice.
        None if is_verified(auth, subject).await? => Ok(landing(auth, status, &wish.next)),
        None => not_valid(auth),
    }
}

pub(super) async fn is_verified(auth: &Auth, user: Uuid) -> Result<bool> {
    Ok(users::by_id(auth.db(), user).await?.is_some_and(|user| user.email_verified))
}

pub(super) fn landing(auth: &Auth, status: StatusCode, next: &ReturnTo) -> Response {
    let built_in = || auth.settings().http.path("/registration/verified/");
    (status, [(header::LOCATION, target(auth, next).unwrap_or_else(built_in))]).into_response()
}

fn target(auth: &Auth, next: &ReturnTo) -> Option<String> {
    next.address(&auth.settings().http).or_else(|| auth.settings().email_verification.redirect.clone())
}

pub(super) fn not_valid(auth: &Auth) -> Result<Response> {
    if auth.settings().email_verification.mode == Mode::None {
        return pages::show(auth, StatusCode::NOT_FOUND, &NotFound {});
    }
    failed(auth, StatusCode::NOT_FOUND, String::new(), Vec::new())
}

pub(super) fn failed(auth: &Auth, status: StatusCode, email: String, errors: Vec<String>) -> Result<Response> {
    let action = auth.settings().http.path("/registration/verification/resend/");
    pages::show(auth, status, &LinkNotValid { action, email, errors })
}
