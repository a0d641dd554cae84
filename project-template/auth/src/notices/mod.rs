//! Mails about changes to an account that its owner may not have made, queued in the transaction of the change. The
//! calling room decides whether there is a recipient and whether the settings enable the mail.

use std::net::IpAddr;

use time::OffsetDateTime;

use crate::Auth;
use crate::db::Tx;
use crate::email::Email;
use crate::error::Result;
use crate::languages::Text;
use crate::mail::{Leaves, Mail, Recipient};
use crate::templates;
use crate::templates::mails::{
    AccountDeleted, AccountExists, EmailChangeNotice, EmailChanged, InvitationAccepted, NewDevice, PasskeyAdded,
    PasskeyCopied, PasskeyRemoved, PasswordChanged, ProviderConnected, ProviderDisconnected, RecoveryCodeUsed,
    SecondFactorAdded, SecondFactorGuessed, SecondFactorRemoved, SessionCopied,
};

/// The password was changed or reset.
pub(crate) async fn password_changed(auth: &Auth, tx: &mut Tx, to: impl Into<Recipient<'_>>) -> Result<()> {
    let to = to.into();
    let content = PasswordChanged { email: to.written(), time: auth.now(), reset_page: reset_page(auth) };
    send(auth, tx, to, &content).await
}

/// A sign-up used the address of an existing account. Takes the same time with [`Leaves::No`].
pub(crate) async fn account_exists(
    auth: &Auth,
    tx: &mut Tx,
    to: impl Into<Recipient<'_>>,
    leaves: Leaves,
) -> Result<()> {
    let to = to.into();
    let content = AccountExists { email: to.written(), reset_page: reset_page(auth) };
    auth.mail().write(tx, Mail::new(to, &content).leaves(leaves)).await
}

/// A change to another address was requested, which is not confirmed yet.
pub(crate) async fn email_change_asked(
    auth: &Auth,
    tx: &mut Tx,
    to: impl Into<Recipient<'_>>,
    new: &Email,
) -> Result<()> {
    let to = to.into();
    let content = EmailChangeNotice { email: to.written(), new_email: new.to_string(), reset_page: reset_page(auth) };
    send(auth, tx, to, &content).await
}

pub(crate) async fn email_changed(auth: &Auth, tx: &mut Tx, to: impl Into<Recipient<'_>>, new: &Email) -> Result<()> {
    let to = to.into();
    let content = EmailChanged { email: to.written(), new_email: new.to_string(), time: auth.now() };
    send(auth, tx, to, &content).await
}

pub(crate) async fn account_deleted(auth: &Auth, tx: &mut Tx, to: impl Into<Recipient<'_>>) -> Result<()> {
    let to = to.into();
    let content = AccountDeleted { email: to.written(), time: auth.now() };
    send(auth, tx, to, &content).await
}

/// A session began on a device, or from an address, that is new to the account.
pub(crate) async fn new_device(
    auth: &Auth,
    tx: &mut Tx,
    to: impl Into<Recipient<'_>>,
    device: Text,
    ip: Option<IpAddr>,
) -> Result<()> {
    let to = to.into();
    let content = NewDevice {
        email: to.written(),
        time: auth.now(),
        device,
        address: ip.map(|ip| ip.to_string()),
        reset_page: reset_page(auth),
    };
    send(auth, tx, to, &content).await
}

/// A session was ended because its refresh token was presented twice.
pub(crate) async fn session_copied(auth: &Auth, tx: &mut Tx, to: impl Into<Recipient<'_>>) -> Result<()> {
    let to = to.into();
    let content = SessionCopied { email: to.written(), time: auth.now(), reset_page: reset_page(auth) };
    send(auth, tx, to, &content).await
}

/// The account has a second factor from now on. Takes the same time with [`Leaves::No`].
pub(crate) async fn second_factor_added(
    auth: &Auth,
    tx: &mut Tx,
    to: impl Into<Recipient<'_>>,
    leaves: Leaves,
) -> Result<()> {
    let to = to.into();
    let content = SecondFactorAdded { email: to.written(), time: auth.now(), reset_page: reset_page(auth) };
    auth.mail().write(tx, Mail::new(to, &content).leaves(leaves)).await
}

/// The account has no second factor any more.
pub(crate) async fn second_factor_removed(auth: &Auth, tx: &mut Tx, to: impl Into<Recipient<'_>>) -> Result<()> {
    let to = to.into();
    let content = SecondFactorRemoved { email: to.written(), time: auth.now(), reset_page: reset_page(auth) };
    send(auth, tx, to, &content).await
}

/// A recovery code was used; so many are left.
pub(crate) async fn recovery_code_used(
    auth: &Auth,
    tx: &mut Tx,
    to: impl Into<Recipient<'_>>,
    left: u64,
) -> Result<()> {
    let to = to.into();
    let content = RecoveryCodeUsed { email: to.written(), time: auth.now(), left, reset_page: reset_page(auth) };
    send(auth, tx, to, &content).await
}

/// The account takes no codes for a while, after many wrong ones: somebody knows its first factor.
pub(crate) async fn second_factor_guessed(auth: &Auth, tx: &mut Tx, to: impl Into<Recipient<'_>>) -> Result<()> {
    let to = to.into();
    let content = SecondFactorGuessed { email: to.written(), time: auth.now(), reset_page: reset_page(auth) };
    send(auth, tx, to, &content).await
}

/// The account has another passkey. Its name is not in the mail: see [`templates::mails`].
pub(crate) async fn passkey_added(auth: &Auth, tx: &mut Tx, to: impl Into<Recipient<'_>>, device: Text) -> Result<()> {
    let to = to.into();
    let content = PasskeyAdded { email: to.written(), device, time: auth.now(), reset_page: reset_page(auth) };
    send(auth, tx, to, &content).await
}

/// The account has lost a passkey that was added at this time.
pub(crate) async fn passkey_removed(
    auth: &Auth,
    tx: &mut Tx,
    to: impl Into<Recipient<'_>>,
    added: OffsetDateTime,
) -> Result<()> {
    let to = to.into();
    let content = PasskeyRemoved { email: to.written(), added, time: auth.now(), reset_page: reset_page(auth) };
    send(auth, tx, to, &content).await
}

/// A sign-in with a passkey was refused because there may be a copy of it.
pub(crate) async fn passkey_copied(
    auth: &Auth,
    tx: &mut Tx,
    to: impl Into<Recipient<'_>>,
    added: OffsetDateTime,
) -> Result<()> {
    let to = to.into();
    send(auth, tx, to, &PasskeyCopied { email: to.written(), added, time: auth.now() }).await
}

/// Somebody whom this account invited has set a password.
pub(crate) async fn invitation_accepted(
    auth: &Auth,
    tx: &mut Tx,
    to: impl Into<Recipient<'_>>,
    guest: &Email,
) -> Result<()> {
    let to = to.into();
    let content = InvitationAccepted { email: to.written(), guest: guest.to_string(), time: auth.now() };
    send(auth, tx, to, &content).await
}

/// An account at another service, by the name of that in the settings, signs in to this account from now on.
pub(crate) async fn provider_connected(
    auth: &Auth,
    tx: &mut Tx,
    to: impl Into<Recipient<'_>>,
    provider: String,
) -> Result<()> {
    let to = to.into();
    let content = ProviderConnected { email: to.written(), provider, time: auth.now(), reset_page: reset_page(auth) };
    send(auth, tx, to, &content).await
}

/// It signs in no more.
pub(crate) async fn provider_disconnected(
    auth: &Auth,
    tx: &mut Tx,
    to: impl Into<Recipient<'_>>,
    provider: String,
) -> Result<()> {
    let to = to.into();
    let content =
        ProviderDisconnected { email: to.written(), provider, time: auth.now(), reset_page: reset_page(auth) };
    send(auth, tx, to, &content).await
}

async fn send<M: templates::Mail>(auth: &Auth, tx: &mut Tx, to: Recipient<'_>, content: &M) -> Result<()> {
    auth.mail().write(tx, Mail::new(to, content)).await
}

fn reset_page(auth: &Auth) -> Option<String> {
    let settings = auth.settings();
    let page = settings.password.forgot_page.as_deref()?;
    let http = &settings.http;
    // A path is on this server.
    Some(if page.starts_with('/') { http.origin() + page } else { page.to_owned() })
}
