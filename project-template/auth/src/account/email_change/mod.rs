//! Another address for an account: asked for with the password, confirmed from the new address, told to the old one.

mod routes;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(super) use routes::router;

use super::{discard_codes, erase};
use crate::Auth;
use crate::audit::{self, Event, Kind, Reason};
use crate::codes::{self, Limits, Link, Standing, Subject};
use crate::db;
use crate::email_verification::{self, Mode};
use crate::error::shared::Conflict;
use crate::error::{Error, Result};
use crate::http::ReturnTo;
use crate::mail::{self, Mail};
use crate::notices;
use crate::sessions::{self, EndedBy};
use crate::templates::mails::EmailChange;
use crate::throttle;
use crate::users::{Email, User, store, taken};
use crate::words::duration;

use secrecy::ExposeSecret;

const PURPOSE: &str = "email_change";
/// What is counted for the new address, whoever asks: its reader may be a stranger, who asked for nothing.
const TO: &str = "email_change to";
/// A link to an address that has another account, or has had its share of mails: it leads nowhere, and nobody is sent it.
const NOWHERE: &str = "email_change nowhere";

/// What a link does.
#[derive(Serialize, Deserialize)]
struct Change {
    email: String,
    /// The session it was asked for in, which goes on. Where it was ended since, but by its own log-out, so is this.
    session: Uuid,
    /// Where the person is led afterwards.
    next: ReturnTo,
}

/// Mails the link. Whether the address has another account, or had its share of mails, shows only to who reads its mail.
async fn ask(auth: &Auth, user: &User, session: Uuid, new: &Email, next: ReturnTo) -> Result<()> {
    let other = store::by_email(auth.db(), new).await?.filter(|other| !gives_way(auth, other));
    if other.is_some() && !auth.settings().registration.hide_existing {
        return Err(taken());
    }
    let limits = Limits::from(&auth.settings().codes);
    let subject = Subject::of(PURPOSE, user.id);
    let mut tx = auth.db().begin().await?;
    if codes::request(auth, &mut tx, subject, limits).await?.is_none() {
        let wait = codes::wait(auth, tx, subject, limits).await?;
        return Err(Error::Throttled(wait.0));
    }
    let has_room = codes::request(auth, &mut tx, Subject::named(TO, new.key()), limits).await?.is_some();
    let lifetime = auth.settings().email_verification.link_lifetime;
    let change = Change { email: new.as_written().to_owned(), session, next };
    for purpose in [PURPOSE, NOWHERE] {
        codes::forget(&mut tx, purpose, user.id).await?;
    }
    let purpose = if other.is_none() && has_room { PURPOSE } else { NOWHERE };
    let key = codes::issue(auth, &mut tx, purpose, (user.id, user.auth_version), &change, lifetime).await?;
    if let Some(owner) = other {
        email_verification::notify_owner(auth, &mut tx, &owner).await?;
    } else {
        let link = auth.settings().http.link(&format!("/user/email/confirm/{}/", key.expose_secret()));
        let content = EmailChange { email: new.as_written().to_owned(), link, lifetime: duration(lifetime) };
        let mail = Mail { to: new.as_written(), content: &content, until: Some(auth.now() + lifetime) };
        mail::write(auth, &mut tx, mail, has_room.into()).await?;
    }
    notices::email_change_asked(auth, &mut tx, &user.email, new.as_written()).await?;
    audit::record(auth, &mut tx, Event::of(Kind::EmailChangeAsked, user).session(session)).await?;
    tx.commit().await?;
    Ok(())
}

/// Writes the address of an account in another way, such as in another case. It stays the same address, so nobody is mailed.
async fn respell(auth: &Auth, user: &User, session: Uuid, email: &Email) -> Result<()> {
    let mut tx = auth.db().begin().await?;
    if !store::respell_email(&mut tx, user, email, auth.now()).await? {
        return Err(Conflict.into());
    }
    audit::record(auth, &mut tx, Event::of(Kind::EmailChanged, user).session(session)).await?;
    tx.commit().await?;
    Ok(())
}

/// Whether an account is no more than a sign-up that nobody has confirmed, where nobody signs in before that. It is not to
/// keep the address from who reads its mail, as it does not keep it from their own sign-up.
fn gives_way(auth: &Auth, other: &User) -> bool {
    auth.settings().email_verification.mode == Mode::Mandatory && other.is_unconfirmed_sign_up()
}

/// Looks up a link. That changes nothing.
async fn open(auth: &Auth, key: &str) -> Result<Standing<Change>> {
    codes::find(auth, &[PURPOSE], key).await
}

/// Makes the new address the account's, if the account is still as it was when that was asked for, and tells the old one.
/// The sessions end, but the one that asked; so does every other link, by the account's version. A sign-up with the address
/// that nobody has confirmed is removed.
///
/// # Errors
/// 400 if somebody else has taken the address since.
async fn confirm(auth: &Auth, link: Link<Change>) -> Result<Option<User>> {
    let Some(email) = Email::parse(&link.data.email) else { return Ok(None) };
    let Some(before) = store::by_id(auth.db(), link.subject).await? else { return Ok(None) };
    let unconfirmed = store::by_email(auth.db(), &email).await?.filter(|other| gives_way(auth, other));
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
    let changed = store::set_email(&mut tx, (link.subject, link.version), &email, auth.now()).await;
    let changed = changed.map_err(|error| if db::is_taken(&error) { taken() } else { error.into() })?;
    let Some(user) = changed else { return Ok(None) };
    // The account is held by now: whoever ends the session after this finds the new address.
    if sessions::is_taken_back(&mut tx, link.data.session).await? {
        return Ok(None);
    }
    discard_codes(&mut tx, &before).await?;
    throttle::rename(&mut tx, &before.address_key(), email.key()).await?;
    let ended = sessions::end_all(auth, &mut tx, user.id, Some(link.data.session), EndedBy::EmailChange).await?;
    notices::email_changed(auth, &mut tx, &before.email, &user.email).await?;
    audit::record(auth, &mut tx, Event::of(Kind::EmailChanged, &user)).await?;
    ended.commit(auth, tx).await?;
    Ok(Some(user))
}
