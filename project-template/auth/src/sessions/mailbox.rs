//! Whether the user of a session reads the account's mail. An attacker who signed up with another person's address does not.

use uuid::Uuid;

use super::authentication::{Method, Methods};
use super::{DbUser, store};
use crate::Auth;
use crate::db::Tx;
use crate::error::Result;
use crate::users;

/// Whether what the user of a session adds to the account is proven. Call it in a transaction that holds the account.
pub(crate) async fn reads_mail(auth: &Auth, tx: &mut Tx, user: &DbUser) -> Result<bool> {
    let methods = store::methods(tx, user.session).await?.unwrap_or_default();
    reads_mail_by(auth, tx, user.id, &methods).await
}

/// As [`reads_mail`], for a user who has proven who they are by these methods.
pub(crate) async fn reads_mail_by(auth: &Auth, tx: &mut Tx, user: Uuid, methods: &str) -> Result<bool> {
    let has_shown = Methods::parse(methods).has(Method::Mail) && !auth.hooks().delivers_codes();
    Ok(users::is_read_by(tx, user, has_shown).await?)
}

/// For a session whose account gets another address: what it showed was of the earlier one.
pub(crate) async fn forget_mail(tx: &mut Tx, session: Uuid) -> Result<()> {
    let Some(methods) = store::methods(tx, session).await? else { return Ok(()) };
    let others = Methods::parse(&methods).without(Method::Mail);
    Ok(store::set_methods(tx, session, &others.to_text()).await?)
}
