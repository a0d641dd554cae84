use axum::http::HeaderMap;
use secrecy::SecretString;

use crate::Auth;
use crate::db::Tx;
use crate::email_verification;
use crate::error::{Error, Result};
use crate::guests::{self, Guest, Shown};
use crate::hooks;
use crate::mail::Recipient;
use crate::notices;
use crate::passwords::capability::{Capability, INVITATION};
use crate::sessions::EmailNotVerified;
use crate::throttle;
use crate::users::{self, User};

/// # Errors
/// 401 if the cookie is missing, or no longer good.
pub(super) async fn held(auth: &Auth, headers: &HeaderMap) -> Result<(Capability, Guest)> {
    let capability = Capability::shown(auth, &INVITATION, headers)?;
    let guest = guests::by_capability(auth, &capability.secret).await?.ok_or(Error::CapabilityNotValid)?;
    Ok((capability, guest))
}

/// Makes the account its owner's. None if another request was first, or the invitation cannot be accepted any more.
pub(super) async fn accept(auth: &Auth, guest: &Guest, password: SecretString) -> Result<Option<User>> {
    let password_hash = &auth.passwords().hash(password).await?;
    let mut tx = auth.db().begin().await?;
    let Some(user) = conclude(auth, &mut tx, &Shown::Link { guest, password_hash }).await? else { return Ok(None) };
    tx.commit().await?;
    Ok(Some(user))
}

/// Accepts the invitation of a guest whose mailbox was proven by other means than its link, such as a provider that
/// vouches for the address: the account becomes its owner's, verified, with the role of the invitation and without a password.
///
/// None if the account is not a guest's any more: another request was first, or the invitation has expired and the account
/// is gone. Look the address up again then.
///
/// ```no_run
/// # use auth::{Auth, Result, users::User};
/// # async fn f(auth: &Auth, address: &str) -> Result<Option<User>> {
/// // The provider vouches for the address, which the browser has proven to it.
/// match auth::users::by_email(auth, address).await? {
///     Some(user) if user.is_guest() => auth::invitations::mailbox_proven(auth, &user).await,
///     found => Ok(found),
/// }
/// # }
/// ```
///
/// # Errors
/// 401 `email_not_verified` if the invitation cannot be accepted: who invited may not give its role any more.
pub async fn mailbox_proven(auth: &Auth, guest: &User) -> Result<Option<User>> {
    let mut tx = auth.db().begin().await?;
    let Some(held) = users::hold_active(&mut tx, guest.id).await?.filter(User::is_guest) else { return Ok(None) };
    if held.was_guest(auth.now()) {
        guests::remove(&mut tx, held.id).await?;
        tx.commit().await?;
        return Ok(None);
    }
    let user = conclude(auth, &mut tx, &Shown::Mailbox(&held)).await?.ok_or(EmailNotVerified)?;
    tx.commit().await?;
    Ok(Some(user))
}

async fn conclude(auth: &Auth, tx: &mut Tx, shown: &Shown<'_>) -> Result<Option<User>> {
    let Some((user, invited_by)) = guests::accept(auth, tx, shown).await? else { return Ok(None) };
    // What others did with the address before is none of its owner's.
    email_verification::discard(tx, &user.email).await?;
    throttle::forgive(tx, user.email.key()).await?;
    if let Some((inviter, language)) = users::address_of(tx, invited_by).await? {
        let inviter = Recipient::new(&inviter, language.as_deref());
        notices::invitation_accepted(auth, tx, inviter, &user.email).await?;
    }
    hooks::registered(auth, tx, &user);
    Ok(Some(user))
}
