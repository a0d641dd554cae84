//! The built-in form of an invitation.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;

use super::accepting::held;
use crate::Auth;
use crate::error::{Error, Result};
use crate::guests::Guest;
use crate::openapi::{Api, handler, page_at};
use crate::pages::{self, Reader};
use crate::passwords::capability::{self, Capability, Form, INVITATION};
use crate::templates::pages::{CookiesNeeded, InvitationAccepted, InvitationNotValid, NotFound, SetPassword};

const COMPLETE: &str = "/registration/set-password/complete/";

pub(super) fn add(api: Api) -> Api {
    let api = page_at(api, INVITATION.path, get(handler!(form)));
    page_at(api, COMPLETE, get(handler!(complete)))
}

/// Not there if the settings name another page, or nobody is invited.
async fn form(State(auth): State<Auth>, headers: HeaderMap, RawQuery(query): RawQuery) -> Result<Response> {
    let settings = &auth.settings().invitations;
    if !settings.are_on() || settings.set_password_redirect.is_some() {
        return pages::show(&auth, StatusCode::NOT_FOUND, &NotFound {});
    }
    match held(&auth, &headers).await {
        Ok((capability, guest)) => filled(&auth, StatusCode::OK, &capability, &guest, Vec::new()),
        Err(error @ (Error::Internal(_) | Error::Busy | Error::Unavailable(_))) => Reader::Person.refuse(&auth, error),
        // The link is valid, but an app's browser or the user's settings dropped the cookies.
        Err(Error::NotAuthenticated(_)) if Form::was_just_opened(query.as_deref()) => {
            capability::show_without_form(&auth, StatusCode::UNAUTHORIZED, &CookiesNeeded {})
        }
        Err(_) => not_valid(&auth),
    }
}

async fn complete(State(auth): State<Auth>) -> Result<Response> {
    if !auth.settings().invitations.are_on() {
        return pages::show(&auth, StatusCode::NOT_FOUND, &NotFound {});
    }
    pages::show(&auth, StatusCode::OK, &InvitationAccepted {})
}

pub(super) fn filled(
    auth: &Auth,
    status: StatusCode,
    capability: &Capability,
    guest: &Guest,
    errors: Vec<String>,
) -> Result<Response> {
    let policy = &auth.settings().password.policy;
    let page = SetPassword {
        action: auth.settings().http.path("/registration/set-password/"),
        csrf_token: capability.csrf_token(auth),
        email: guest.user.email.to_string(),
        min_length: policy.min_length,
        max_length: policy.max_length,
        errors,
    };
    pages::show_leading_to(auth, status, &page, Some(&last_page(auth)))
}

/// Where a person is led who has set a password: where one is led who has confirmed an address.
pub(super) fn last_page(auth: &Auth) -> String {
    let built_in = || auth.settings().http.path(COMPLETE);
    auth.settings().email_verification.redirect.clone().unwrap_or_else(built_in)
}

pub(super) fn not_valid(auth: &Auth) -> Result<Response> {
    capability::show_without_form(auth, StatusCode::UNAUTHORIZED, &InvitationNotValid {})
}
