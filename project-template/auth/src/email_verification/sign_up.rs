//! Signing up with an address that is to be verified.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::mails;
use super::{AGAIN, FIRST, FURTHER, Mode, NOTHING, SILENT, Wish, subject};
use crate::Auth;
use crate::audit::{self, Event, Kind, Reason};
use crate::codes::{self, Asked, Limits, RequestId, Subject};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::hooks;
use crate::mail::Leaves;
use crate::notices;
use crate::users::{self, Email, NewUser, User};

const NOTICE: &str = "sign-up notice";
/// How often the owner of an address is told that somebody tried to sign up with it.
const NOTICE_LIMITS: Limits =
    Limits { cooldown: Duration::from_hours(1), sends: u32::MAX, lockout: Duration::from_hours(1) };
/// Sign-ups beside the first that wait for the confirmation of one address, and so mails that anybody can have sent to it.
const FURTHER_LIMIT: u64 = 5;

/// What a link holds.
#[derive(Serialize, Deserialize)]
pub(super) struct Held {
    /// The sign-up it confirms, if that is not the first.
    pub(super) further: Option<Further>,
    pub(super) wish: Wish,
}

/// What a sign-up brings that is not the first with its address.
#[derive(Serialize, Deserialize)]
pub(super) struct Further {
    pub(super) password_hash: String,
    pub(super) first_name: String,
    pub(super) last_name: String,
}

/// Sends the first mail to a new account, where the settings want one.
///
/// # Errors
/// If the database cannot be reached.
pub(crate) async fn begin(auth: &Auth, tx: &mut Tx, user: &User, wish: &Wish) -> Result<()> {
    let settings = &auth.settings().email_verification;
    if settings.mode == Mode::None || user.email_verified {
        return Ok(());
    }
    let limits = Limits::from(&auth.settings().codes);
    let code = match Email::parse(&user.email) {
        Some(email) => codes::ask(auth, tx, subject(&email), limits).await?,
        None => None,
    };
    let owner = (user.id, user.auth_version);
    let held = Held { further: None, wish: wish.clone() };
    let link = codes::issue(auth, tx, FIRST, owner, &held, settings.link_lifetime).await?;
    mails::queue(auth, tx, &user.email, &link, code.as_ref().map(|asked| &asked.code), Leaves::Yes).await
}

/// Who already has the address of a sign-up.
enum Found {
    /// Nobody.
    Nobody,
    /// A sign-up that waits for its confirmation, with so many beside it.
    Waiting { further: u64 },
    /// An account, with which nothing may happen. Its address may wait for its confirmation as well: nobody's sign-up is to
    /// bring a password for one that was imported, used or given a role.
    Owner,
}

/// Makes an account that can be used once its address is verified. To the client, and in time, it is the same whether
/// there is an account already; whoever reads the address's mail is told.
///
/// # Errors
/// 400 where the settings let sign-up tell that the address is taken. If the database cannot be reached.
pub(crate) async fn sign_up(auth: &Auth, new: NewUser, wish: Wish) -> Result<RequestId> {
    let now = auth.now();
    let mut tx = auth.db().begin().await?;
    let user = users::store::insert_or_find(&mut tx, &new, now).await?;
    let further = codes::count_live(&mut tx, FURTHER, user.id, now).await?;
    let found = match &user {
        user if user.id == new.id => Found::Nobody,
        user if user.is_unconfirmed_sign_up() => Found::Waiting { further },
        user if !auth.settings().registration.hide_existing => {
            audit::note(auth, Event::of(Kind::SignUpRefused, user).because(Reason::AddressTaken));
            return Err(users::taken());
        }
        _ => Found::Owner,
    };
    let subject = subject(&new.email);
    let code = codes::ask(auth, &mut tx, subject, Limits::from(&auth.settings().codes)).await?;
    let request = code.as_ref().map_or_else(RequestId::random, |asked| asked.request);
    let noticed = if matches!(found, Found::Owner) { user.id } else { Uuid::now_v7() };
    let notice = codes::request(auth, &mut tx, Subject::of(NOTICE, noticed), NOTICE_LIMITS).await?;
    let waiting = (user.id, user.auth_version);
    let (purpose, owner, leaves) = match found {
        // Sent in any case: there is one for each account, and nobody can prevent it by asking for mails before.
        Found::Nobody => (FIRST, waiting, Leaves::Yes),
        // However soon: without a mail of their own, people would take another's for it.
        Found::Waiting { further } if further < FURTHER_LIMIT => (FURTHER, waiting, Leaves::Yes),
        Found::Waiting { .. } => (SILENT, waiting, Leaves::No),
        Found::Owner => (NOTHING, (subject.id(), 0), notice.is_some().into()),
    };
    let to = new.email.as_written().to_owned();
    let further = Further {
        password_hash: new.password_hash.unwrap_or_default(),
        first_name: new.first_name,
        last_name: new.last_name,
    };
    let held = Held { further: matches!(found, Found::Waiting { .. }).then_some(further), wish };
    let lifetime = auth.settings().email_verification.link_lifetime;
    // One stands for all of them, but of further sign-ups each has its own. A statement in any case.
    let replaced = if purpose == FURTHER { NOTHING } else { purpose };
    codes::forget(&mut tx, replaced, owner.0).await?;
    let link = codes::issue(auth, &mut tx, purpose, owner, &held, lifetime).await?;
    match found {
        Found::Owner => tell_owner(auth, &mut tx, &user, leaves).await?,
        _ => mails::queue(auth, &mut tx, &to, &link, code.as_ref().map(|asked| &asked.code), leaves).await?,
    }
    // One row in any case, since whoever times this must learn nothing.
    let event = match found {
        Found::Nobody => Event::of(Kind::SignUp, &user),
        Found::Waiting { .. } => Event::of(Kind::SignUp, &user).because(Reason::Again),
        Found::Owner => Event::of(Kind::SignUpRefused, &user).because(Reason::AddressTaken),
    };
    audit::record(auth, &mut tx, event).await?;
    if matches!(found, Found::Nobody) {
        hooks::registered(auth, &mut tx, &user);
    }
    tx.commit().await?;
    Ok(request)
}

/// Sends the mail again, if the address waits for its confirmation. It does the same, and takes as long, if it does not.
///
/// # Errors
/// How long to wait, where the address had its share of mails. If the database cannot be reached.
pub(crate) async fn resend(auth: &Auth, email: &Email, wish: Wish) -> Result<RequestId> {
    let waiting = users::store::by_email(auth.db(), email).await?.filter(|user| !user.email_verified && user.is_active);
    let subject = subject(email);
    let limits = Limits::from(&auth.settings().codes);
    let mut tx = auth.db().begin().await?;
    let Some(Asked { code, request }) = codes::ask(auth, &mut tx, subject, limits).await? else {
        return Err(Error::Throttled(codes::wait(auth, tx, subject, limits).await?.0));
    };
    let purpose = if waiting.is_some() { AGAIN } else { NOTHING };
    let owner = waiting.as_ref().map_or((subject.id(), 0), |user| (user.id, user.auth_version));
    let to = waiting.as_ref().map_or(email.as_written(), |user| user.email.as_str());
    codes::forget(&mut tx, purpose, owner.0).await?;
    let lifetime = auth.settings().email_verification.link_lifetime;
    let held = Held { further: None, wish };
    let link = codes::issue(auth, &mut tx, purpose, owner, &held, lifetime).await?;
    mails::queue(auth, &mut tx, to, &link, Some(&code), waiting.is_some().into()).await?;
    let event = Event::at(Kind::CodeSent, email, waiting.as_ref().map(|user| user.id)).because(Reason::Verification);
    audit::record(auth, &mut tx, event).await?;
    tx.commit().await?;
    Ok(request)
}

/// Tells the owner of an account that somebody signed up with its address.
pub(crate) async fn tell_owner(auth: &Auth, tx: &mut Tx, user: &User, leaves: Leaves) -> Result<()> {
    let leaves = Leaves::from(leaves == Leaves::Yes && user.is_active);
    notices::account_exists(auth, tx, &user.email, leaves).await
}

/// Tells the owner of an account that somebody wants its address, unless they were told a moment ago.
///
/// # Errors
/// If the database cannot be reached.
pub(crate) async fn notify_owner(auth: &Auth, tx: &mut Tx, user: &User) -> Result<()> {
    let granted = codes::request(auth, tx, Subject::of(NOTICE, user.id), NOTICE_LIMITS).await?;
    tell_owner(auth, tx, user, granted.is_some().into()).await
}
