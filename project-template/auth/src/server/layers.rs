use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::HttpBody;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};
use tracing::Instrument;
use uuid::Uuid;

use super::{ambiguity, forwarding, origin, same_origin, timeout};
use crate::Auth;
use crate::error::Error;
use crate::error::shared::BodyTooLarge;
use crate::http::{client, is_allowed};
use crate::languages::{self, text};
use crate::pages::{self, Reader};
use crate::request::{self, Origin};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; form-action 'self'";

/// Two years, as recommended for browsers' preload lists.
const HSTS: &str = "max-age=63072000; includeSubDomains";

pub(crate) fn outer_layers(app: Router, auth: &Auth) -> Router {
    let http = &auth.settings().http;
    let app = app
        .layer(middleware::from_fn_with_state(http.request_timeout, timeout::limit))
        .layer(CatchPanicLayer::custom(|_| Error::Internal(anyhow::anyhow!("a handler panicked")).into_response()));
    // Without an allowed origin there are no CORS headers, and browsers deny all access.
    let app = if http.cors_origins.is_empty() {
        app
    } else {
        app.layer(cors(&http.cors_origins))
            .layer(middleware::from_fn_with_state(auth.clone(), same_origin::close_pages))
    };
    let app = app.layer(middleware::from_fn(same_origin::open_to_all));
    app.layer(middleware::from_fn(ambiguity::refuse)).layer(middleware::from_fn_with_state(auth.clone(), observe))
}

pub(crate) fn api_layers(api: Router<Auth>, auth: &Auth) -> Router<Auth> {
    bounded(api, auth)
        .layer(middleware::from_fn_with_state(auth.clone(), origin::refuse_foreign))
        .layer(middleware::map_response(forbid_storing))
}

impl Auth {
    /// Layers for a router of pages: they accept forms of our own pages only, no other origin can read them, whatever
    /// `http.cors_origins` says, and no cache keeps them.
    ///
    /// ```no_run
    /// use auth::Auth;
    /// use axum::Router;
    /// use axum::routing::post;
    ///
    /// fn router(auth: Auth) -> Router {
    ///     let pages = Router::new().route("/basket/", post(add));
    ///     Router::new().merge(auth.page_layers(pages)).merge(auth.router()).with_state(auth)
    /// }
    ///
    /// async fn add() -> &'static str {
    ///     "added"
    /// }
    /// ```
    pub fn page_layers(&self, pages: Router<Self>) -> Router<Self> {
        bounded(pages, self)
            .layer(middleware::from_fn_with_state(self.clone(), origin::refuse_elsewhere))
            .layer(middleware::map_response(forbid_storing))
            .layer(middleware::map_response(same_origin::mark))
    }
}

fn bounded(routes: Router<Auth>, auth: &Auth) -> Router<Auth> {
    let limit = auth.settings().http.body_limit;
    routes.layer(DefaultBodyLimit::max(limit)).layer(middleware::from_fn_with_state(limit, refuse_announced))
}

/// Does not wait for a body that is announced to be too large.
async fn refuse_announced(State(limit): State<usize>, request: Request, next: Next) -> Response {
    if !request.method().is_safe() && request.body().size_hint().lower() > limit as u64 {
        return Error::from(BodyTooLarge).into_response();
    }
    next.run(request).await
}

/// Answers carry tokens and personal data: no cache may store them (RFC 6749, section 5.1).
async fn forbid_storing(mut response: Response) -> Response {
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// An allowed origin may do what our own pages may. Each route decides which methods and headers it accepts.
fn cors(origins: &[HeaderValue]) -> CorsLayer {
    let origins = origins.to_vec();
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| is_allowed(&origins, origin)))
        .allow_credentials(true)
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([header::RETRY_AFTER, REQUEST_ID])
        .max_age(std::time::Duration::from_mins(10))
}

async fn observe(State(auth): State<Auth>, request: Request, next: Next) -> Response {
    let id = Uuid::now_v7();
    // The route, not the path: a path can hold the secret of a link.
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or("-", MatchedPath::as_str);
    let span = tracing::info_span!("request", %id, method = %request.method(), route);
    let (method, uri, reader) = (request.method().clone(), request.uri().clone(), Reader::of(request.headers()));
    let timing = auth.metrics().request(&method, matched.as_ref().map(MatchedPath::as_str));
    let started = Instant::now();
    forwarding::notice(&auth.settings().http, &request);
    let keeps_address = auth.settings().sessions.collect_device;
    let ip = client::address_of(&auth, request.extensions(), request.headers()).filter(|_| keeps_address);
    let origin = Origin { request: Some(id), ip, actor: None };
    let language = auth.languages().of_request(request.headers());
    let answering = async {
        let response = next.run(request).await;
        let is_nowhere =
            response.status() == StatusCode::NOT_FOUND && !response.headers().contains_key(header::CONTENT_TYPE);
        let lost = if is_nowhere { pages::lost(&auth, reader, &method, &uri) } else { None };
        let mut response = lost.unwrap_or_else(|| explain(response, &method));
        languages::declare(response.headers_mut());
        response
    };
    let answering = request::of_request(origin, auth.languages().answering_in(language, answering));
    let mut response = answering.instrument(span.clone()).await;
    span.in_scope(|| {
        tracing::debug!(status = response.status().as_u16(), micros = started.elapsed().as_micros(), "answered");
    });
    timing.answered(response.status(), response.extensions().get::<Arc<Error>>().map(AsRef::as_ref));

    let status = response.status();
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    let mut default = |name, value| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(header::REFERRER_POLICY, "no-referrer");
    default(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    default(CROSS_ORIGIN_OPENER_POLICY, "same-origin");
    if status.is_client_error() || status.is_server_error() {
        // A resource that is missing now may exist later, and caches may keep a 404 (RFC 9111, section 4.2.2).
        default(header::CACHE_CONTROL, "no-store");
    }
    if auth.settings().is_production() {
        default(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    response
}

/// Gives an empty 404 or 405 from the router or a layer the body of all other errors.
fn explain(response: Response, method: &Method) -> Response {
    if response.headers().contains_key(header::CONTENT_TYPE) {
        return response;
    }
    let (detail, code) = match response.status() {
        StatusCode::NOT_FOUND => ("Not found.".into(), "not_found"),
        StatusCode::METHOD_NOT_ALLOWED => {
            (text!("Method \"{method}\" not allowed.", method = method.as_str()), "method_not_allowed")
        }
        _ => return response,
    };
    let (mut parts, _) = response.into_parts();
    let body = Error::refused(parts.status, detail, code).into_response();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.extend(body.headers().clone());
    Response::from_parts(parts, body.into_body())
}
