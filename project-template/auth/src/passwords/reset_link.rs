//! Links to set a password, for every room that mails one. `password_reset` opens them.

use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::Auth;
use crate::codes::{self, ReturnTo};
use crate::db::Tx;
use crate::error::Result;
use crate::mail::Mail;
use crate::templates::mails::{EarlierPassword, PassReset};
use crate::users::User;

pub(crate) const PURPOSE: &str = "password_reset";

/// The path of a new link, which replaces the one before. Setting a password with it leads to `next`.
pub(crate) async fn issue(auth: &Auth, tx: &mut Tx, owner: (Uuid, i64), next: &ReturnTo) -> Result<String> {
    codes::forget(tx, PURPOSE, owner.0).await?;
    let secret = auth.codes().issue(tx, PURPOSE, owner, next, auth.settings().password.reset_lifetime).await?;
    Ok(format!("/password/reset/confirm/{}/{}/", owner.0.simple(), secret.expose_secret()))
}

pub(crate) async fn send(auth: &Auth, tx: &mut Tx, user: &User) -> Result<()> {
    let lifetime = auth.settings().password.reset_lifetime;
    let path = issue(auth, tx, (user.id, user.auth_version), &ReturnTo::default()).await?;
    let link = auth.settings().http.link(&path);
    let content = PassReset { email: user.email.to_string(), link, lifetime };
    auth.mail().write(tx, Mail::new(user, &content).until(auth.now() + lifetime)).await
}

/// Notifies the reader of an account's mail that its password is older than the proof, and mails a link to set another.
pub(crate) async fn offer_own(auth: &Auth, tx: &mut Tx, user: &User, is_void: bool, next: &ReturnTo) -> Result<String> {
    let lifetime = auth.settings().password.reset_lifetime;
    let path = issue(auth, tx, (user.id, user.auth_version), next).await?;
    let content =
        EarlierPassword { email: user.email.to_string(), is_void, link: auth.settings().http.link(&path), lifetime };
    auth.mail().write(tx, Mail::new(user, &content)).await?;
    Ok(path)
}
