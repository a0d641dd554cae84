//! Mails that tell an account's owner of something they may not have done, where the settings want them.

use uuid::Uuid;

use crate::app::Auth;
use crate::db::Tx;
use crate::error::Result;
use crate::http::Client;
use crate::mail::{self, Mail};
use crate::sessions;
use crate::templates::{self, mails};
use crate::users::{self, User};

/// Tells of a sign-in with a device, or from an address, that no session of the account had; in the transaction that
/// begins the session, before it does. `user` is the account as it was: nobody is told of their first sign-in.
pub(crate) async fn new_device(auth: &Auth, tx: &mut Tx, user: &User, client: &Client) -> Result<()> {
    let is_first = user.last_login_at.is_none();
    if !auth.settings().audit.notify_new_device || is_first || sessions::is_known(tx, user.id, client).await? {
        return Ok(());
    }
    let content = mails::NewDevice {
        email: user.email.clone(),
        time: templates::time(auth.now()),
        device: sessions::known_device_name(client.user_agent.as_deref()),
        address: client.ip.map_or_else(|| "an unknown address".to_owned(), |ip| ip.to_string()),
    };
    mail::queue(auth, tx, Mail { to: &user.email, content: &content, until: None }).await
}

/// Whom to tell of a replay, if anybody; asked before the transaction that ends the session.
pub(crate) async fn owner_to_tell(auth: &Auth, user: Uuid) -> Result<Option<User>> {
    if !auth.settings().audit.notify_replay {
        return Ok(None);
    }
    Ok(users::store::by_id(auth.db(), user).await?.filter(|user| user.is_active))
}

/// Tells that a session was ended because its refresh token was shown again, in the transaction that ended it.
pub(crate) async fn replayed(auth: &Auth, tx: &mut Tx, user: &User) -> Result<()> {
    let content = mails::SessionCopied { email: user.email.clone(), time: templates::time(auth.now()) };
    mail::queue(auth, tx, Mail { to: &user.email, content: &content, until: None }).await
}
