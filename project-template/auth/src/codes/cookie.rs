//! The cookie that keeps the request for a code in a browser.

use axum::http::{HeaderMap, HeaderValue, header};
use axum_extra::extract::cookie::{self, Cookie};

use super::RequestId;
use crate::app::Auth;
use crate::http::Fields;

/// Characters of a request, at most.
const LIMIT: usize = 64;

/// The cookie of a request, for the paths that take its code.
pub(crate) fn set(auth: &Auth, name: &'static str, path: &str, request: RequestId) -> HeaderValue {
    let settings = auth.settings();
    let same_site = settings.sessions.cookie.same_site.attribute();
    let cookie = Cookie::build((name, request.to_text()))
        .path(format!("{}{path}", settings.http.prefix))
        .http_only(true)
        .same_site(same_site)
        .secure(settings.is_production() || same_site == cookie::SameSite::None)
        .max_age(time::Duration::try_from(settings.codes.lifetime).unwrap_or(time::Duration::ZERO))
        .build();
    HeaderValue::from_str(&cookie.to_string()).expect("a name, a number and a path of settings fit a header")
}

/// The request that is named by the body's member `request`, else by the cookie.
pub(crate) fn shown(fields: &mut Fields, headers: &HeaderMap, name: &str) -> Option<RequestId> {
    let named = fields.optional_text("request", LIMIT);
    named.and_then(|text| RequestId::parse(&text)).or_else(|| held(headers, name))
}

fn held(headers: &HeaderMap, name: &str) -> Option<RequestId> {
    let sent = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = sent.flat_map(Cookie::split_parse).filter_map(Result::ok);
    cookies.find(|cookie| cookie.name() == name).and_then(|cookie| RequestId::parse(cookie.value()))
}

/// Whether the answer is to have what was made in its body, by `Prefer: return=representation` (RFC 7240, section 4.2).
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
