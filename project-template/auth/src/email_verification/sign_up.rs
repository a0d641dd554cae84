use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::mails;
use super::{AGAIN, FIRST, FURTHER, Mode, NOTHING, SILENT, Wish, subject};
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::codes::{self, Asked, Limits, RequestId, Subject};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::guests;
use crate::hooks;
use crate::login;
use crate::mail::{Leaves, Recipient};
use crate::notices;
use crate::sessions::{self, Challenge};
use crate::users::{self, Email, NewUser, User};

const NOTICE: &str = "sign-up notice";
/// Limits the mails to the owner of an address about attempts to sign up with it.
const NOTICE_LIMITS: Limits =
    Limits { cooldown: Duration::from_hours(1), sends: u32::MAX, lockout: Duration::from_hours(1) };
/// Sign-ups that may wait for the confirmation of one address. It also bounds the mails that anyone can cause.
const FURTHER_LIMIT: u64 = 5;

#[derive(Serialize, Deserialize)]
pub(super) struct Held {
    /// The sign-up it confirms, unless that is the first.
    pub(super) further: Option<Further>,
    pub(super) wish: Wish,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Further {
    pub(super) password_hash: String,
    pub(super) first_name: String,
    pub(super) last_name: String,
}

pub(crate) async fn begin(auth: &Auth, tx: &mut Tx, user: &User, wish: &Wish) -> Result<()> {
    let settings = &auth.settings().email_verification;
    if settings.mode == Mode::None || user.email_verified {
        return Ok(());
    }
    let limits = Limits::from(&auth.settings().codes);
    let code = auth.codes().ask(tx, subject(&user.email), limits).await?;
    let owner = (user.id, user.auth_version);
    let held = Held { further: None, wish: wish.clone() };
    let link = auth.codes().issue(tx, FIRST, owner, &held, settings.link_lifetime).await?;
    mails::queue(auth, tx, user, &link, code.as_ref().map(|asked| &asked.code), Leaves::Yes).await
}

enum Found {
    /// No account.
    Nobody,
    /// An unconfirmed sign-up, with this many further ones.
    Waiting { further: u64 },
    /// Must not change. May be unconfirmed, if it was imported, invited, used or given a role: no sign-up sets its password. The
    /// first sign-up is remembered, see `login::attempt`.
    Owner { is_first: bool },
}

/// The answer and its time are the same if there is an account already; the reader of the mail is notified.
pub(crate) async fn sign_up(auth: &Auth, new: NewUser, wish: Wish) -> Result<(RequestId, Option<Challenge>)> {
    let (now, remembered) = (auth.now(), !wish.forgotten);
    let mut tx = auth.db().begin().await?;
    let mut user = users::add_or_find(&mut tx, &new, now).await?;
    // An invitation holds the address no longer than it can be accepted.
    if user.was_guest(now) {
        guests::remove(&mut tx, user.id).await?;
        user = users::add_or_find(&mut tx, &new, now).await?;
    }
    let waits = user.id == new.id || user.is_unconfirmed_sign_up();
    let counted = if waits { (FURTHER, user.id) } else { login::attempt::place_of(&new.email) };
    let earlier = auth.codes().count_live(&mut tx, counted.0, counted.1).await?;
    let found = match &user {
        user if user.id == new.id => Found::Nobody,
        _ if waits => Found::Waiting { further: earlier },
        user if !auth.settings().registration.hide_existing => {
            auth.audit().note(Event::of(Kind::SignUpRefused, user).because(Reason::AddressTaken));
            return Err(users::taken());
        }
        _ => Found::Owner { is_first: earlier == 0 },
    };
    let subject = subject(&new.email);
    let code = auth.codes().ask(&mut tx, subject, Limits::from(&auth.settings().codes)).await?;
    let request = code.as_ref().map_or_else(RequestId::random, |asked| asked.request);
    let first = Some(&user).filter(|_| matches!(found, Found::Nobody));
    let challenge = sessions::demand_setup(auth, &mut tx, (new.role, first), &new.email, remembered).await?;
    let noticed = if matches!(found, Found::Owner { .. }) { user.id } else { Uuid::now_v7() };
    let notice = auth.codes().request(&mut tx, Subject::of(NOTICE, noticed), NOTICE_LIMITS).await?;
    let waiting = (user.id, user.auth_version);
    let (purpose, owner, leaves) = match found {
        // Sent in any case: there is one per account, and earlier requests for mails cannot prevent it.
        Found::Nobody => (FIRST, waiting, Leaves::Yes),
        // Sent however soon: users without a mail of their own would take another's for it.
        Found::Waiting { further } if further < FURTHER_LIMIT => (FURTHER, waiting, Leaves::Yes),
        Found::Waiting { .. } => (SILENT, waiting, Leaves::No),
        Found::Owner { .. } => (NOTHING, (subject.id(), 0), notice.is_some().into()),
    };
    let password_hash = new.password_hash.unwrap_or_default();
    let further =
        Further { password_hash: password_hash.clone(), first_name: new.first_name, last_name: new.last_name };
    let held = Held { further: matches!(found, Found::Waiting { .. }).then_some(further), wish };
    let lifetime = auth.settings().email_verification.link_lifetime;
    // The statement runs in any case. Links of further sign-ups stay.
    let replaced = if purpose == FURTHER { NOTHING } else { purpose };
    codes::forget(&mut tx, replaced, owner.0).await?;
    let link = match found {
        Found::Owner { is_first: true } => login::attempt::remember(auth, &mut tx, &new.email, password_hash).await?,
        _ => auth.codes().issue(&mut tx, purpose, owner, &held, lifetime).await?,
    };
    let to = Recipient::new(&new.email, user.language.as_deref());
    match found {
        Found::Owner { .. } => tell_owner(auth, &mut tx, &user, leaves).await?,
        _ => mails::queue(auth, &mut tx, to, &link, code.as_ref().map(|asked| &asked.code), leaves).await?,
    }
    // One row in any case, so that the time reveals nothing.
    let event = match found {
        Found::Nobody => Event::of(Kind::SignUp, &user),
        Found::Waiting { .. } => Event::of(Kind::SignUp, &user).because(Reason::Again),
        Found::Owner { .. } => Event::of(Kind::SignUpRefused, &user).because(Reason::AddressTaken),
    };
    auth.audit().write(&mut tx, event).await?;
    if matches!(found, Found::Nobody) {
        hooks::registered(auth, &mut tx, &user);
    }
    tx.commit().await?;
    Ok((request, challenge))
}

/// If the address is not waiting, it does the same and takes as long.
pub(crate) async fn resend(auth: &Auth, email: &Email, wish: Wish) -> Result<RequestId> {
    let waiting = users::by_address(auth.db(), email).await?.filter(is_waiting);
    let subject = subject(email);
    let limits = Limits::from(&auth.settings().codes);
    let mut tx = auth.db().begin().await?;
    let Some(Asked { code, request }) = auth.codes().ask(&mut tx, subject, limits).await? else {
        return Err(Error::Throttled(auth.codes().wait(tx, subject, limits).await?.0));
    };
    let purpose = if waiting.is_some() { AGAIN } else { NOTHING };
    let owner = waiting.as_ref().map_or((subject.id(), 0), |user| (user.id, user.auth_version));
    let to = waiting.as_ref().map_or_else(|| email.into(), Recipient::from);
    codes::forget(&mut tx, purpose, owner.0).await?;
    let lifetime = auth.settings().email_verification.link_lifetime;
    let held = Held { further: None, wish };
    let link = auth.codes().issue(&mut tx, purpose, owner, &held, lifetime).await?;
    mails::queue(auth, &mut tx, to, &link, Some(&code), waiting.is_some().into()).await?;
    let event = Event::at(Kind::CodeSent, email, waiting.as_ref().map(|user| user.id)).because(Reason::Verification);
    auth.audit().write(&mut tx, event).await?;
    tx.commit().await?;
    Ok(request)
}

/// Whether a mail can confirm the account's address. That of a guest is confirmed by the invitation alone.
pub(super) fn is_waiting(user: &User) -> bool {
    !user.email_verified && user.is_active && !user.is_guest()
}

/// A guest has a mail already, and no password to forget.
pub(crate) async fn tell_owner(auth: &Auth, tx: &mut Tx, user: &User, leaves: Leaves) -> Result<()> {
    let leaves = Leaves::from(leaves == Leaves::Yes && user.is_active && !user.is_guest());
    notices::account_exists(auth, tx, user, leaves).await
}

/// Notifies the owner that their address was requested, unless they were notified recently.
pub(crate) async fn notify_owner(auth: &Auth, tx: &mut Tx, user: &User) -> Result<()> {
    let granted = auth.codes().request(tx, Subject::of(NOTICE, user.id), NOTICE_LIMITS).await?;
    tell_owner(auth, tx, user, granted.is_some().into()).await
}
