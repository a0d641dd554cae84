//! The session's cookies: the refresh token and, with `sessions.access_cookie`, the access token and a CSRF token.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::AppendHeaders;
use axum_extra::extract::cookie::{self, Cookie};
use time::Duration;
use uuid::Uuid;

use super::transport::TOKEN_BYTES;
use super::{Issued, twins};
use crate::Auth;
use crate::error::Result;
use crate::http::{self, cookies, csrf};
use crate::settings::{Choice, Section, Sections};
use crate::tokens::Claims;

const ACCESS: &str = "access_token";
/// Scripts read it and send it back in `X-CSRFToken`. Not `csrftoken`, which the form for a new password uses.
const CSRF: &str = "csrf_access_token";
const PREFIXES: [&str; 2] = ["__Host-", "__Secure-"];

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
    pub prefix: Prefix,
}

/// When cookie names begin with `__Host-` or `__Secure-` (RFC 6265bis, section 4.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// In production.
    Production,
    /// Only if `sessions.cookie_name` itself has one.
    Off,
}

impl Choice for Prefix {
    const NAMES: &[(&str, Self)] = &[("production", Self::Production), ("off", Self::Off)];
}

impl CookieSettings {
    pub(crate) fn add_prefix(&mut self) {
        if self.prefix == Prefix::Production && !self.has_prefix() {
            self.name = format!("{}{}", prefix_of(self.path == "/" && self.domain.is_none()), self.name);
        }
    }

    pub(super) fn is_of_one_host_in_production(&self) -> bool {
        let mut there = self.clone();
        there.add_prefix();
        there.name.starts_with(prefix_of(true))
    }

    /// Browsers drop a cookie whose domain does not include the host that sets it.
    pub(crate) fn refuse_lost(&self, http: &http::Settings, sections: &mut Sections) {
        let (Some(domain), Some(url)) = (&self.domain, &http.public_url) else { return };
        if !url.is_within(domain) {
            let problem = format_args!("must be the host of http.public_url or a domain that it is in, not {domain:?}");
            sections.section("sessions").conflict("cookie_domain", &["http.public_url"], problem);
        }
    }

    /// `is_host_only`: the cookie has the path `/` and no domain, so no other host of the domain can have set it.
    pub(crate) fn name_of(&self, name: &str, is_host_only: bool) -> String {
        if self.has_prefix() { format!("{}{name}", prefix_of(is_host_only)) } else { name.to_owned() }
    }

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

/// Deletions of stale cookies of the same names come first.
pub(super) fn set(auth: &Auth, issued: Issued, has_twins: bool) -> SetCookies {
    // Without an age, the browser drops a cookie when it is closed.
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

pub(crate) fn cleared(auth: &Auth) -> SetCookies {
    headers(&empty(auth))
}

pub(super) fn all_cleared(auth: &Auth, sent: &HeaderMap) -> SetCookies {
    let mut cookies = if twins::came_along(auth, sent) { twins::deletions(auth) } else { Vec::new() };
    cookies.extend(empty(auth));
    headers(&cookies)
}

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

/// Lasts as long as the refresh token's cookie: refreshing needs it.
fn csrf_cookie(auth: &Auth, value: String, age: Option<Duration>) -> Cookie<'static> {
    let mut cookie = cookie_of(auth, csrf_cookie_name(&auth.settings().sessions.cookie), value, age);
    cookie.set_http_only(false);
    cookie
}

fn cookie_of(auth: &Auth, name: String, value: String, age: Option<Duration>) -> Cookie<'static> {
    let settings = &auth.settings().sessions.cookie;
    // Browsers reject prefixed, partitioned and SameSite=None cookies that are not Secure.
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

pub(crate) fn access_cookie_name(settings: &CookieSettings) -> String {
    settings.name_of(ACCESS, settings.domain.is_none())
}

pub(crate) fn csrf_cookie_name(settings: &CookieSettings) -> String {
    settings.name_of(CSRF, settings.domain.is_none())
}

fn prefix_of(is_host_only: bool) -> &'static str {
    let [host, secure] = PREFIXES;
    if is_host_only { host } else { secure }
}

pub(crate) fn split_name(name: &str) -> (&str, &str) {
    let prefix = PREFIXES.into_iter().find(|prefix| name.starts_with(prefix));
    name.split_at(prefix.map_or(0, str::len))
}

/// The newest: after a change of `cookie_path`, browsers also send older ones, which would end the session as a replay.
pub(super) fn refresh_token(auth: &Auth, headers: &HeaderMap) -> Option<String> {
    refresh_tokens(auth, headers).pop()
}

pub(super) fn refresh_tokens(auth: &Auth, headers: &HeaderMap) -> Vec<String> {
    let made = |token: &String| auth.tokens().read_refresh(token).map(|claims| (claims.iat, claims.generation)).ok();
    let mut shown = tokens(headers, &auth.settings().sessions.cookie.name);
    if shown.len() > 1 {
        shown.sort_by_cached_key(made);
    }
    shown
}

/// Whether the refresh token's cookie is too large to be a token, so that only its deletion helps.
pub(super) fn is_oversized(auth: &Auth, headers: &HeaderMap) -> bool {
    let name = &auth.settings().sessions.cookie.name;
    cookies::values(headers, name).any(|value| value.len() > TOKEN_BYTES) && tokens(headers, name).is_empty()
}

pub(super) fn access_token(auth: &Auth, headers: &HeaderMap) -> Option<String> {
    if auth.settings().sessions.access_cookie {
        tokens(headers, &access_cookie_name(&auth.settings().sessions.cookie)).pop()
    } else {
        None
    }
}

fn tokens(headers: &HeaderMap, name: &str) -> Vec<String> {
    cookies::values(headers, name).filter(|value| !value.is_empty() && value.len() <= TOKEN_BYTES).collect()
}

/// Without `access_cookie` none is required: a cookie that can only refresh is safe with the check of the origin. The
/// token of another session whose cookie was sent counts: with cookies of earlier settings, scripts read the oldest.
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

fn csrf_name(session: Uuid) -> String {
    format!("session cookies {session}")
}
