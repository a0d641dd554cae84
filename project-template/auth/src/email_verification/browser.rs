//! The browser that signed up. Its cookie tells whether somebody who confirms the address is who signed up with it: then the
//! password, and what it adds to the account before and after, is theirs, and not an attacker's.

use axum::http::{HeaderMap, HeaderValue};

use super::Mode;
use crate::Auth;
use crate::codes::{RequestId, cookie};

/// 128 random bits, in the link of the sign-up and in the browser's cookie.
pub(crate) type Browser = RequestId;

const COOKIE: &str = "signed_up";

/// For a sign-up with an address that is to be confirmed.
pub(crate) fn mark(auth: &Auth) -> Option<Browser> {
    (auth.settings().email_verification.mode != Mode::None).then(RequestId::random)
}

pub(crate) fn cookie(auth: &Auth, browser: Browser) -> HeaderValue {
    cookie::set(auth, COOKIE, "/registration/", (browser, auth.settings().email_verification.link_lifetime))
}

pub(super) fn kept(auth: &Auth, headers: &HeaderMap) -> Option<Browser> {
    cookie::kept(auth, headers, COOKIE)
}
