//! Rejects requests that a proxy and this server could read differently (RFC 9110, section 5.3; RFC 9112, section 3.2).

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::error::Error;
use crate::languages::text;

const SINGLE: [(&str, &str); 6] = [
    ("host", "Host"),
    ("authorization", "Authorization"),
    ("content-type", "Content-Type"),
    ("content-length", "Content-Length"),
    ("x-csrftoken", "X-CSRFToken"),
    ("x-cron-secret", "X-Cron-Secret"),
];

pub(super) async fn refuse(request: Request, next: Next) -> Response {
    match refusal(request.headers()) {
        Some(error) => error.into_response(),
        None => next.run(request).await,
    }
}

fn refusal(headers: &HeaderMap) -> Option<Error> {
    let is_twice = |name: &str| headers.get_all(name).iter().nth(1).is_some();
    if let Some((_, name)) = SINGLE.into_iter().find(|(name, _)| is_twice(name)) {
        let detail = text!("The request has more than one {name} header.", name = name);
        return Some(Error::refused(StatusCode::BAD_REQUEST, detail, "bad_request"));
    }
    // Nothing here decompresses, and a compressed body must not be read as if it were plain.
    let is_identity = |coding: &[u8]| coding.trim_ascii().eq_ignore_ascii_case(b"identity");
    let coded = headers.get_all(header::CONTENT_ENCODING).iter().find(|coding| !is_identity(coding.as_bytes()))?;
    let coding = String::from_utf8_lossy(coded.as_bytes()).into_owned();
    let detail = text!("Unsupported content coding \"{coding}\" in request.", coding = coding);
    Some(Error::refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail, "unsupported_content_coding"))
}
