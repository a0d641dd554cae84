//! The cookies of a session: the refresh token, and where `sessions.access_cookie` is on the access token, with the token
//! that shows that a request was not forged.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::AppendHeaders;
use axum_extra::extract::cookie::{self, Cookie};
use time::Duration;
use uuid::Uuid;

use super::transport::TOKEN_BYTES;
use super::{Issued, twins};
use crate::Auth;
use crate::error::Result;
use crate::http::{cookies, csrf};
use crate::settings::{Choice, Section};
use crate::tokens::Claims;

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
    pub partitioned: bool,
    /// Whether names of cookies say in production what browsers are to hold to.
    pub prefix: Prefix,
}

/// When the names of cookies begin with `__Host-` or `__Secure-` (RFC 6265bis, section 4.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// In production.
    Production,
    /// Only where `sessions.cookie_name` has one itself.
    Off,
}

impl Choice for Prefix {
    const NAMES: &[(&str, Self)] = &[("production", Self::Production), ("off", Self::Off)];
}

impl CookieSettings {
    /// Gives the name the prefix that production has.
    pub(crate) fn add_prefix(&mut self) {
        if self.prefix == Prefix::Production && !self.has_prefix() {
            self.name = format!("{}{}", prefix_of(self.path == "/" && self.domain.is_none()), self.name);
        }
    }

    /// Whether no other host of the domain can set the refresh token's cookie, in production.
    pub(super) fn is_of_one_host_in_production(&self) -> bool {
        let mut there = self.clone();
        there.add_prefix();
        there.name.starts_with(prefix_of(true))
    }

    /// The name of another cookie of this server: with a prefix where that of the refresh token has one. `is_host_only` says
    /// that the cookie has the path `/` and no domain, so that no other host of the domain can have set it.
    pub(crate) fn name_of(&self, name: &str, is_host_only: bool) -> String {
        if self.has_prefix() { format!("{}{name}", prefix_of(is_host_only)) } else { name.to_owned() }
    }

    /// Browsers take a cookie with a prefix from secure answers alone.
    pub(crate) fn has_prefix(&self) -> bool {
        PREFIXES.into_iter().any(|prefix| self.name.starts_with(prefix))
    }

    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let settings = Self {
            name: section.required_text("cookie_name"),
            path: section.required_text("cookie_path"),
            domain: section.optional_text("cookie_domain"),
            same_site: section.one_of("cookie_same_site"),
            partitioned: section.flag("cookie_partitioned"),
            prefix: section.one_of("cookie_prefix"),
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

/// The headers that hand out what was issued, after those that delete what is in its way.
pub(super) fn set(auth: &Auth, issued: Issued, has_twins: bool) -> SetCookies {
    // Without an age, a browser keeps a cookie until it is closed.
    let remembered = issued.remembered;
    let age = |until| remembered.then(|| until - auth.now());
    let mut cookies = if has_twins { twins::deletions(auth) } else { Vec::new() };
    cookies.push(refresh_cookie(auth, issued.refresh, age(issued.refresh_until)));
    if auth.settings().sessions.access_cookie {
        let token = csrf::token(auth, &csrf_name(issued.session));
        cookies.push(access_cookie(auth, issued.access, age(issued.access_until)));
        cookies.push(csrf_cookie(auth, token, age(issued.refresh_until)));
    }
    headers(&cookies)
}

/// The headers that delete what [`set`] sets.
pub(crate) fn cleared(auth: &Auth) -> SetCookies {
    headers(&empty(auth))
}

/// As [`cleared`], for whoever sent these: cookies of earlier settings too.
pub(super) fn all_cleared(auth: &Auth, sent: &HeaderMap) -> SetCookies {
    let mut cookies = if twins::came_along(auth, sent) { twins::deletions(auth) } else { Vec::new() };
    cookies.extend(empty(auth));
    headers(&cookies)
}

/// The deletion of each cookie.
pub(super) fn empty(auth: &Auth) -> Vec<Cookie<'static>> {
    let mut cookies = vec![refresh_cookie(auth, String::new(), Some(Duration::ZERO))];
    if auth.settings().sessions.access_cookie {
        cookies.push(access_cookie(auth, String::new(), Some(Duration::ZERO)));
        cookies.push(csrf_cookie(auth, String::new(), Some(Duration::ZERO)));
    }
    cookies
}

pub(crate) type SetCookies = AppendHeaders<Vec<(HeaderName, HeaderValue)>>;

fn headers(set: &[Cookie<'static>]) -> SetCookies {
    AppendHeaders(set.iter().map(|cookie| (header::SET_COOKIE, cookies::header(cookie))).collect())
}

fn refresh_cookie(auth: &Auth, value: String, age: Option<Duration>) -> Cookie<'static> {
    let settings = &auth.settings().sessions.cookie;
    let mut cookie = cookie_of(auth, settings.name.clone(), value, age);
    cookie.set_path(settings.path.clone());
    cookie
}

fn access_cookie(auth: &Auth, value: String, age: Option<Duration>) -> Cookie<'static> {
    cookie_of(auth, access_cookie_name(&auth.settings().sessions.cookie), value, age)
}

/// Lives as long as the refresh token's: it is needed to refresh.
fn csrf_cookie(auth: &Auth, value: String, age: Option<Duration>) -> Cookie<'static> {
    let mut cookie = cookie_of(auth, csrf_cookie_name(&auth.settings().sessions.cookie), value, age);
    cookie.set_http_only(false);
    cookie
}

/// A cookie for every path, the application's routes too.
fn cookie_of(auth: &Auth, name: String, value: String, age: Option<Duration>) -> Cookie<'static> {
    let settings = &auth.settings().sessions.cookie;
    // Browsers drop a `__Host-` cookie, a partitioned one, and one with SameSite=None, that is not Secure.
    let must_be_secure = settings.has_prefix() || settings.same_site == SameSite::None || settings.partitioned;
    let mut cookie = Cookie::build((name, value))
        .path("/")
        .http_only(true)
        .same_site(settings.same_site.attribute())
        .secure(auth.settings().is_production() || must_be_secure)
        .build();
    cookie.set_max_age(age);
    if settings.partitioned {
        cookie.set_partitioned(true);
    }
    if let Some(domain) = &settings.domain {
        cookie.set_domain(domain.clone());
    }
    cookie
}

/// Of the cookie that has the access token.
pub(crate) fn access_cookie_name(settings: &CookieSettings) -> String {
    settings.name_of(ACCESS, settings.domain.is_none())
}

/// Of the cookie whose value comes back in `X-CSRFToken`.
pub(crate) fn csrf_cookie_name(settings: &CookieSettings) -> String {
    settings.name_of(CSRF, settings.domain.is_none())
}

fn prefix_of(is_host_only: bool) -> &'static str {
    let [host, secure] = PREFIXES;
    if is_host_only { host } else { secure }
}

/// The name of a cookie as its prefix, if it has one, and the rest.
pub(crate) fn split_name(name: &str) -> (&str, &str) {
    let prefix = PREFIXES.into_iter().find(|prefix| name.starts_with(prefix));
    name.split_at(prefix.map_or(0, str::len))
}

/// Of several, the one that was given out last: after another `sessions.cookie_path` a browser has one for each path and sends
/// both, and the older one would end the session as a replay.
pub(super) fn refresh_token(auth: &Auth, headers: &HeaderMap) -> Option<String> {
    refresh_tokens(auth, headers).pop()
}

/// All of them, oldest first.
pub(super) fn refresh_tokens(auth: &Auth, headers: &HeaderMap) -> Vec<String> {
    let made = |token: &String| auth.tokens().read_refresh(token).map(|claims| (claims.iat, claims.generation)).ok();
    let mut shown = tokens(headers, &auth.settings().sessions.cookie.name);
    if shown.len() > 1 {
        shown.sort_by_cached_key(made);
    }
    shown
}

/// Whether a cookie for the refresh token came along that is too large to be one: nothing but its deletion helps.
pub(super) fn is_oversized(auth: &Auth, headers: &HeaderMap) -> bool {
    let name = &auth.settings().sessions.cookie.name;
    cookies::values(headers, name).any(|value| value.len() > TOKEN_BYTES) && tokens(headers, name).is_empty()
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

/// Lets a request pass whose credential is a cookie with these claims, if it has the token of the session beside it, or of
/// another session of the account whose cookie came along: of cookies of earlier settings, scripts read the oldest first.
///
/// # Errors
/// 403 if not. Without `sessions.access_cookie` no token is asked for: then where a request comes from is all there is to
/// see, and enough for a cookie that is good for refreshing alone.
pub(super) fn check_csrf(auth: &Auth, headers: &HeaderMap, claims: &Claims) -> Result<()> {
    if !auth.settings().sessions.access_cookie {
        return Ok(());
    }
    let check = |session| csrf::check(auth, headers, None, &csrf_name(session));
    check(claims.session).or_else(|refused| {
        let refresh = refresh_tokens(auth, headers).into_iter();
        let refresh = refresh.filter_map(|token| auth.tokens().read_refresh(&token).ok());
        let refresh = refresh.map(|refresh| (refresh.sub, refresh.session));
        let access = tokens(headers, &access_cookie_name(&auth.settings().sessions.cookie)).into_iter();
        let access = access.filter_map(|token| auth.tokens().verify_access(&token, auth.now()).ok());
        let access = access.map(|access| (access.sub, access.session));
        let mut others = refresh.chain(access).filter(|(account, _)| *account == claims.sub);
        if others.any(|(_, session)| check(session).is_ok()) { Ok(()) } else { Err(refused) }
    })
}

/// What names a session to [`csrf`].
fn csrf_name(session: Uuid) -> String {
    format!("session cookies {session}")
}
