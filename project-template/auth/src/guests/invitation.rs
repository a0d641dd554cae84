use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::PURPOSE;
use super::store::{self, New};
use crate::Auth;
use crate::audit::{Event, Kind};
use crate::codes::{self, LinkStanding};
use crate::db::Tx;
use crate::error::Result;
use crate::users::{self, User};

/// How long a browser may take from the link to the password.
pub(crate) const CAPABILITY_LIFETIME: Duration = Duration::from_hours(24);

/// A guest whose link was opened.
pub(crate) struct Guest {
    pub(crate) user: User,
    capability: Vec<u8>,
}

/// What a link has led to.
pub(crate) enum Opened {
    /// The secret by which a browser may set the password, unless it only looked.
    Good(Option<SecretString>),
    /// An invitation that is used, replaced or expired.
    Over,
    /// No invitation.
    Unknown,
}

/// Makes an account a guest's, and returns the secret of the link that it is taken up by.
pub(crate) async fn invite(
    auth: &Auth,
    tx: &mut Tx,
    user: &User,
    (role, invited_by): (i64, Uuid),
    lifetime: Duration,
) -> Result<SecretString> {
    let owner = (user.id, user.auth_version);
    let (created_at, expires_at) = (auth.now(), auth.now() + lifetime);
    users::make_guest(tx, user.id, expires_at).await?;
    store::insert(tx, &New { user: owner, invited_by, role, created_at, expires_at }).await?;
    auth.codes().issue(tx, PURPOSE, owner, &(), lifetime).await
}

/// A HEAD request, as programs that scan mail send it, only looks: it does not replace the secret of an earlier opening.
pub(crate) async fn open(auth: &Auth, key: &str, only_looks: bool) -> Result<Opened> {
    let link = match auth.codes().find::<()>(&[PURPOSE], key).await? {
        LinkStanding::Good(link) => link,
        LinkStanding::Used { .. } | LinkStanding::Expired => return Ok(Opened::Over),
        LinkStanding::Unknown => return Ok(Opened::Unknown),
    };
    let (guest, now) = ((link.subject, link.version), auth.now());
    if only_looks {
        let is_open = store::is_open(auth.db(), guest, now).await?;
        return Ok(if is_open { Opened::Good(None) } else { Opened::Over });
    }
    let secret = codes::secret()?;
    let until = now + CAPABILITY_LIFETIME;
    let is_open = store::set_capability(auth.db(), guest, (&codes::hash(secret.expose_secret()), until), now).await?;
    Ok(if is_open { Opened::Good(Some(secret)) } else { Opened::Over })
}

/// None if the secret was used or replaced, or the invitation cannot be accepted any more.
pub(crate) async fn by_capability(auth: &Auth, secret: &SecretString) -> Result<Option<Guest>> {
    let capability = codes::hash(secret.expose_secret());
    let Some(row) = store::by_capability(auth.db(), &capability, auth.now()).await? else { return Ok(None) };
    let user = users::at_version(auth, row.user_id, row.version).await?;
    Ok(user.map(|user| Guest { user, capability }))
}

/// How a guest has shown that they read the mail of the account.
pub(crate) enum Shown<'a> {
    /// By the link of the invitation, with the hash of the password that they chose.
    Link { guest: &'a Guest, password_hash: &'a str },
    /// By other means, which need no password.
    Mailbox(&'a User),
}

/// Makes the account its owner's, with the role of the invitation, and returns it with the id of who invited. None if
/// another request was first, or the invitation cannot be accepted any more.
pub(crate) async fn accept(auth: &Auth, tx: &mut Tx, shown: &Shown<'_>) -> Result<Option<(User, Uuid)>> {
    let now = auth.now();
    let (user, password_hash, capability) = match shown {
        Shown::Link { guest, password_hash } => (&guest.user, Some(*password_hash), Some(guest.capability.as_slice())),
        Shown::Mailbox(user) => (*user, None, None),
    };
    // Before its invitation, in the order of everything that removes both.
    users::hold(tx, user.id).await?;
    let Some((role, invited_by)) = store::take(tx, user.id, capability, now).await? else { return Ok(None) };
    let Some(user) = user.take_up(tx, (password_hash, role), now).await? else { return Ok(None) };
    codes::forget_all(tx, user.id).await?;
    auth.audit().write(tx, Event::of(Kind::InvitationAccepted, &user).because(format!("role {role}"))).await?;
    Ok(Some((user, invited_by)))
}
