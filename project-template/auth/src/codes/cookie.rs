use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use axum_extra::extract::cookie::{self, Cookie};

use super::RequestId;
use crate::Auth;
use crate::http::{Fields, cookies};

const LIMIT: usize = 64;

/// Limited to the paths that take the code.
pub(crate) fn set(
    auth: &Auth,
    name: &'static str,
    path: &str,
    (request, lifetime): (RequestId, Duration),
) -> HeaderValue {
    let settings = auth.settings();
    let same_site = settings.sessions.cookie.same_site.attribute();
    let cookie = Cookie::build((name_in(auth, name), request.to_text()))
        .path(format!("{}{path}", settings.http.prefix))
        .http_only(true)
        .same_site(same_site)
        .secure(
            settings.is_production() || same_site == cookie::SameSite::None || settings.sessions.cookie.has_prefix(),
        )
        .max_age(time::Duration::try_from(lifetime).unwrap_or(time::Duration::ZERO))
        .build();
    cookies::header(&cookie)
}

/// The cookie has a path, so it is never `__Host-`.
fn name_in(auth: &Auth, name: &str) -> String {
    auth.settings().sessions.cookie.name_of(name, false)
}

pub(crate) fn shown(auth: &Auth, fields: &mut Fields, headers: &HeaderMap, name: &str) -> Option<RequestId> {
    let named = fields.optional_text("request", LIMIT);
    named.and_then(|text| RequestId::parse(&text)).or_else(|| kept(auth, headers, name))
}

pub(crate) fn kept(auth: &Auth, headers: &HeaderMap, name: &str) -> Option<RequestId> {
    RequestId::parse(&cookies::value(headers, &name_in(auth, name))?)
}

/// `Prefer: return=representation` (RFC 7240, section 4.2).
pub(crate) fn is_wanted(headers: &HeaderMap) -> bool {
    let wishes = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    wishes.flat_map(|value| value.split(',')).any(|wish| {
        let wish = wish.split(';').next().unwrap_or_default();
        wish.split_once('=').is_some_and(|(name, value)| {
            name.trim().eq_ignore_ascii_case("return")
                && value.trim().trim_matches('"').eq_ignore_ascii_case("representation")
        })
    })
}
