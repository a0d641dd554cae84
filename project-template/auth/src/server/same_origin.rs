//! Keeps scripts of other origins from reading pages (OWASP ASVS 5.0, 3.4.2 and 3.5), whatever `http.cors_origins`
//! says: with a page's CSRF tokens they could do all that its user can. Lets every origin read the public keys.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::Auth;
use crate::http::{AnyOrigin, SameOrigin};

/// The path whose answers are marked with [`AnyOrigin`]. A script that sends `If-None-Match` has its browser ask first.
const OPEN_PATH: &str = "/.well-known/jwks.json";
const ALLOWED: [(HeaderName, &str); 4] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD"),
    (header::ACCESS_CONTROL_ALLOW_HEADERS, "*"),
    (header::ACCESS_CONTROL_MAX_AGE, "600"),
];

/// Marks every answer of a router of pages.
pub(super) async fn mark(mut response: Response) -> Response {
    response.extensions_mut().insert(SameOrigin);
    response
}

/// Removes from pages the CORS headers that the layer below sets on every answer and preflight.
pub(super) async fn close_pages(State(auth): State<Auth>, request: Request, next: Next) -> Response {
    let is_below = auth.page_paths().any(|path| is_at(request.uri().path(), &path));
    let mut response = next.run(request).await;
    if is_below || response.extensions().get::<SameOrigin>().is_some() {
        for name in [
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
            header::ACCESS_CONTROL_ALLOW_METHODS,
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            header::ACCESS_CONTROL_MAX_AGE,
        ] {
            response.headers_mut().remove(name);
        }
    }
    response
}

/// Lets every origin read marked answers, without credentials. A cache then has one answer for all origins.
pub(super) async fn open_to_all(request: Request, next: Next) -> Response {
    let is_preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
        && request.uri().path() == OPEN_PATH;
    if is_preflight {
        return (StatusCode::NO_CONTENT, ALLOWED).into_response();
    }
    let mut response = next.run(request).await;
    if response.extensions().get::<AnyOrigin>().is_some() {
        let headers = response.headers_mut();
        headers.remove(header::ACCESS_CONTROL_ALLOW_CREDENTIALS);
        headers.remove(header::ACCESS_CONTROL_EXPOSE_HEADERS);
        headers.remove(header::VARY);
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    response
}

fn is_at(path: &str, root: &str) -> bool {
    path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::is_at;

    #[test]
    fn a_path_that_only_begins_alike_is_another_one() {
        assert!(is_at("/admin", "/admin") && is_at("/admin/users/", "/admin"));
        assert!(!is_at("/administration/", "/admin") && !is_at("/", "/admin"));
    }
}
