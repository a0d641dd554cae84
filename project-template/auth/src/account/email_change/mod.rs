//! Changes an account's address: requested with the password, confirmed from the new address, reported to the old one.

mod routes;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(super) use routes::router;

use super::{discard_codes, erase};
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::codes::{self, Limits, Link, LinkStanding, ReturnTo, Subject};
use crate::credentials;
use crate::db;
use crate::email_verification::{self, Mode};
use crate::error::shared::Conflict;
use crate::error::{Error, Result};
use crate::factors;
use crate::mail::{Mail, Recipient};
use crate::notices;
use crate::sessions::{self, EndedBy};
use crate::templates::mails::EmailChange;
use crate::throttle;
use crate::users::{self, Email, User, taken};

use secrecy::ExposeSecret;

const PURPOSE: &str = "email_change";
/// Limits mails to the new address across all accounts, since its reader may have requested none.
const TO: &str = "email_change to";
/// A link to an address that is taken or has reached its mail limit. It leads nowhere and is never mailed.
const NOWHERE: &str = "email_change nowhere";

#[derive(Serialize, Deserialize)]
struct Change {
    email: String,
    /// The session that asked, which survives the change. If it was revoked since, and not just left, the link is void.
    session: Uuid,
    next: ReturnTo,
}

/// Only a reader of the new address learns that its mails are used up or, with `hide_existing`, that it is taken.
async fn ask(auth: &Auth, user: &User, session: Uuid, new: &Email, next: ReturnTo) -> Result<()> {
    let other = users::by_address(auth.db(), new).await?.filter(|other| !gives_way(auth, other));
    if other.is_some() && !auth.settings().registration.hide_existing {
        return Err(taken());
    }
    let limits = Limits::from(&auth.settings().codes);
    let subject = Subject::of(PURPOSE, user.id);
    let mut tx = auth.db().begin().await?;
    if auth.codes().request(&mut tx, subject, limits).await?.is_none() {
        let wait = auth.codes().wait(tx, subject, limits).await?;
        return Err(Error::Throttled(wait.0));
    }
    let has_room = auth.codes().request(&mut tx, Subject::named(TO, new.key()), limits).await?.is_some();
    let lifetime = auth.settings().email_verification.link_lifetime;
    let change = Change { email: new.as_written().to_owned(), session, next };
    for purpose in [PURPOSE, NOWHERE] {
        codes::forget(&mut tx, purpose, user.id).await?;
    }
    let purpose = if other.is_none() && has_room { PURPOSE } else { NOWHERE };
    let key = auth.codes().issue(&mut tx, purpose, (user.id, user.auth_version), &change, lifetime).await?;
    if let Some(owner) = other {
        email_verification::notify_owner(auth, &mut tx, &owner).await?;
    } else {
        let link = auth.settings().http.link(&format!("/user/email/confirm/{}/", key.expose_secret()));
        let content = EmailChange { email: new.as_written().to_owned(), link, lifetime };
        let mail = Mail::new(Recipient::new(new, user.language.as_deref()), &content)
            .until(auth.now() + lifetime)
            .leaves(has_room);
        auth.mail().write(&mut tx, mail).await?;
    }
    notices::email_change_asked(auth, &mut tx, user, new).await?;
    auth.audit().write(&mut tx, Event::of(Kind::EmailChangeAsked, user).session(session)).await?;
    tx.commit().await?;
    Ok(())
}

async fn respell(auth: &Auth, user: &User, session: Uuid, email: &Email) -> Result<()> {
    let mut tx = auth.db().begin().await?;
    if !user.respell_address(&mut tx, email, auth.now()).await? {
        return Err(Conflict.into());
    }
    auth.audit().write(&mut tx, Event::of(Kind::EmailChanged, user).session(session)).await?;
    tx.commit().await?;
    Ok(())
}

/// While verification is mandatory, an unconfirmed sign-up must not withhold the address from its real reader; nor may an
/// invitation that has expired.
fn gives_way(auth: &Auth, other: &User) -> bool {
    if other.is_guest() {
        return other.was_guest(auth.now());
    }
    auth.settings().email_verification.mode == Mode::Mandatory && other.is_unconfirmed_sign_up()
}

async fn open(auth: &Auth, key: &str) -> Result<LinkStanding<Change>> {
    auth.codes().find(&[PURPOSE], key).await
}

/// Voids all other links, since the account's version changes. Removes an unconfirmed sign-up that has the new address.
/// `session` is that of the request, if it has one: who confirms in the session that asked is the account's user, and
/// otherwise it may be another person, who takes over somebody's passkeys with the account. Where a second factor guards
/// the account it stays so: a thief of the session could otherwise move the account to a mailbox of theirs and reset it.
async fn confirm(auth: &Auth, link: Link<Change>, session: Option<Uuid>) -> Result<Option<User>> {
    let Some(email) = Email::parse(&link.data.email) else { return Ok(None) };
    let Some(before) = users::by_id(auth.db(), link.subject).await? else { return Ok(None) };
    let unconfirmed = users::by_address(auth.db(), &email).await?.filter(|other| gives_way(auth, other));
    let is_guarded = factors::is_guarded(auth, &before).await?;
    let mut tx = auth.db().begin().await?;
    if !link.consume(auth, &mut tx).await? {
        return Ok(None);
    }
    if let Some(other) = unconfirmed {
        let event = Event::of_id(Kind::Deleted, other.id).because(Reason::AddressTaken);
        if !erase(auth, &mut tx, &other, event).await? {
            return Err(taken());
        }
    }
    let changed = users::change_address(&mut tx, (link.subject, link.version), &email, auth.now()).await;
    let changed = changed.map_err(|error| if db::is_taken(&error) { taken() } else { error.into() })?;
    let Some(user) = changed else { return Ok(None) };
    // The account's row is locked by now, so any later revocation sees the new address.
    if sessions::is_taken_back(&mut tx, link.data.session).await? {
        return Ok(None);
    }
    if session != Some(link.data.session) {
        if !is_guarded {
            credentials::doubt(&mut tx, user.id).await?;
        }
        sessions::forget_mail(&mut tx, link.data.session).await?;
    } else if before.password_proven {
        users::trust_password(&mut tx, user.id).await?;
    }
    discard_codes(&mut tx, &before).await?;
    throttle::rename(&mut tx, before.email.key(), email.key()).await?;
    let ended = sessions::end_all(auth, &mut tx, user.id, Some(link.data.session), EndedBy::EmailChange).await?;
    notices::email_changed(auth, &mut tx, &before, &user.email).await?;
    auth.audit().write(&mut tx, Event::of(Kind::EmailChanged, &user)).await?;
    ended.commit(auth, tx).await?;
    Ok(Some(user))
}
