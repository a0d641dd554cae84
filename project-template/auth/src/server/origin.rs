//! Rejects unsafe requests that a page of another site made a browser send (cross-site request forgery). A browser
//! reports their source in `Sec-Fetch-Site` or `Origin`, which a page cannot forge. Other clients send neither, and
//! carry no cookies that another site could misuse.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::Auth;
use crate::error::Error;
use crate::http::{Settings, csrf, is_allowed};
use crate::pages::Reader;

/// Accepts requests of our own pages, and those of `http.cors_origins` if a script sent them: a page that may call the
/// API must not make its visitors post forms here. A script is recognized by its mode, which a form cannot have.
pub(super) async fn refuse_foreign(State(auth): State<Auth>, request: Request, next: Next) -> Response {
    let settings = &auth.settings().http;
    let is_program = Reader::of(request.headers()) == Reader::Program || is_of_script(request.headers());
    let allowed = if is_program { settings.cors_origins.as_slice() } else { &[] };
    let detail = "CSRF Failed: Origin checking failed; the page's origin is not in `http.cors_origins`.";
    refuse_others(&auth, request, next, allowed, detail).await
}

pub(super) async fn refuse_elsewhere(State(auth): State<Auth>, request: Request, next: Next) -> Response {
    refuse_others(
        &auth,
        request,
        next,
        &[],
        "CSRF Failed: Origin checking failed; these pages take forms of their own.",
    )
    .await
}

async fn refuse_others(
    auth: &Auth,
    request: Request,
    next: Next,
    allowed: &[HeaderValue],
    detail: &'static str,
) -> Response {
    if request.method().is_safe() || is_ours(request.headers(), &auth.settings().http, allowed) {
        return next.run(request).await;
    }
    let refused = Error::refused(StatusCode::FORBIDDEN, detail, csrf::REFUSED);
    Reader::of(request.headers()).refuse(auth, refused).unwrap_or_else(IntoResponse::into_response)
}

/// No page can write this header. `no-cors` is not accepted: a script can send it without asking permission.
fn is_of_script(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-mode").is_some_and(|mode| mode == "cors")
}

fn is_ours(headers: &HeaderMap, settings: &Settings, allowed: &[HeaderValue]) -> bool {
    let origin = headers.get(header::ORIGIN);
    if origin.is_some_and(|origin| is_allowed(allowed, origin)) {
        return true;
    }
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = origin.map(|origin| origin.to_str().unwrap_or_default()) else { return true };
    // A browser too old for Sec-Fetch-Site: our own origin is the public one, or the host it addressed.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    settings.public_url.as_ref().is_some_and(|url| url.origin() == origin)
        || host.is_some_and(|host| origin.split_once("://").is_some_and(|(_, authority)| authority == host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(headers: &[(&'static str, &str)]) -> bool {
        let settings = crate::Settings::load(
            std::path::Path::new("settings.toml"),
            "[http]\npublic_url = \"https://Auth.example.com:443/base\"\ncors_origins = [\"https://App.example.com:443\"]",
            &std::collections::BTreeMap::new(),
        );
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        {
            let settings = settings.unwrap().http;
            is_ours(&headers, &settings, &settings.cors_origins)
        }
    }

    #[test]
    fn a_client_that_is_no_browser_passes() {
        assert!(ours(&[]));
        assert!(ours(&[("host", "auth.example.com")]));
    }

    #[test]
    fn a_page_of_the_same_origin_and_an_allowed_one_pass() {
        assert!(ours(&[("sec-fetch-site", "same-origin"), ("origin", "https://auth.example.com")]));
        assert!(ours(&[("sec-fetch-site", "cross-site"), ("origin", "https://app.example.com")]));
        assert!(ours(&[("origin", "https://auth.example.com")]));
        assert!(ours(&[("origin", "http://127.0.0.1:8000"), ("host", "127.0.0.1:8000")]));
    }

    #[test]
    fn pages_of_other_sites_sandboxes_and_look_alikes_are_refused() {
        for headers in [
            &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")][..],
            &[("sec-fetch-site", "same-site"), ("origin", "https://other.example.com")],
            &[("origin", "null")],
            &[("origin", "https://app.example.com.evil.example")],
            &[("origin", "https://evil-app.example.com"), ("host", "auth.example.com")],
            &[("sec-fetch-site", "cross-site"), ("origin", "http://127.0.0.1:8000"), ("host", "127.0.0.1:8000")],
        ] {
            assert!(!ours(headers), "{headers:?}");
        }
    }
}
