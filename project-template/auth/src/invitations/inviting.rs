use axum::http::StatusCode;
use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::Auth;
use crate::account;
use crate::audit::{Event, Kind, Reason};
use crate::db::Tx;
use crate::error::{Error, Result, refusals};
use crate::guests;
use crate::mail::Mail;
use crate::registration;
use crate::templates::mails::Invitation;
use crate::users::{self, Email, NewUser, User};

refusals! {
    /// The role of the account is not in `invitations.allowed_roles`.
    MayNotInvite = FORBIDDEN, "permission_denied", "You do not have permission to perform this action.";
}

/// Whom to invite.
pub(crate) struct Inviting {
    pub(crate) email: Email,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) role: i64,
}

/// The list alone decides: staff are not implied.
pub(crate) fn may_invite(auth: &Auth, role: i64) -> bool {
    auth.settings().invitations.allowed_roles.contains(&role)
}

/// Makes an account without a password, and mails its link. An earlier invitation of the address, and a sign-up that was
/// never confirmed, give way. The inviter is judged by what their account is now, not by a token.
///
/// # Errors
/// 400 if the address has an account, or the role is above the inviter's; 403 if they may not invite, or nobody of the
/// domain may have an account.
pub(crate) async fn invite(auth: &Auth, inviter: Uuid, inviting: Inviting) -> Result<()> {
    let Inviting { email, first_name, last_name, role } = inviting;
    registration::require_allowed(auth, &email)?;
    // Before anything is locked: two who invite each other would wait for each other.
    if users::by_address(auth.db(), &email).await?.is_some_and(|found| !gives_way(auth, &found)) {
        return Err(users::taken());
    }
    let mut tx = auth.db().begin().await?;
    let inviter = users::hold_active(&mut tx, inviter).await?;
    let inviter = inviter.filter(|inviter| may_invite(auth, inviter.role)).ok_or(MayNotInvite)?;
    if role > inviter.role {
        return Err(Error::field("role", "Nobody can give a role above their own."));
    }
    let new =
        NewUser { email_verified: false, language: None, ..NewUser::without_password(email, first_name, last_name) };
    let user = free(auth, &mut tx, &new).await?;
    let lifetime = auth.settings().email_verification.link_lifetime;
    let secret = guests::invite(auth, &mut tx, &user, (role, inviter.id), lifetime).await?;
    let path = format!("/registration/verification/{}/", secret.expose_secret());
    let content = Invitation {
        email: user.email.to_string(),
        inviter: inviter.email.to_string(),
        link: auth.settings().http.link(&path),
        lifetime,
    };
    auth.mail().write(&mut tx, Mail::new(&user, &content).until(auth.now() + lifetime)).await?;
    auth.audit().write(&mut tx, Event::of(Kind::Invited, &user).because(format!("role {role}"))).await?;
    tx.commit().await?;
    Ok(())
}

fn gives_way(auth: &Auth, found: &User) -> bool {
    let is_guest = found.is_guest() && found.is_active;
    is_guest || found.was_guest(auth.now()) || found.is_unconfirmed_sign_up()
}

/// The account as a new one, in place of one that gives way. Whoever asks for the address meanwhile waits.
async fn free(auth: &Auth, tx: &mut Tx, new: &NewUser) -> Result<User> {
    let now = auth.now();
    let found = users::add_or_find(tx, new, now).await?;
    if found.id == new.id {
        return Ok(found);
    }
    let event = Event::of_id(Kind::Deleted, found.id).because(Reason::Invitation);
    if !gives_way(auth, &found) || !account::erase(auth, tx, &found, event).await? {
        return Err(users::taken());
    }
    let user = users::add_or_find(tx, new, now).await?;
    if user.id == new.id { Ok(user) } else { Err(users::taken()) }
}

/// Frees the address of a guest. Staff may revoke what they could have given.
///
/// # Errors
/// 403 if the role is above the admin's; 409 if the invitation was accepted or revoked meanwhile.
pub(crate) async fn revoke(auth: &Auth, admin: &User, guest: Uuid) -> Result<()> {
    let mut tx = auth.db().begin().await?;
    let (user, role) = guests::hold(&mut tx, guest).await?.ok_or_else(over)?;
    if role > admin.role {
        let detail = "Your role does not reach this invitation.";
        return Err(Error::refused(StatusCode::FORBIDDEN, detail, "permission_denied"));
    }
    auth.audit().write(&mut tx, Event::of(Kind::InvitationRevoked, &user).because(format!("role {role}"))).await?;
    if !guests::remove(&mut tx, guest).await? {
        return Err(over());
    }
    tx.commit().await?;
    Ok(())
}

fn over() -> Error {
    let detail = "The invitation was accepted, revoked or replaced meanwhile.";
    Error::refused(StatusCode::CONFLICT, detail, "conflict")
}
