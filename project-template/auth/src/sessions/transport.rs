//! How tokens reach a client: the refresh token in an HttpOnly cookie, or in the body.

use std::convert::Infallible;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::{self, Cookie};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::Issued;
use crate::app::Auth;
use crate::http::Fields;
use crate::openapi::bodies;
use crate::settings::{Choice, Section};

/// The largest value accepted of a cookie or a field that holds a refresh token.
const TOKEN_BYTES: usize = 4096;

/// How the refresh token travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// In an HttpOnly cookie, never in a body.
    Cookie,
    /// In the JSON body.
    Body,
}

impl Choice for Transport {
    const NAMES: &[(&str, Self)] = &[("cookie", Self::Cookie), ("body", Self::Body)];
}

/// The `SameSite` attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the attribute's own words")]
pub enum SameSite {
    Strict,
    Lax,
    None,
}

impl Choice for SameSite {
    const NAMES: &[(&str, Self)] = &[("strict", Self::Strict), ("lax", Self::Lax), ("none", Self::None)];
}

/// The attributes of the refresh token's cookie.
#[derive(Clone, Debug)]

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

/// How the answer to a request is to carry tokens: as the settings say, or as `Prefer` (RFC 7240) asks.
#[derive(Clone, Copy, Debug)]
pub struct Delivery(Transport);

impl FromRequestParts<Auth> for Delivery {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, auth: &Auth) -> Result<Self, Infallible> {
        let wishes = parts.headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        let wish = wishes.flat_map(|value| value.split(',')).find_map(|wish| {
            // Parameters may follow (RFC 7240, section 2); none is known here.
            let name = wish.split(';').next().unwrap_or_default().trim();
            let is = |known| name.eq_ignore_ascii_case(known);
            if is("token") { Some(Transport::Body) } else { is("cookies").then_some(Transport::Cookie) }
        });
        Ok(Self(wish.unwrap_or(auth.settings().sessions.transport)))
    }
}

bodies! {
    /// Tokens.
    #[schema(example = json!({ "access": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl" }))]
    pub(crate) struct Tokens {
        /// To be sent as `Authorization: Bearer`.
        access: String,
        /// To be exchanged at `refresh/`; only where it does not travel in the cookie.
        #[schema(required = false)]
        refresh: String,
    }
}

/// The header a [`Delivery`] is read from.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes a header")]
pub(crate) struct Prefer {
    /// `token`: the refresh token in the body. `cookies`: in the cookie. Anything else: as `sessions.transport` says.
    #[param(rename = "Prefer", required = false, example = "token")]
    prefer: String,
}

impl Delivery {
    /// The delivery of a token's successor. One that came in a cookie goes back in a cookie whatever is asked for: a
    /// script that got into a page must not be able to have the cookie read out to it.
    pub(super) fn of_successor(self, presented: Transport) -> Self {
        if presented == Transport::Cookie { Self(Transport::Cookie) } else { self }
    }

    /// An answer with tokens, and other members beside them.
    #[must_use]
    pub fn answer(self, auth: &Auth, status: StatusCode, issued: Issued, others: Value) -> Response {
        let mut body = others;
        body["access"] = json!(issued.access);
        match self.0 {
            Transport::Body => {
                body["refresh"] = json!(issued.refresh);
                (status, Json(body)).into_response()
            }
            Transport::Cookie => {
                let cookie = refresh_cookie(auth, issued.refresh, issued.refresh_until);
                (status, [(header::SET_COOKIE, cookie)], Json(body)).into_response()
            }
        }
    }
}

fn refresh_cookie(auth: &Auth, token: String, until: OffsetDateTime) -> HeaderValue {
    set_cookie(auth, token, until - auth.now())
}

/// The header that deletes the cookie.
pub(crate) fn cleared(auth: &Auth) -> HeaderValue {
    set_cookie(auth, String::new(), Duration::ZERO)
}

fn set_cookie(auth: &Auth, value: String, max_age: Duration) -> HeaderValue {
    let settings = &auth.settings().sessions.cookie;
    let same_site = match settings.same_site {
        SameSite::Strict => cookie::SameSite::Strict,
        SameSite::Lax => cookie::SameSite::Lax,
        SameSite::None => cookie::SameSite::None,
    };
    // Browsers drop a `__Host-` cookie, and one with SameSite=None, that is not Secure.
    let must_be_secure = settings.name.starts_with("__") || settings.same_site == SameSite::None;
    let mut cookie = Cookie::build((settings.name.clone(), value))
        .path(settings.path.clone())
        .http_only(true)
        .same_site(same_site)
        .secure(auth.settings().is_production() || must_be_secure)
        .max_age(max_age);
    if let Some(domain) = &settings.domain {
        cookie = cookie.domain(domain.clone());
    }
    HeaderValue::from_str(&cookie.to_string()).expect("settings and tokens are checked to fit a header")
}

/// The refresh token a request shows, and how it came: the body's member `refresh`, else the cookie.
pub(crate) fn presented(auth: &Auth, headers: &HeaderMap, fields: &mut Fields) -> Option<(String, Transport)> {
    if fields.has("refresh") {
        return fields.text("refresh").filter(|token| token.len() <= TOKEN_BYTES).map(|token| (token, Transport::Body));
    }
    let jar = axum_extra::extract::CookieJar::from_headers(headers);
    let cookie = jar.get(&auth.settings().sessions.cookie.name)?;
    let value = cookie.value();
    (!value.is_empty() && value.len() <= TOKEN_BYTES).then(|| (value.to_owned(), Transport::Cookie))
}
