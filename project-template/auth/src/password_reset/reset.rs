use secrecy::{ExposeSecret, SecretString};

use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::codes::{self, Limits, Link, LinkStanding, ReturnTo, Subject};
use crate::credentials;
use crate::db::Tx;
use crate::email_verification;
use crate::error::{Error, Result};
use crate::mail::{Mail, Recipient};
use crate::notices;
use crate::passwords::reset_link;
use crate::sessions::{self, EndedBy};
use crate::templates::mails;
use crate::throttle;
use crate::users::{self, Email, User};

/// Without an account, and for a guest, it does the same and takes as long. 429 after the address's share of mails, sent or not.
pub(crate) async fn request(auth: &Auth, email: &Email, next: &ReturnTo) -> Result<()> {
    let user = users::by_address(auth.db(), email).await?.filter(|user| user.is_active && !user.is_guest());
    let lifetime = auth.settings().password.reset_lifetime;
    let mut tx = auth.db().begin().await?;
    let limits = Limits::from(&auth.settings().codes);
    let asked = Subject::named(reset_link::PURPOSE, email.key());
    if auth.codes().request(&mut tx, asked, limits).await?.is_none() {
        let wait = auth.codes().wait(tx, asked, limits).await?;
        return Err(Error::Throttled(wait.0));
    }
    let owner = user.as_ref().map_or((asked.id(), 0), |user| (user.id, user.auth_version));
    let to = user.as_ref().map_or_else(|| email.into(), Recipient::from);
    let content = mails::PassReset {
        email: to.written(),
        link: auth.settings().http.link(&reset_link::issue(auth, &mut tx, owner, next).await?),
        lifetime,
    };
    let mail = Mail::new(to, &content).until(auth.now() + lifetime).leaves(user.is_some());
    auth.mail().write(&mut tx, mail).await?;
    auth.audit().write(&mut tx, Event::at(Kind::PasswordResetAsked, email, user.as_ref().map(|user| user.id))).await?;
    tx.commit().await?;
    Ok(())
}

pub(super) struct Reset {
    pub(super) user: User,
    link: Link<ReturnTo>,
}

impl Reset {
    pub(super) fn next(&self) -> &ReturnTo {
        &self.link.data
    }
}

pub(super) async fn find(auth: &Auth, secret: &SecretString) -> Result<Option<Reset>> {
    let LinkStanding::Good(link) =
        auth.codes().find::<ReturnTo>(&[reset_link::PURPOSE], secret.expose_secret()).await?
    else {
        return Ok(None);
    };
    let user = users::at_version(auth, link.subject, link.version).await?;
    Ok(user.map(|user| Reset { user, link }))
}

/// Ends all that an attacker could hold: sessions, links, this link. None if it was used, or the account changed.
pub(super) async fn set(auth: &Auth, reset: &Reset, password: SecretString) -> Result<Option<User>> {
    let hash = auth.passwords().hash(password).await?;
    let now = auth.now();
    let mut tx = auth.db().begin().await?;
    if !reset.link.consume(auth, &mut tx).await? {
        return Ok(None);
    }
    let Some(user) = reset.user.set_password(&mut tx, (&hash, true), now).await? else {
        return Ok(None);
    };
    // The link came by mail, so its user receives the address's mail.
    let user =
        if user.email_verified { Some(user) } else { email_verification::by_reset(auth, &mut tx, &user).await? };
    let Some(user) = user else { return Ok(None) };
    conclude(auth, tx, &user, Event::of(Kind::PasswordReset, &user)).await?;
    Ok(Some(user))
}

/// Sets a password that an operator chose. None if the account is inactive or changed at the same time.
///
/// # Errors
/// If the database cannot be reached.
pub(crate) async fn by_command(auth: &Auth, user: &User, hash: &str) -> Result<Option<User>> {
    let mut tx = auth.db().begin().await?;
    let Some(user) = user.set_password(&mut tx, (hash, true), auth.now()).await? else {
        return Ok(None);
    };
    conclude(auth, tx, &user, Event::of(Kind::PasswordReset, &user).because(Reason::Command)).await?;
    Ok(Some(user))
}

/// Ends everything that an attacker could hold after a reset, notifies the owner, and commits.
async fn conclude(auth: &Auth, mut tx: Tx, user: &User, event: Event) -> Result<()> {
    codes::forget_all(&mut tx, user.id).await?;
    throttle::forgive(&mut tx, user.email.key()).await?;
    credentials::discard_unproven(auth, &mut tx, user).await?;
    let ended = sessions::end_all(auth, &mut tx, user.id, None, EndedBy::PasswordReset).await?;
    notices::password_changed(auth, &mut tx, user).await?;
    auth.audit().write(&mut tx, event).await?;
    ended.commit(auth, tx).await
}
