//! Reports a completed act once, on the account's page, by a sealed cookie: a URL could be bookmarked or forged.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use super::acts::Act;
use super::gate::{Admin, cookie_name, delete_cookie, set_cookie};
use crate::Auth;
use crate::http::cookies;

const COOKIE: &str = "admin_done";
const SEALED_AS: &str = "admin done";
/// How long a browser may take from the act to the page.
const LIFETIME: Duration = Duration::from_mins(1);

pub(super) fn cookie(auth: &Auth, admin: &Admin, user: Uuid, act: &Act) -> HeaderValue {
    let sealed = auth.tokens().seal(SEALED_AS, plain(admin, user, act).as_bytes(), auth.now());
    set_cookie(auth, COOKIE, &URL_SAFE_NO_PAD.encode(sealed), LIFETIME)
}

pub(super) fn read(auth: &Auth, admin: &Admin, user: Uuid, headers: &HeaderMap) -> Option<&'static Act> {
    let sealed = URL_SAFE_NO_PAD.decode(cookies::value(headers, &cookie_name(auth, COOKIE))?).ok()?;
    let opened = auth.tokens().open(SEALED_AS, &sealed)?;
    let act = std::str::from_utf8(&opened).ok()?.rsplit(' ').next().and_then(Act::named)?;
    (opened.as_slice() == plain(admin, user, act).as_bytes()).then_some(act)
}

pub(super) fn told(auth: &Auth) -> HeaderValue {
    delete_cookie(auth, COOKIE)
}

fn plain(admin: &Admin, user: Uuid, act: &Act) -> String {
    format!("{} {user} {}", admin.session(), act.name)
}
