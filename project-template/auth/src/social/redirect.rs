//! The server's own redirects, for pages and apps without a library of OpenID Connect: `social/PROVIDER/login/` sends a
//! browser to the provider, which sends it back to `social/PROVIDER/callback/`.

use std::net::SocketAddr;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;
use uuid::Uuid;

use super::connect::connect;
use super::journey::{self, Aim, Journey, SocialLoginNotValid, depart, value_of};
use super::provider::Provider;
use super::routes::{Named, find};
use super::sign_in::{self, Entrance};
use crate::Auth;
use crate::codes::ReturnTo;
use crate::error::{Error, Result, refusals};
use crate::http::Client;
use crate::openapi::{Api, handler, page_at};
use crate::pages::{self, Reader};
use crate::sessions::{self, DbUser, Delivery, SignIn};
use crate::templates::pages::SignedIn;
use crate::throttle::Action;

/// In bytes, of what Apple posts about a name.
const USER_LIMIT: usize = 1024;

refusals! {
    /// A second factor is due, and no page of the application can ask for it.
    Challenged = FORBIDDEN, "challenged",
        "Signing in to this account takes another step. Please sign in on the page of the application.";
}

pub(super) fn add(api: Api) -> Api {
    let api = page_at(api, "/social/{provider}/login/", get(handler!(begin)));
    let api = page_at(api, "/social/{provider}/callback/", get(handler!(finish)));
    page_at(api, "/social/signed-in/", get(handler!(signed_in)))
}

/// Apple posts its answer, from a page of its own: outside the layers that refuse forms of other sites. It changes nothing:
/// the browser is led to the same path by GET, with the cookie that it does not send with a foreign form.
pub(crate) fn posted_router(prefix: &str, body_limit: usize) -> Api {
    let posted = post(handler!(posted)).layer(DefaultBodyLimit::max(body_limit));
    page_at(Api::default(), &format!("{prefix}/social/{{provider}}/callback/"), posted)
}

async fn begin(
    State(auth): State<Auth>,
    provider: Named,
    client: Client,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    Reader::Person.answer(&auth, sent(&auth, &provider, &client, &headers, &query.unwrap_or_default()).await)
}

async fn sent(auth: &Auth, provider: &str, client: &Client, headers: &HeaderMap, query: &str) -> Result<Response> {
    let id = find(auth, provider)?.id();
    let path = auth.settings().http.path(&format!("/social/{id}/login/?{query}"));
    if let Some(address) = at_localhost(auth, headers, &path) {
        return led(&address, []);
    }
    let next = next(auth, query)?;
    let forgotten = value_of(query, "remember").as_deref() == Some("false");
    match depart(auth, client, provider, Aim::SignIn { next: next.clone(), forgotten }).await {
        Ok(departure) => led(&departure.address, [(header::SET_COOKIE, departure.cookie)]),
        Err(error) => back(auth, &next, error),
    }
}

/// The same page at `localhost`, for a browser that opened it at 127.0.0.1 in development: a provider sends it back to
/// `localhost`, where it does not send the cookies of 127.0.0.1.
pub(crate) fn at_localhost(auth: &Auth, headers: &HeaderMap, path: &str) -> Option<String> {
    let settings = &auth.settings().http;
    let host: SocketAddr = headers.get(header::HOST)?.to_str().ok()?.parse().ok()?;
    let is_other = settings.prefer_localhost && settings.public_url.is_none() && host.ip().is_loopback();
    is_other.then(|| format!("http://localhost:{}{path}", host.port()))
}

/// Where the address is allowed: `http.return_urls`.
fn next(auth: &Auth, query: &str) -> Result<ReturnTo> {
    let Some(text) = value_of(query, "next").filter(|text| !text.is_empty()) else { return Ok(ReturnTo::default()) };
    let next: ReturnTo = serde_json::from_value(Value::String(text)).map_err(anyhow::Error::new)?;
    if next.address(&auth.settings().http).is_none() {
        return Err(Error::field("next", "This return address is not allowed."));
    }
    Ok(next)
}

async fn posted(State(auth): State<Auth>, provider: Named, body: Bytes) -> Result<Response> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(&body) {
        if ["state", "code", "error", "iss"].contains(&&*name) || (name == "user" && value.len() <= USER_LIMIT) {
            query.append_pair(&name, &value);
        }
    }
    let path = format!("/social/{}/callback/?{}", find(&auth, &provider)?.id(), query.finish());
    // Its address has the code.
    led(&auth.settings().http.path(&path), [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))])
}

async fn finish(
    State(auth): State<Auth>,
    provider: Named,
    client: Client,
    delivery: Delivery,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    let answer = finished(&auth, &provider, (&client, delivery), &headers, &query.unwrap_or_default()).await;
    Reader::Person.answer(&auth, answer)
}

async fn finished(
    auth: &Auth,
    provider: &str,
    (client, delivery): (&Client, Delivery),
    headers: &HeaderMap,
    query: &str,
) -> Result<Response> {
    let provider = find(auth, provider)?;
    let found = Journey::find(auth, provider, headers, query).await?.ok_or(SocialLoginNotValid)?;
    if let Aim::Page(path) = &found.aim {
        return led(&format!("{path}?{query}"), [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))]);
    }
    auth.throttle().limit_client(Action::Social, client).await?;
    let journey = Journey::take(auth, provider, headers, query).await?.ok_or(SocialLoginNotValid)?;
    let mut answer = match &journey.aim {
        Aim::SignIn { next, forgotten } => {
            let entrance = Entrance { forgotten: *forgotten, ..Entrance::default() };
            let sign_in = signed_in_by(auth, provider, client, (&journey, query), entrance).await;
            match sign_in {
                Ok(sign_in) => welcome(auth, delivery, next, sign_in)?,
                Err(error) => back(auth, next, error)?,
            }
        }
        Aim::Connect { session, path } => connected(auth, provider, (&journey, query), (*session, path)).await?,
        Aim::Page(_) => return Err(SocialLoginNotValid.into()),
    };
    answer.headers_mut().append(header::SET_COOKIE, journey::over(auth));
    Ok(answer)
}

/// The end of a journey whose aim is a page of this server.
///
/// # Errors
/// 400 `social_login_not_valid`; 403 `access_denied`; those of the other ways to sign in with a provider.
pub(crate) async fn sign_in_to_page(
    auth: &Auth,
    provider: &str,
    client: &Client,
    (headers, query): (&HeaderMap, &str),
    entrance: Entrance,
) -> Result<SignIn> {
    let provider = find(auth, provider)?;
    auth.throttle().limit_client(Action::Social, client).await?;
    let journey = Journey::take(auth, provider, headers, query).await?;
    let journey = journey.filter(|journey| matches!(journey.aim, Aim::Page(_))).ok_or(SocialLoginNotValid)?;
    signed_in_by(auth, provider, client, (&journey, query), entrance).await
}

async fn signed_in_by(
    auth: &Auth,
    provider: &Provider,
    client: &Client,
    (journey, query): (&Journey, &str),
    entrance: Entrance,
) -> Result<SignIn> {
    let identity = journey.arrive(auth, provider, query).await;
    sign_in::sign_in(auth, client, provider.id(), identity, entrance).await
}

fn welcome(auth: &Auth, delivery: Delivery, next: &ReturnTo, sign_in: SignIn) -> Result<Response> {
    let settings = auth.settings();
    let page = next.address(&settings.http).or_else(|| settings.social.redirect.clone());
    match (page, &sign_in) {
        (Some(page), _) => sign_in.redirect(auth, delivery, &page),
        (None, SignIn::Session(_)) => sign_in.redirect(auth, delivery, &settings.http.path("/social/signed-in/")),
        (None, SignIn::Challenge(_)) => Err(Challenged.into()),
    }
}

/// The browser is the one of the session: its cookie says so. That of the pages is not sent by a browser that comes from
/// another site.
async fn connected(
    auth: &Auth,
    provider: &Provider,
    (journey, query): (&Journey, &str),
    (session, path): (Uuid, &str),
) -> Result<Response> {
    let user = sessions::live_user(auth, session, auth.now()).await?.ok_or_else(sessions::session_over)?;
    let identity = journey.arrive(auth, provider, query).await?;
    connect(auth, &DbUser { user, session }, provider.id(), identity).await?;
    let page = SignedIn { connected: Some(provider.settings().name.clone()), next: Some(path.to_owned()) };
    pages::show(auth, StatusCode::OK, &page)
}

/// An error goes to the page that sent the browser, as a code; without one, it is a page.
fn back(auth: &Auth, next: &ReturnTo, error: Error) -> Result<Response> {
    let Some(address) = next.address(&auth.settings().http) else { return Reader::Person.refuse(auth, error) };
    let code = error.code();
    if let Error::Internal(_) = error {
        return Err(error);
    }
    let separator = if address.contains('?') { '&' } else { '?' };
    led::<0>(&format!("{address}{separator}error={code}"), [])
}

fn led<const N: usize>(address: &str, headers: [(HeaderName, HeaderValue); N]) -> Result<Response> {
    let location = HeaderValue::try_from(address).map_err(anyhow::Error::new)?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)], axum::response::AppendHeaders(headers)).into_response())
}

async fn signed_in(State(auth): State<Auth>) -> Result<Response> {
    pages::show(&auth, StatusCode::OK, &SignedIn { connected: None, next: None })
}
