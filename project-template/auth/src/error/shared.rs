//! Refusals that several rooms use, and an application may.

use super::refusals;

refusals! { pub:
    /// The body is no JSON, or has too many members or levels.
    BodyNotParsed = BAD_REQUEST, "parse_error", "JSON parse error - expected value at line 1 column 1";
    /// The connection ended before the body did.
    BodyNotRead = BAD_REQUEST, "body_not_read", "The request body is too large or was cut off.";
    /// No credential was shown.
    NotAuthenticated = UNAUTHORIZED, "not_authenticated", "Authentication credentials were not provided.";
    /// The link behind the cookie has been used, is expired, or was replaced by a newer one.
    LinkNotValid = UNAUTHORIZED, "link_not_valid", "This link is no longer valid. Please ask for a new one.";
    /// `Authorization` has the scheme `Bearer`, and not one token after it.
    BadAuthorizationHeader =
        UNAUTHORIZED, "bad_authorization_header", "Authorization header must contain two space-delimited values";
    /// The token is not one of ours, expired, of the wrong kind, used before, or its session is over.
    TokenNotValid = UNAUTHORIZED, "token_not_valid", "Token is invalid or expired";
    /// The request comes from a page of a site that `http.cors_origins` does not name, or its credential is a cookie
    /// and `X-CSRFToken` is missing or wrong.
    ForeignOrigin = FORBIDDEN, "csrf_failed",
        "CSRF Failed: Origin checking failed; the page's origin is not in `http.cors_origins`.";
    /// There is no such thing, or not for this client.
    NotFound = NOT_FOUND, "not_found", "Not found.";
    /// The body did not come within `http.request_timeout`.
    TimedOut = REQUEST_TIMEOUT, "timeout", "The request took too long.";
    /// The server took longer than `http.request_timeout`; whether it did what was asked is not known. `Retry-After`
    /// says when to try again.
    TookTooLong = SERVICE_UNAVAILABLE, "timeout", "The server took too long. Please try again.";
    /// The account was changed by another request at the same time.
    Conflict = CONFLICT, "conflict", "The account was changed at the same time. Please try again.";
    /// The body is larger than `http.body_limit`.
    BodyTooLarge = PAYLOAD_TOO_LARGE, "body_not_read", "The request body is too large or was cut off.";
    /// The body is no JSON by its `Content-Type`.
    NotJson = UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Unsupported media type \"text/plain\" in request.";
    /// Too often. `Retry-After` says when it is possible again.
    Throttled = TOO_MANY_REQUESTS, "throttled", "Request was throttled. Expected available in 60 seconds.";
    /// The link is used, expired or was never sent.
    UnknownLink = NOT_FOUND, "link_not_valid", "This link is no longer valid.";
    /// The code is wrong, used or expired.
    CodeNotValid = BAD_REQUEST, "code_not_valid", "This code is invalid or has expired.";
    /// The server has more to do than it can; nothing has happened. `Retry-After` says when to try again.
    Busy = SERVICE_UNAVAILABLE, "busy", "The server is busy. Please try again.";
}
