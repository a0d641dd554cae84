//! HTML pages for people: [`show`] answers with one of [`crate::templates::pages`].
//!
//! Their policy admits only styles and scripts with the response's nonce, images and fonts of this origin, and requests
//! and forms to it. Each page works without its script. No script of another origin can read one, whatever
//! `http.cors_origins` says.

mod lost;
mod reader;
mod target;

use axum::Extension;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::rand::{self, SystemRandom};
use serde::Serialize;

pub(crate) use lost::lost;
pub use reader::Reader;
pub(crate) use target::is_target;

use crate::Auth;
use crate::error::Result;
use crate::http::SameOrigin;
use crate::languages::{self, Language};
use crate::templates::Page;

/// Under `no-referrer` a form sends `Origin: null` (Fetch standard); without `Sec-Fetch-Site` we would refuse it.
const REFERRER_POLICY: &str = "same-origin";
/// The standard asks for 128 bits (CSP 3, section 7.1).
const NONCE_BYTES: usize = 16;

/// Answers with a page.
pub fn show<P: Page>(auth: &Auth, status: StatusCode, page: &P) -> Result<Response> {
    show_leading_to(auth, status, page, None)
}

/// As [`show`], for a form answered by a redirect to another origin, to which `form-action` applies too.
pub fn show_leading_to<P: Page>(
    auth: &Auth,
    status: StatusCode,
    page: &P,
    elsewhere: Option<&str>,
) -> Result<Response> {
    let nonce = nonce()?;
    let language = if P::DECLARED.is_translated() { languages::speaking() } else { Language::english() };
    let html = auth.templates().page(page, language, &nonce)?;
    answer(status, html, &nonce, elsewhere)
}

/// Answers with a page of the application's own: a template (Jinja) that can begin with
/// `{% extends "pages/page_layout.html" %}`, rendered with `values`, which are escaped. Its styles and scripts carry
/// `nonce="{{ nonce }}"`; others are blocked, as on every page here.
///
/// ```
/// use auth::{Auth, CurrentUser, Result, pages};
/// use axum::extract::State;
/// use axum::http::StatusCode;
/// use axum::response::Response;
/// use serde_json::json;
///
/// const TEAM: &str = "{% extends \"pages/page_layout.html\" %}{% block content %}<h1>{{ team }}</h1>{% endblock %}";
///
/// async fn team(State(auth): State<Auth>, _: CurrentUser) -> Result<Response> {
///     pages::show_own(&auth, StatusCode::OK, TEAM, &json!({ "team": "Analytical Engines" }))
/// }
/// ```
///
/// # Errors
/// If the text is no template, or names a variable that has no value.
pub fn show_own(auth: &Auth, status: StatusCode, html: &str, values: &impl Serialize) -> Result<Response> {
    let nonce = nonce()?;
    let html = auth.templates().own_page(html, values, languages::speaking(), &nonce)?;
    answer(status, html, &nonce, None)
}

fn answer(status: StatusCode, html: String, nonce: &str, elsewhere: Option<&str>) -> Result<Response> {
    let elsewhere = elsewhere.and_then(origin).map(|origin| format!(" {origin}")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; \
         form-action 'self'{elsewhere}; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
    );
    let policy = HeaderValue::from_str(&policy).map_err(anyhow::Error::new)?;
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static(REFERRER_POLICY)),
    ];
    Ok((status, Extension(SameOrigin), headers, Html(html)).into_response())
}

pub(crate) fn nonce() -> Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(random::<NONCE_BYTES>()?))
}

pub(crate) fn is_nonce(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == NONCE_BYTES)
}

fn random<const BYTES: usize>() -> anyhow::Result<[u8; BYTES]> {
    Ok(rand::generate(&SystemRandom::new()).map_err(|_| anyhow::anyhow!("no random bytes"))?.expose())
}

/// The scheme and authority of a web address; only the scheme of an app's address.
fn origin(url: &str) -> Option<&str> {
    let scheme = url.find("://")?;
    if !matches!(&url[..scheme], "http" | "https") {
        return Some(&url[..=scheme]);
    }
    let authority = scheme + 3;
    let end = url[authority..].find(['/', '?', '#']).map_or(url.len(), |end| authority + end);
    Some(&url[..end])
}
