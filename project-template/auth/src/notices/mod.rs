//! Mails that only tell: of something that happened to an account, which its owner may not have done.
//!
//! Each is queued in the transaction that makes it true. Whether there is anybody to tell, and whether the settings want it,
//! is decided by the room where it happens.

use std::net::IpAddr;

use crate::Auth;
use crate::db::Tx;
use crate::error::Result;
use crate::mail::{self, Leaves, Mail};
use crate::templates;
use crate::templates::mails::{
    AccountDeleted, AccountExists, EmailChangeNotice, EmailChanged, NewDevice, PasswordChanged, SessionCopied,
};
use crate::words;

/// The password was changed or set anew.
pub(crate) async fn password_changed(auth: &Auth, tx: &mut Tx, to: &str) -> Result<()> {
    let content = PasswordChanged { email: to.to_owned(), time: words::time(auth.now()), reset_page: reset_page(auth) };
    send(auth, tx, to, &content).await
}

/// Somebody tried to sign up with the address of an account. Takes as long where it does not leave.
pub(crate) async fn account_exists(auth: &Auth, tx: &mut Tx, to: &str, leaves: Leaves) -> Result<()> {
    let content = AccountExists { email: to.to_owned(), reset_page: reset_page(auth) };
    mail::write(auth, tx, Mail { to, content: &content, until: None }, leaves).await
}

/// The address is to be replaced by another one, which has yet to confirm.
pub(crate) async fn email_change_asked(auth: &Auth, tx: &mut Tx, to: &str, new: &str) -> Result<()> {
    let content = EmailChangeNotice { email: to.to_owned(), new_email: new.to_owned(), reset_page: reset_page(auth) };
    send(auth, tx, to, &content).await
}

/// The address was replaced by another one.
pub(crate) async fn email_changed(auth: &Auth, tx: &mut Tx, to: &str, new: &str) -> Result<()> {
    let content = EmailChanged { email: to.to_owned(), new_email: new.to_owned(), time: words::time(auth.now()) };
    send(auth, tx, to, &content).await
}

/// The account was deleted.
pub(crate) async fn account_deleted(auth: &Auth, tx: &mut Tx, to: &str) -> Result<()> {
    let content = AccountDeleted { email: to.to_owned(), time: words::time(auth.now()) };
    send(auth, tx, to, &content).await
}

/// A session began on a device, or from an address, that no session of the account had.
pub(crate) async fn new_device(auth: &Auth, tx: &mut Tx, to: &str, device: String, ip: Option<IpAddr>) -> Result<()> {
    let content = NewDevice {
        email: to.to_owned(),
        time: words::time(auth.now()),
        device,
        address: ip.map_or_else(|| "an unknown address".to_owned(), |ip| ip.to_string()),
        reset_page: reset_page(auth),
    };
    send(auth, tx, to, &content).await
}

/// A session was ended because its refresh token was presented twice.
pub(crate) async fn session_copied(auth: &Auth, tx: &mut Tx, to: &str) -> Result<()> {
    let content = SessionCopied { email: to.to_owned(), time: words::time(auth.now()), reset_page: reset_page(auth) };
    send(auth, tx, to, &content).await
}

async fn send<M: templates::Mail>(auth: &Auth, tx: &mut Tx, to: &str, content: &M) -> Result<()> {
    mail::queue(auth, tx, Mail { to, content, until: None }).await
}

/// Where its owner asks for a link to set a new password, if the settings name the page.
fn reset_page(auth: &Auth) -> Option<String> {
    let settings = auth.settings();
    let page = settings.password.forgot_page.as_deref()?;
    let http = &settings.http;
    let origin = || http.public_url.as_ref().map_or_else(|| format!("http://{}", http.bind), |url| url.origin().into());
    // A path is one of this server's host.
    Some(if page.starts_with('/') { origin() + page } else { page.to_owned() })
}
