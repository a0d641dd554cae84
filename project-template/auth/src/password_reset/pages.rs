//! The pages of `password/reset/`, and the cookies that carry the right to set a password between them.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::get;
use axum_extra::extract::cookie::{Cookie, SameSite};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::reset::{self, CAPABILITY_LIFETIME, Capability, Reset};
use crate::Auth;
use crate::codes::secret_of;
use crate::error::{Error, Result, Scheme};
use crate::http::{cookies, csrf};
use crate::openapi::{Api, page_at};
use crate::pages::{self, Reader};
use crate::sessions;
use crate::templates::pages::{CookiesNeeded, LinkNotValid, PasswordReset, PasswordResetComplete};

/// Holds the [`Capability`].
pub(crate) const CAPABILITY_COOKIE: &str = "password_reset_access_token";
/// Scripts read it and send it back in the header `X-CSRFToken`; the name is Django's.
pub(crate) const CSRF_COOKIE: &str = "csrftoken";

/// Tells the form that a link was just opened, and its cookies were set.
const OPENED: &str = "opened";

pub(super) fn add(api: Api) -> Api {
    let api = page_at(api, "/password/reset/confirm/{uid}/{token}/", get(open));
    let api = page_at(api, "/password/reset/default/", get(form));
    page_at(api, "/password/reset/complete/", get(complete))
}

/// Outside the API, at the same path everywhere.
pub(crate) fn public_router() -> Api {
    Api::default().route("/.well-known/change-password", get(change_page))
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
    let capability = Capability::new(auth, secret);
    let form = || auth.settings().http.path(&format!("/password/reset/default/?{OPENED}"));
    let target = auth.settings().password.reset_redirect.clone().unwrap_or_else(form);
    let location = HeaderValue::from_str(&target).map_err(anyhow::Error::new)?;
    let csrf = cookie(auth, CSRF_COOKIE, csrf::token(auth, &capability.name()), false);
    let capability = cookie(auth, CAPABILITY_COOKIE, capability.sealed, true);
    let headers = [(header::SET_COOKIE, capability), (header::SET_COOKIE, csrf), (header::LOCATION, location)];
    Ok((StatusCode::FOUND, AppendHeaders(headers)).into_response())
}

async fn form(State(auth): State<Auth>, headers: HeaderMap, RawQuery(query): RawQuery) -> Result<Response> {
    match held(&auth, &headers).await {
        Ok((capability, reset)) => filled(&auth, StatusCode::OK, &capability, &reset, Vec::new()),
        Err(error @ (Error::Internal(_) | Error::Busy | Error::Unavailable(_))) => Reader::Person.refuse(&auth, error),
        // The link is valid, but an app's browser or the user's settings dropped the cookies.
        Err(Error::NotAuthenticated(_)) if query.as_deref() == Some(OPENED) => {
            pages::show(&auth, StatusCode::UNAUTHORIZED, &CookiesNeeded {})
        }
        Err(_) => not_valid(&auth, StatusCode::UNAUTHORIZED, String::new(), Vec::new()),
    }
}

async fn complete(State(auth): State<Auth>) -> Result<Response> {
    pages::show(&auth, StatusCode::OK, &PasswordResetComplete {})
}

pub(super) async fn held(auth: &Auth, headers: &HeaderMap) -> Result<(Capability, Reset)> {
    let cookie = cookies::value(headers, &capability_cookie_name(&auth.settings().sessions.cookie))
        .ok_or(Error::NotAuthenticated(Scheme::Cookie))?;
    let capability = Capability::read(auth, &cookie).ok_or(Error::CapabilityNotValid)?;
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
        csrf_token: csrf::token(auth, &capability.name()),
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
    let mut page = pages::show(auth, status, &page)?;
    if status == StatusCode::UNAUTHORIZED {
        // RFC 9110, section 15.5.2.
        page.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Cookie"));
    }
    Ok(page)
}

/// Lasts as long as a capability; without a value, its deletion.
pub(super) fn cookie(auth: &Auth, name: &'static str, value: String, http_only: bool) -> HeaderValue {
    let age = if value.is_empty() { time::Duration::ZERO } else { CAPABILITY_LIFETIME.try_into().unwrap_or_default() };
    // `Strict` would withhold it from the page that a link in a mail leads to.
    let settings = &auth.settings().sessions.cookie;
    let cross_site = settings.same_site == sessions::SameSite::None;
    let domain = settings.domain.as_ref().filter(|_| !http_only);
    let mut cookie = Cookie::build((settings.name_of(name, domain.is_none()), value))
        .path("/")
        .http_only(http_only)
        .same_site(if cross_site { SameSite::None } else { SameSite::Lax })
        .secure(auth.settings().is_production() || cross_site || settings.has_prefix())
        .max_age(age);
    // A page on another host must receive the CSRF token that it reads; the capability comes back here alone.
    if let Some(domain) = domain {
        cookie = cookie.domain(domain.clone());
    }
    cookies::header(&cookie.build())
}

fn capability_cookie_name(settings: &sessions::CookieSettings) -> String {
    settings.name_of(CAPABILITY_COOKIE, true)
}

pub(crate) fn security_scheme(settings: &sessions::CookieSettings) -> (&'static str, Value) {
    let scheme = json!({
        "type": "apiKey", "in": "cookie", "name": capability_cookie_name(settings),
        "description": "What opening the link of a mail gives.",
    });
    ("password_reset", scheme)
}
