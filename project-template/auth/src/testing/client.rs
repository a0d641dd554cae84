//! A client that calls the application without a network, and keeps cookies as a browser does.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::TestApp;
use super::instances::Instances;

const REFRESH: &str = "refresh_token";
const HTML: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// A response.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body: JSON, or its text as a JSON string.
    pub body: Value,
}

impl Reply {
    /// The value of a header; empty if it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// A member of the body; empty if it is missing or not a text.
    #[must_use]
    pub fn text(&self, member: &str) -> &str {
        self.body[member].as_str().unwrap_or_default()
    }
}

/// A client with the access token and the refresh cookie that it was issued.
#[derive(Clone)]
pub struct Client {
    pub(super) app: TestApp,
    pub(super) instances: Option<Arc<Instances>>,
    /// Sent as `Authorization: Bearer` unless empty.
    pub access: String,
    /// Sent as the refresh cookie unless empty.
    pub refresh: String,
    /// The other cookies, by name.
    pub cookies: BTreeMap<String, String>,
    /// Sent with every request.
    pub headers: Vec<(String, String)>,
    /// The client's IP address. Without one, limits per address do not apply.
    pub address: Option<IpAddr>,
}

impl Client {
    pub(super) fn new(app: TestApp, instances: Option<Arc<Instances>>) -> Self {
        Self {
            app,
            instances,
            access: String::new(),
            refresh: String::new(),
            cookies: BTreeMap::new(),
            headers: Vec::new(),
            address: None,
        }
    }

    /// Sends every request from this address from now on.
    #[must_use]
    pub fn from_address(mut self, address: &str) -> Self {
        self.address = Some(address.parse().expect("an IP address"));
        self
    }

    /// Sends a header with every request from now on.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same client with other tokens; an empty one is not sent.
    #[must_use]
    pub fn holding(&self, access: &str, refresh: &str) -> Self {
        Self { access: access.to_owned(), refresh: refresh.to_owned(), ..self.clone() }
    }

    /// Refreshes, and keeps the tokens of the answer.
    pub async fn refresh(&mut self) -> Reply {
        let reply = self.post("/jwt-allauth/refresh/", &json!({})).await;
        self.keep(reply)
    }

    /// Keeps the tokens in a response.
    pub fn keep(&mut self, reply: Reply) -> Reply {
        if let Some(access) = reply.body["access"].as_str() {
            access.clone_into(&mut self.access);
        }
        if let Some(refresh) = reply.body["refresh"].as_str() {
            refresh.clone_into(&mut self.refresh);
        }
        if let Some(refresh) = refresh_cookie(&reply) {
            self.refresh = refresh;
        }
        for (name, value) in cookies(&reply).filter(|(name, _)| !name.ends_with(REFRESH)) {
            if value.is_empty() {
                self.cookies.remove(&name)
            } else {
                self.cookies.insert(name, value)
            };
        }
        reply
    }

    /// Follows a link as a browser does, but no redirect, and keeps the cookies of the response.
    pub async fn visit(&mut self, path: &str) -> Reply {
        let request = Request::get(path).header(header::ACCEPT, HTML);
        let reply = self.send_raw(request.body(Body::empty()).expect("a valid request")).await;
        self.keep(reply)
    }

    /// Posts the form of a page as a browser does, and keeps the cookies of the response.
    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path)
            .header(header::ACCEPT, HTML)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let reply = self.send_raw(request.body(body.into()).expect("a valid request")).await;
        self.keep(reply)
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::POST, path, Some(body)).await
    }

    /// PATCH with a JSON body.
    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PATCH, path, Some(body)).await
    }

    /// DELETE, with a JSON body if one is given.
    pub async fn delete(&self, path: &str, body: Option<&Value>) -> Reply {
        self.send(Method::DELETE, path, body).await
    }

    /// Sends a request as if from a network, with the client's tokens and headers.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Reply {
        let request = Request::builder().method(method).uri(path);
        let request = if body.is_some() { request.header(header::CONTENT_TYPE, "application/json") } else { request };
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send_raw(request.body(body).expect("a valid request")).await
    }

    /// Sends a request built by the test, with the client's tokens and headers.
    pub async fn send_raw(&self, mut request: Request<Body>) -> Reply {
        if let Some(address) = self.address {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from((address, 40_000))));
        }
        let headers = request.headers_mut();
        if !self.access.is_empty() {
            headers.insert(header::AUTHORIZATION, format!("Bearer {}", self.access).parse().expect("a header"));
        }
        let mut cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !self.refresh.is_empty() {
            cookies.push(format!("{}={}", self.app.auth.settings().sessions.cookie.name, self.refresh));
        }
        if !cookies.is_empty() {
            headers.insert(header::COOKIE, cookies.join("; ").parse().expect("a header"));
        }
        for (name, value) in &self.headers {
            let name: header::HeaderName = name.parse().expect("a header's name");
            headers.append(name, value.parse().expect("a header's value"));
        }
        let Ok(response) = self.app.router.clone().oneshot(request).await;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a whole body").to_bytes();
        let body = match serde_json::from_slice(&bytes) {
            Ok(value) => value,
            Err(_) if bytes.is_empty() => Value::Null,
            Err(_) => Value::String(String::from_utf8_lossy(&bytes).into_owned()),
        };
        Reply { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}

fn cookies(reply: &Reply) -> impl Iterator<Item = (String, String)> {
    let cookies = reply.headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.filter_map(|cookie| {
        let (name, value) = cookie.split(';').next()?.split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    })
}

fn refresh_cookie(reply: &Reply) -> Option<String> {
    // Cookies of earlier settings come first, and are deleted.
    cookies(reply).filter(|(name, _)| name.ends_with(REFRESH)).last().map(|(_, value)| value)
}
