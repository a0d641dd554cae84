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

use crate::Auth;
use crate::error::{Error, Result};
use crate::http::{Client, Fields, FormFields, cookies, csrf};
use crate::pages::Reader;
use crate::sessions;
use crate::users::{self, User, role};

pub(crate) const COOKIE: &str = "admin_session";
const SEALED_AS: &str = "admin session";
const FORMS: &str = "admin forms";
pub(super) const TOKEN: &str = "csrf_token";
/// The cookie expires after this long without a request.
pub(super) const IDLE: Duration = Duration::from_mins(30);
pub(super) const LONGEST: Duration = Duration::from_hours(12);

#[derive(Clone, Copy)]
struct Ticket {
    session: Uuid,
    /// When the password was last entered, in seconds since 1970.
    proven: i64,
}

impl Ticket {
    fn read(auth: &Auth, headers: &HeaderMap) -> Option<Self> {
        let sealed = URL_SAFE_NO_PAD.decode(cookies::value(headers, &cookie_name(auth, COOKIE))?).ok()?;
        let plain = auth.tokens().open(SEALED_AS, &sealed)?;
        let mut parts = std::str::from_utf8(&plain).ok()?.split(' ');
        let session = parts.next()?.parse().ok()?;
        let [until, proven]: [i64; 2] = [parts.next()?.parse().ok()?, parts.next()?.parse().ok()?];
        (until > auth.now().unix_timestamp()).then_some(Self { session, proven })
    }

    fn cookie(self, auth: &Auth) -> HeaderValue {
        let until = (auth.now() + IDLE).unix_timestamp();
        let plain = format!("{} {until} {}", self.session, self.proven);
        let sealed = auth.tokens().seal(SEALED_AS, plain.as_bytes(), auth.now());
        set_cookie(auth, COOKIE, &URL_SAFE_NO_PAD.encode(sealed), IDLE)
    }
}

pub(super) fn set_cookie(auth: &Auth, name: &'static str, value: &str, lifetime: Duration) -> HeaderValue {
    let cookie = Cookie::build((cookie_name(auth, name), value.to_owned()))
        .path(path(auth, "/"))
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

pub(super) fn delete_cookie(auth: &Auth, name: &'static str) -> HeaderValue {
    set_cookie(auth, name, "", Duration::ZERO)
}

pub(super) fn path(auth: &Auth, rest: &str) -> String {
    auth.settings().http.outer_path(&format!("{}{rest}", auth.settings().admin.path))
}

pub(super) fn signed_in(auth: &Auth, session: Uuid) -> HeaderValue {
    Ticket { session, proven: auth.now().unix_timestamp() }.cookie(auth)
}

pub(super) fn signed_out(auth: &Auth) -> HeaderValue {
    delete_cookie(auth, COOKIE)
}

pub(super) async fn gate(State(auth): State<Auth>, client: Client, mut request: Request, next: Next) -> Response {
    if !auth.settings().admin.admits(client.ip) {
        return Error::not_found().into_response();
    }
    let admin = match find(&auth, request.headers()).await {
        Ok(admin) => admin,
        Err(error) => return refuse(&auth, error),
    };
    let Some(admin) = admin else { return next.run(request).await };
    let renewed = admin.ticket.cookie(&auth);
    request.extensions_mut().insert(admin);
    let mut response = next.run(request).await;
    let name = format!("{}=", cookie_name(&auth, COOKIE));
    let is_ours = |cookie: &HeaderValue| cookie.as_bytes().starts_with(name.as_bytes());
    if !response.headers().get_all(header::SET_COOKIE).iter().any(is_ours) {
        response.headers_mut().append(header::SET_COOKIE, renewed);
    }
    response
}

async fn find(auth: &Auth, headers: &HeaderMap) -> Result<Option<Admin>> {
    let Some(ticket) = Ticket::read(auth, headers) else { return Ok(None) };
    let user = users::by_session(auth.db(), ticket.session, auth.now()).await?;
    let Some(user) = user.filter(|user| user.role >= role::STAFF) else { return Ok(None) };
    // The session may have begun before this was demanded.
    if auth.settings().mfa.is_required_of(user.role) && !sessions::has_second_factor(auth, ticket.session).await? {
        return Ok(None);
    }
    Ok(Some(Admin { user, ticket }))
}

pub(super) fn refuse(auth: &Auth, error: Error) -> Response {
    Reader::Person.refuse(auth, error).unwrap_or_else(IntoResponse::into_response)
}

/// The account is as it is in the database now. Other clients are redirected to the sign-in page.
#[derive(Clone)]
pub(super) struct Admin {
    pub(super) user: User,
    ticket: Ticket,
}

impl FromRequestParts<Auth> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, auth: &Auth) -> Result<Self, Response> {
        let admin = parts.extensions.get::<Self>().cloned();
        admin.ok_or_else(|| Redirect::to(&path(auth, "/sign-in/")).into_response())
    }
}

impl Admin {
    pub(super) fn session(&self) -> Uuid {
        self.ticket.session
    }

    /// A page of another site cannot know it.
    pub(super) fn form_token(&self, auth: &Auth) -> String {
        csrf::token(auth, &self.forms())
    }

    fn forms(&self) -> String {
        format!("{FORMS} {}", self.ticket.session)
    }

    pub(super) fn is_proven(&self, now: OffsetDateTime) -> bool {
        sessions::is_fresh(self.ticket.proven, now)
    }
}

pub(super) struct Posted {
    pub(super) admin: Admin,
    pub(super) fields: Fields,
}

impl FromRequest<Auth> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, auth: &Auth) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let admin = Admin::from_request_parts(&mut parts, auth).await?;
        let fields = FormFields::from_request(Request::from_parts(parts, body), auth).await;
        let FormFields(fields) = fields.map_err(|error| refuse(auth, error))?;
        if !csrf::is_token(auth, &admin.forms(), fields.typed(TOKEN).unwrap_or_default()) {
            return Err(refuse(auth, form_not_valid()));
        }
        Ok(Self { admin, fields })
    }
}

pub(super) fn form_not_valid() -> Error {
    let detail = "This form is too old, or was not sent from its page. Please load the page again.";
    Error::refused(StatusCode::FORBIDDEN, detail, "csrf_failed")
}
