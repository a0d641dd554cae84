//! What follows the deletion of an account by its owner, or by whoever has their session and password.

use super::User;
use crate::app::Auth;
use crate::db::Tx;
use crate::error::Result;
use crate::hooks;
use crate::mail::{self, Mail};
use crate::templates::{self, mails::AccountDeleted};

/// Mails the owner and calls the hook, once the transaction is committed.
pub(super) async fn tell(auth: &Auth, tx: &mut Tx, user: &User) -> Result<()> {
    let content = AccountDeleted { email: user.email.clone(), time: templates::time(auth.now()) };
    mail::queue(auth, tx, Mail { to: &user.email, content: &content, until: None }).await?;
    hooks::deleted(auth, tx, user);
    Ok(())
}
