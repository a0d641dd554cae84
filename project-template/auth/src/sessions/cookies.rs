//! The cookies of a session: the refresh token, and where `sessions.access_cookie` is on the access token, with the token
//! that shows that a request was not forged.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::AppendHeaders;
use axum_extra::extract::cookie::{self, Cookie};
use time::Duration;
use uuid::Uuid;

use super::Issued;
use super::transport::TOKEN_BYTES;
use crate::app::Auth;
use crate::error::Result;
use crate::http::{cookies, csrf};
use crate::settings::{Choice, Section};

/// The access token's. A page's scripts cannot read it.
const ACCESS: &str = "access_token";
/// What scripts read and send back in `X-CSRFToken`. Not `csrftoken`, which the form for a new password has.
const CSRF: &str = "csrf_access_token";
/// What begins the name of a cookie that browsers keep only with the attributes it stands for.
const PREFIXES: [&str; 2] = ["__Host-", "__Secure-"];

/// The `SameSite` attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the attribute's own words")]
pub enum SameSite {
    Strict,
    Lax,
    None,
}

impl SameSite {
    pub(crate) fn attribute(self) -> cookie::SameSite {
        match self {
            Self::Strict => cookie::SameSite::Strict,
            Self::Lax => cookie::SameSite::Lax,
            Self::None => cookie::SameSite::None,
        }
    }
}

impl Choice for SameSite {
    const NAMES: &[(&str, Self)] = &[("strict", Self::Strict), ("lax", Self::Lax), ("none", Self::None)];
}

/// The attributes of the refresh token's cookie.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the attributes' own words")]
pub struct CookieSettings {
    pub name: String,
    pub path: String,
    pub domain: Option<String>,
    pub same_site: SameSite,
}

impl CookieSettings {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let settings = Self {
            name: section.required_text("cookie_name"),
            path: section.required_text("cookie_path"),
            domain: section.optional_text("cookie_domain"),
            same_site: section.one_of("cookie_same_site"),
        };
        // RFC 6265, section 4.1.1: a token of RFC 2616.
        if !settings.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)) {
            section.problem("cookie_name", "has a character that a cookie's name cannot have");
        }
        if [ACCESS, CSRF].contains(&split_name(&settings.name).1) {
            section.problem("cookie_name", "is the name of another cookie of this server");
        }
        let is_value = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';' && byte != b',');
        if !settings.path.starts_with('/') || !is_value(&settings.path) {
            section.problem("cookie_path", "must begin with `/` and have no `;`, `,` or space");
        }
        if settings.domain.as_deref().is_some_and(|domain| !is_value(domain)) {
            section.problem("cookie_domain", "must be a domain name, such as \"example.com\"");
        }
        if settings.name.starts_with("__Host-") && (settings.path != "/" || settings.domain.is_some()) {
            section.problem(
                "cookie_name",
                "begins with `__Host-`, which needs cookie_path \"/\" and an empty cookie_domain",
            );
        }
        settings
    }
}

/// The headers that hand out what was issued.
pub(super) fn set(auth: &Auth, issued: Issued) -> SetCookies {
    let age = |until| until - auth.now();
    let mut cookies = vec![refresh_cookie(auth, issued.refresh, age(issued.refresh_until))];
    if auth.settings().sessions.access_cookie {
        let token = csrf::token(auth, &csrf_name(issued.session));
        cookies.push(access_cookie(auth, issued.access, age(issued.access_until)));
        cookies.push(csrf_cookie(auth, token, age(issued.refresh_until)));
    }
    headers(&cookies)
}

/// The headers that delete what [`set`] sets.
pub(crate) fn cleared(auth: &Auth) -> SetCookies {
    let mut cookies = vec![refresh_cookie(auth, String::new(), Duration::ZERO)];
    if auth.settings().sessions.access_cookie {
        cookies.push(access_cookie(auth, String::new(), Duration::ZERO));
        cookies.push(csrf_cookie(auth, String::new(), Duration::ZERO));
    }
    headers(&cookies)
}

pub(crate) type SetCookies = AppendHeaders<Vec<(HeaderName, HeaderValue)>>;

fn headers(set: &[Cookie<'static>]) -> SetCookies {
    AppendHeaders(set.iter().map(|cookie| (header::SET_COOKIE, cookies::header(cookie))).collect())
}

fn refresh_cookie(auth: &Auth, value: String, age: Duration) -> Cookie<'static> {
    let settings = &auth.settings().sessions.cookie;
    let mut cookie = cookie_of(auth, settings.name.clone(), value, age);
    cookie.set_path(settings.path.clone());
    cookie
}

fn access_cookie(auth: &Auth, value: String, age: Duration) -> Cookie<'static> {
    cookie_of(auth, access_cookie_name(&auth.settings().sessions.cookie), value, age)
}

/// Lives as long as the refresh token's: it is needed to refresh.
fn csrf_cookie(auth: &Auth, value: String, age: Duration) -> Cookie<'static> {
    let mut cookie = cookie_of(auth, CSRF.to_owned(), value, age);
    cookie.set_http_only(false);
    cookie
}

/// A cookie for every path, the application's routes too.
fn cookie_of(auth: &Auth, name: String, value: String, age: Duration) -> Cookie<'static> {
    let settings = &auth.settings().sessions.cookie;
    // Browsers drop a `__Host-` cookie, and one with SameSite=None, that is not Secure.
    let must_be_secure = settings.name.starts_with("__") || settings.same_site == SameSite::None;
    let mut cookie = Cookie::build((name, value))
        .path("/")
        .http_only(true)
        .same_site(settings.same_site.attribute())
        .secure(auth.settings().is_production() || must_be_secure)
        .max_age(age);
    if let Some(domain) = &settings.domain {
        cookie = cookie.domain(domain.clone());
    }
    cookie.build()
}

/// With the prefix of the refresh token's cookie, if that has one.
pub(crate) fn access_cookie_name(settings: &CookieSettings) -> String {
    let (prefix, _) = split_name(&settings.name);
    format!("{prefix}{ACCESS}")
}

/// The name of a cookie as its prefix, if it has one, and the rest.
pub(crate) fn split_name(name: &str) -> (&str, &str) {
    let prefix = PREFIXES.into_iter().find(|prefix| name.starts_with(prefix));
    name.split_at(prefix.map_or(0, str::len))
}

/// Of several, the one that was given out last: after another `sessions.cookie_path` a browser has one for each path and sends
/// both, and the older one would end the session as a replay.
pub(super) fn refresh_token(auth: &Auth, headers: &HeaderMap) -> Option<String> {
    let made = |token: &String| auth.tokens().read_refresh(token).map(|claims| (claims.iat, claims.generation)).ok();
    let mut shown = tokens(headers, &auth.settings().sessions.cookie.name);
    if shown.len() > 1 {
        shown.sort_by_cached_key(made);
    }
    shown.pop()
}

/// None unless the settings say that it counts.
pub(super) fn access_token(auth: &Auth, headers: &HeaderMap) -> Option<String> {
    if auth.settings().sessions.access_cookie {
        tokens(headers, &access_cookie_name(&auth.settings().sessions.cookie)).pop()
    } else {
        None
    }
}

/// What could be a token among the cookies of a name.
fn tokens(headers: &HeaderMap, name: &str) -> Vec<String> {
    cookies::values(headers, name).filter(|value| !value.is_empty() && value.len() <= TOKEN_BYTES).collect()
}

/// Lets a request pass whose credential is a cookie of this session, if it has the session's token beside it.
///
/// # Errors
/// 403 if not. Without `sessions.access_cookie` no token is asked for: then where a request comes from is all there is to
/// see, and enough for a cookie that is good for refreshing alone.
pub(super) fn check_csrf(auth: &Auth, headers: &HeaderMap, session: Uuid) -> Result<()> {
    if !auth.settings().sessions.access_cookie {
        return Ok(());
    }
    csrf::check(auth, headers, None, &csrf_name(session))
}

/// What names a session to [`csrf`].
fn csrf_name(session: Uuid) -> String {
    format!("session cookies {session}")
}
