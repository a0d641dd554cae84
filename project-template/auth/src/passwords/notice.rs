//! The mail that tells an account's owner that the password was changed, whoever did it.

use crate::app::Auth;
use crate::db::Tx;
use crate::error::Result;
use crate::mail::{self, Mail};
use crate::templates::{self, mails::PasswordChanged};
use crate::users::User;

/// Queues it, in the transaction that changes the password.
pub(super) async fn queue(auth: &Auth, tx: &mut Tx, user: &User) -> Result<()> {
    let content = PasswordChanged { email: user.email.clone(), time: templates::time(auth.now()) };
    mail::queue(auth, tx, Mail { to: &user.email, content: &content, until: None }).await
}
