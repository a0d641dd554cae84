//! Another proof of identity within a session: `auth_time` becomes now, and `amr` has the method too.

use axum::http::{HeaderName, HeaderValue};
use axum::response::AppendHeaders;
use uuid::Uuid;

use super::authentication::{Method, Methods};
use super::issuing::issue;
use super::{DbUser, Holder, Issued, cookies, store};
use crate::Auth;
use crate::db::Tx;
use crate::error::Result;
use crate::http::Client;

/// Records that the user of a session proved who they are by these methods, within a transaction. Returns the session's
/// tokens: another access token, and the refresh token it has. None if the session has ended.
pub(crate) async fn prove(
    auth: &Auth,
    tx: &mut Tx,
    user: &DbUser,
    client: &Client,
    shown: &Methods,
) -> Result<Option<Issued>> {
    let now = auth.now();
    let Some(methods) = store::methods(tx, user.session).await? else { return Ok(None) };
    let methods = Methods::parse(&methods).with(shown).to_text();
    let session = store::prove(tx, (user.session, user.id), &methods, now).await?;
    Ok(session.map(|session| {
        let claims = session.user_claims();
        issue(auth, &session, (Holder::from(&user.user), &claims), client, now)
    }))
}

/// Whether the user of a session proved who they are by two factors.
pub(crate) async fn has_second_factor(auth: &Auth, session: Uuid) -> Result<bool> {
    let session = store::by_id(auth.db(), session).await?;
    Ok(session.is_some_and(|session| Methods::parse(&session.methods).has(Method::Several)))
}

/// The cookies of another access token, where it travels in one. Without the refresh token's: it has not changed, and an
/// access token must not be exchanged for it.
pub(crate) fn access_cookies(auth: &Auth, issued: Issued) -> Vec<(HeaderName, HeaderValue)> {
    let refresh = format!("{}=", auth.settings().sessions.cookie.name);
    let AppendHeaders(mut cookies) = cookies::set(auth, issued, false);
    cookies.retain(|(_, cookie)| !cookie.as_bytes().starts_with(refresh.as_bytes()));
    cookies
}
