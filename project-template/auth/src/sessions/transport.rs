use std::convert::Infallible;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{Issued, cookies, twins};
use crate::Auth;
use crate::http::Fields;
use crate::openapi::bodies;
use crate::settings::Choice;

/// In bytes, of a cookie or a field that holds a token.
pub(super) const TOKEN_BYTES: usize = 4096;

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

/// How the answer to a request transports tokens: as the settings say, or as `Prefer` (RFC 7240) asks.
#[derive(Clone, Copy, Debug)]
pub struct Delivery {
    transport: Transport,
    pub(super) has_twins: bool,
}

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
        let transport = wish.unwrap_or(auth.settings().sessions.transport);
        Ok(Self { transport, has_twins: twins::came_along(auth, &parts.headers) })
    }
}

bodies! {
    /// Tokens.
    #[schema(example = json!({
        "access": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl",
        "expires_in": 1800,
    }))]
    pub(crate) struct Tokens {
        /// To be sent as `Authorization: Bearer`.
        access: String,
        /// Seconds until the access token expires.
        expires_in: u32,
        /// To be exchanged at `refresh/`; missing if it is in the cookie.
        #[schema(required = false)]
        refresh: String,
    }
}

/// The header a [`Delivery`] is read from.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes a header")]
pub(crate) struct Prefer {
    /// `token`: the refresh token in the body. `cookies`: in the cookie. Otherwise as `sessions.transport` is set.
    #[param(rename = "Prefer", required = false, inline, example = "token")]
    prefer: Preference,
}

#[derive(utoipa::ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "it describes a header")]
enum Preference {
    Token,
    Cookies,
}

impl Delivery {
    /// In a cookie if the token came in one, whatever was asked for: an injected script must not read it from the body.
    pub(super) fn of_successor(self, presented: Transport) -> Self {
        if presented == Transport::Cookie { Self { transport: Transport::Cookie, ..self } } else { self }
    }

    /// An answer with tokens, and other members beside them.
    #[must_use]
    pub fn answer(self, auth: &Auth, status: StatusCode, issued: Issued, others: Value) -> Response {
        let mut body = others;
        body["access"] = json!(issued.access);
        body["expires_in"] = json!((issued.access_until - issued.at).whole_seconds());
        match self.transport {
            Transport::Body => {
                body["refresh"] = json!(issued.refresh);
                (status, Json(body)).into_response()
            }
            Transport::Cookie => (status, cookies::set(auth, issued, self.has_twins), Json(body)).into_response(),
        }
    }
}

pub(crate) fn presented(auth: &Auth, headers: &HeaderMap, fields: &mut Fields) -> Option<(String, Transport)> {
    if fields.has("refresh") {
        return fields.text("refresh").filter(|token| token.len() <= TOKEN_BYTES).map(|token| (token, Transport::Body));
    }
    cookies::refresh_token(auth, headers).map(|token| (token, Transport::Cookie))
}
