use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::gate::{Visitor, cookie_name, delete_cookie, set_cookie};
use crate::Auth;
use crate::http::cookies;

/// How long a browser may take from the act to the page.
const LIFETIME: Duration = Duration::from_mins(1);

/// Reports a completed act once, on the page that is `about` the same, by a sealed cookie: a URL could be bookmarked or
/// forged.
pub(crate) struct Done<'a> {
    pub(crate) about: &'a str,
    pub(crate) act: &'a str,
}

impl Done<'_> {
    pub(crate) fn cookie(&self, auth: &Auth, visitor: &Visitor) -> HeaderValue {
        let sealed = auth.tokens().seal(&visitor.place.name("done"), self.plain(visitor).as_bytes(), auth.now());
        set_cookie(auth, visitor.place, visitor.place.done_cookie(), &URL_SAFE_NO_PAD.encode(sealed), LIFETIME)
    }

    /// The name of the act.
    pub(crate) fn read(auth: &Auth, visitor: &Visitor, about: &str, headers: &HeaderMap) -> Option<String> {
        let sealed =
            URL_SAFE_NO_PAD.decode(cookies::value(headers, &cookie_name(auth, visitor.place.done_cookie()))?).ok()?;
        let opened = auth.tokens().open(&visitor.place.name("done"), &sealed)?;
        let act = std::str::from_utf8(&opened).ok()?.rsplit(' ').next()?;
        (opened.as_slice() == Done { about, act }.plain(visitor).as_bytes()).then(|| act.to_owned())
    }

    /// Deletes the cookie.
    pub(crate) fn told(auth: &Auth, visitor: &Visitor) -> HeaderValue {
        delete_cookie(auth, visitor.place, visitor.place.done_cookie())
    }

    fn plain(&self, visitor: &Visitor) -> String {
        format!("{} {} {}", visitor.session(), self.about, self.act)
    }
}
