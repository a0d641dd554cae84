//! The browser that signed up. Its cookie tells whether somebody who confirms the address is who signed up with it: then what
//! was added to the account before is theirs, and not an attacker's.

use axum::http::{HeaderMap, HeaderValue};

use super::Mode;
use crate::Auth;
use crate::codes::{RequestId, cookie};

/// 128 random bits, in the link of the sign-up and in the browser's cookie.
pub(crate) type Browser = RequestId;

const COOKIE: &str = "signed_up";

/// For a sign-up after which something can be added to the account before its address is confirmed. `role` is that of the
/// new account.
pub(crate) fn mark(auth: &Auth, role: i64) -> Option<Browser> {
    let settings = auth.settings();
    let is_marked = match settings.email_verification.mode {
        Mode::None => false,
        Mode::Optional => true,
        Mode::Mandatory => settings.mfa.is_required_of(role),
    };
    is_marked.then(RequestId::random)
}

pub(crate) fn cookie(auth: &Auth, browser: Browser) -> HeaderValue {
    cookie::set(auth, COOKIE, "/registration/", (browser, auth.settings().email_verification.link_lifetime))
}

pub(super) fn kept(auth: &Auth, headers: &HeaderMap) -> Option<Browser> {
    cookie::kept(auth, headers, COOKIE)
}
