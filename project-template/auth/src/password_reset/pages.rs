//! The pages of `password/reset/`.

use std::time::Duration;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use secrecy::SecretString;

use super::reset::{self, Reset};
use crate::Auth;
use crate::codes::secret_of;
use crate::error::{Error, Result};
use crate::openapi::{Api, handler, page_at};
use crate::pages::{self, Reader};
use crate::passwords::capability::{self, Capability, Form};
use crate::templates::pages::{CookiesNeeded, LinkNotValid, PasswordReset, PasswordResetComplete};

pub(crate) static FORM: Form = Form {
    cookie: "password_reset_access_token",
    lifetime: Duration::from_mins(15),
    sealed_as: "password reset capability",
    csrf: "password reset form",
    path: "/password/reset/default/",
    scheme: "password_reset",
};

pub(super) fn add(api: Api) -> Api {
    let api = page_at(api, "/password/reset/confirm/{uid}/{token}/", get(handler!(open)));
    let api = page_at(api, "/password/reset/default/", get(handler!(form)));
    page_at(api, "/password/reset/complete/", get(handler!(complete)))
}

/// Outside the API, at the same path everywhere.
pub(crate) fn public_router() -> Api {
    Api::default().route("/.well-known/change-password", get(handler!(change_page)))
}

/// W3C, A Well-Known URL for Changing Passwords.
async fn change_page(State(auth): State<Auth>) -> Result<Response> {
    let page = auth.settings().password.change_page.clone().ok_or_else(Error::not_found)?;
    Ok((StatusCode::FOUND, [(header::LOCATION, page)]).into_response())
}

/// Grants the right to set a password. Nothing is used up, since mail scanners open links too.
async fn open(State(auth): State<Auth>, path: Result<Path<(String, String)>, PathRejection>) -> Result<Response> {
    let (uid, token) = path.map(|Path(parts)| parts).unwrap_or_default();
    Reader::Person.answer(&auth, hand_over(&auth, &uid, secret_of(&token).to_owned()).await)
}

async fn hand_over(auth: &Auth, uid: &str, token: String) -> Result<Response> {
    let secret = SecretString::from(token);
    let reset = reset::find(auth, &secret).await?;
    if reset.is_none_or(|reset| uid.parse() != Ok(reset.user.id)) {
        return not_valid(auth, StatusCode::NOT_FOUND, String::new(), Vec::new());
    }
    Capability::new(auth, &FORM, secret).hand_over(auth, auth.settings().password.reset_redirect.as_deref())
}

async fn form(State(auth): State<Auth>, headers: HeaderMap, RawQuery(query): RawQuery) -> Result<Response> {
    match held(&auth, &headers).await {
        Ok((capability, reset)) => filled(&auth, StatusCode::OK, &capability, &reset, Vec::new()),
        Err(error @ (Error::Internal(_) | Error::Busy | Error::Unavailable(_))) => Reader::Person.refuse(&auth, error),
        // The link is valid, but an app's browser or the user's settings dropped the cookies.
        Err(Error::NotAuthenticated(_)) if Form::was_just_opened(query.as_deref()) => {
            pages::show(&auth, StatusCode::UNAUTHORIZED, &CookiesNeeded {})
        }
        Err(_) => not_valid(&auth, StatusCode::UNAUTHORIZED, String::new(), Vec::new()),
    }
}

async fn complete(State(auth): State<Auth>) -> Result<Response> {
    pages::show(&auth, StatusCode::OK, &PasswordResetComplete {})
}

pub(super) async fn held(auth: &Auth, headers: &HeaderMap) -> Result<(Capability, Reset)> {
    let capability = Capability::shown(auth, &FORM, headers)?;
    let reset = reset::find(auth, &capability.secret).await?.ok_or(Error::CapabilityNotValid)?;
    Ok((capability, reset))
}

pub(super) fn filled(
    auth: &Auth,
    status: StatusCode,
    capability: &Capability,
    reset: &Reset,
    errors: Vec<String>,
) -> Result<Response> {
    let policy = &auth.settings().password.policy;
    let page = PasswordReset {
        action: auth.settings().http.path("/password/reset/set-new/"),
        csrf_token: capability.csrf_token(auth),
        email: reset.user.email.to_string(),
        min_length: policy.min_length,
        max_length: policy.max_length,
        errors,
    };
    let next = reset.next().address(&auth.settings().http);
    pages::show_leading_to(auth, status, &page, next.as_deref())
}

pub(super) fn not_valid(auth: &Auth, status: StatusCode, email: String, errors: Vec<String>) -> Result<Response> {
    let page = LinkNotValid { action: auth.settings().http.path("/password/reset/"), email, errors };
    capability::show_without_form(auth, status, &page)
}
