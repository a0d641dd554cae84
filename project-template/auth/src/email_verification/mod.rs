//! Verifies that mail to an account's address reaches its owner.
//! If that is mandatory, a sign-up runs the same statements and hash, and queues or discards a mail, whether or not the
//! address has an account. Sign-ups with an unconfirmed address do not affect each other: each has its own link, and
//! the one that is confirmed wins (`confirm` has the rules).

pub(crate) mod browser;
mod confirm;
mod link_pages;
mod mails;
mod routes;
mod settings;
mod sign_up;
mod wish;

pub(crate) use confirm::{by_login_code, by_provider, by_reset};
pub(crate) use routes::{asked, router};
pub use settings::{FirstProof, Method, Mode, Settings};
pub(crate) use sign_up::{begin, notify_owner, resend, sign_up};
pub(crate) use wish::Wish;

use crate::codes::{self, Subject};
use crate::db::{self, Tx};
use crate::login;
use crate::users::Email;

/// The first sign-up with an address, a further one, one that gets no mail, and a link that was requested again.
const FIRST: &str = "email_verification";
const FURTHER: &str = "email_verification further";
const SILENT: &str = "email_verification silent";
const AGAIN: &str = "email_verification again";
/// A link that leads nowhere, so that every request writes one.
const NOTHING: &str = "nothing";

/// In the transaction in which the address is confirmed or loses its account.
pub(crate) async fn discard(tx: &mut Tx, email: &Email) -> db::Result<()> {
    login::attempt::forget(tx, email).await?;
    codes::discard(tx, subject(email)).await
}

fn subject(email: &Email) -> Subject {
    Subject::named("email_verification", email.key())
}
