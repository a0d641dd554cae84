use std::time::Duration;

use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, SameSite};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use time::OffsetDateTime;
use uuid::Uuid;

use super::Place;
use crate::Auth;
use crate::audit;
use crate::error::{Error, Result};
use crate::http::{Client, Fields, FormFields, cookies, csrf};
use crate::pages::Reader;
use crate::sessions::{self, DbUser};
use crate::users::User;

pub(super) const TOKEN: &str = "csrf_token";
/// The cookie expires after this long without a request.
pub(super) const IDLE: Duration = Duration::from_mins(30);
pub(super) const LONGEST: Duration = Duration::from_hours(12);

#[derive(Clone, Copy)]
struct Ticket {
    session: Uuid,
    /// When its user last proved who they are, in seconds since 1970.
    proven: i64,
}

impl Ticket {
    fn read(auth: &Auth, place: Place, headers: &HeaderMap) -> Option<Self> {
        let name = cookie_name(auth, place.session_cookie());
        let sealed = URL_SAFE_NO_PAD.decode(cookies::value(headers, &name)?).ok()?;
        let plain = auth.tokens().open(&place.name("session"), &sealed)?;
        let mut parts = std::str::from_utf8(&plain).ok()?.split(' ');
        let session = parts.next()?.parse().ok()?;
        let [until, proven]: [i64; 2] = [parts.next()?.parse().ok()?, parts.next()?.parse().ok()?];
        (until > auth.now().unix_timestamp()).then_some(Self { session, proven })
    }

    fn cookie(self, auth: &Auth, place: Place) -> HeaderValue {
        let until = (auth.now() + IDLE).unix_timestamp();
        let plain = format!("{} {until} {}", self.session, self.proven);
        let sealed = auth.tokens().seal(&place.name("session"), plain.as_bytes(), auth.now());
        set_cookie(auth, place, place.session_cookie(), &URL_SAFE_NO_PAD.encode(sealed), IDLE)
    }
}

pub(super) fn set_cookie(
    auth: &Auth,
    place: Place,
    name: &'static str,
    value: &str,
    lifetime: Duration,
) -> HeaderValue {
    let cookie = Cookie::build((cookie_name(auth, name), value.to_owned()))
        .path(place.path(auth, "/"))
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(auth.settings().is_production() || auth.settings().sessions.cookie.has_prefix())
        .max_age(lifetime.try_into().unwrap_or_default());
    cookies::header(&cookie.build())
}

/// The prefix, if any, is not `__Host-`, because the cookie has a path.
pub(super) fn cookie_name(auth: &Auth, name: &str) -> String {
    auth.settings().sessions.cookie.name_of(name, false)
}

pub(super) fn delete_cookie(auth: &Auth, place: Place, name: &'static str) -> HeaderValue {
    set_cookie(auth, place, name, "", Duration::ZERO)
}

/// The cookie of a user who has proven who they are just now.
pub(super) fn signed_in(auth: &Auth, place: Place, session: Uuid) -> HeaderValue {
    Ticket { session, proven: auth.now().unix_timestamp() }.cookie(auth, place)
}

pub(super) fn signed_out(auth: &Auth, place: Place) -> HeaderValue {
    delete_cookie(auth, place, place.session_cookie())
}

pub(super) async fn gate(
    State(auth): State<Auth>,
    place: Place,
    client: Client,
    mut request: Request,
    next: Next,
) -> Response {
    if place == Place::Admin && !auth.settings().admin.admits(client.ip) {
        return Error::not_found().into_response();
    }
    request.extensions_mut().insert(place);
    let visitor = match find(&auth, place, request.headers()).await {
        Ok(visitor) => visitor,
        Err(error) => return refuse(&auth, error),
    };
    let Some(visitor) = visitor else { return next.run(request).await };
    let renewed = visitor.ticket.cookie(&auth, place);
    request.extensions_mut().insert(visitor);
    let mut response = next.run(request).await;
    let name = format!("{}=", cookie_name(&auth, place.session_cookie()));
    let is_ours = |cookie: &HeaderValue| cookie.as_bytes().starts_with(name.as_bytes());
    if !response.headers().get_all(header::SET_COOKIE).iter().any(is_ours) {
        response.headers_mut().append(header::SET_COOKIE, renewed);
    }
    response
}

async fn find(auth: &Auth, place: Place, headers: &HeaderMap) -> Result<Option<Visitor>> {
    let Some(ticket) = Ticket::read(auth, place, headers) else { return Ok(None) };
    let user = sessions::live_user(auth, ticket.session, auth.now()).await?;
    let Some(user) = user.filter(|user| place.admits(user)) else { return Ok(None) };
    // The session may have begun before this was demanded.
    if auth.settings().mfa.is_required_of(user.role) && !sessions::has_second_factor(auth, ticket.session).await? {
        return Ok(None);
    }
    Ok(Some(Visitor { user, place, ticket }))
}

pub(crate) fn refuse(auth: &Auth, error: Error) -> Response {
    Reader::Person.refuse(auth, error).unwrap_or_else(IntoResponse::into_response)
}

/// A signed-in user. The account is as it is in the database now. Other clients are redirected to the sign-in page.
#[derive(Clone)]
pub(crate) struct Visitor {
    pub(crate) user: User,
    pub(super) place: Place,
    ticket: Ticket,
}

impl FromRequestParts<Auth> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, auth: &Auth) -> Result<Self, Response> {
        let Ok(place) = Place::from_request_parts(parts, auth).await;
        let visitor = parts.extensions.get::<Self>().cloned();
        visitor.ok_or_else(|| Redirect::to(&place.path(auth, "/sign-in/")).into_response())
    }
}

impl Visitor {
    /// Events of the work name this user as their cause.
    pub(crate) fn acting<F: Future>(&self, doing: F) -> impl Future<Output = F::Output> + use<F> {
        audit::acting(self.user.id, doing)
    }

    pub(crate) fn session(&self) -> Uuid {
        self.ticket.session
    }

    pub(super) fn as_db_user(&self) -> DbUser {
        DbUser { user: self.user.clone(), session: self.session() }
    }

    /// A page of another site cannot know it.
    pub(crate) fn form_token(&self, auth: &Auth) -> String {
        csrf::token(auth, &self.forms())
    }

    fn forms(&self) -> String {
        format!("{} {}", self.place.name("forms"), self.ticket.session)
    }

    pub(super) fn is_proven(&self, now: OffsetDateTime) -> bool {
        sessions::is_fresh(self.ticket.proven, now)
    }
}

/// A form of a signed-in user.
pub(crate) struct Posted {
    pub(crate) visitor: Visitor,
    pub(crate) fields: Fields,
}

impl FromRequest<Auth> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, auth: &Auth) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, auth).await?;
        let fields = FormFields::from_request(Request::from_parts(parts, body), auth).await;
        let FormFields(fields) = fields.map_err(|error| refuse(auth, error))?;
        if !csrf::is_token(auth, &visitor.forms(), fields.typed(TOKEN).unwrap_or_default()) {
            return Err(refuse(auth, form_not_valid()));
        }
        Ok(Self { visitor, fields })
    }
}

pub(super) fn form_not_valid() -> Error {
    let detail = "This form is too old, or was not sent from its page. Please load the page again.";
    Error::refused(StatusCode::FORBIDDEN, detail, "csrf_failed")
}
