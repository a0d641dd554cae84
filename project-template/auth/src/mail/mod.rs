//! Mail: written to an outbox in the transaction that causes it, and sent in the background: a request never waits for
//! a mail server. A mail survives crashes, until a server accepts it or it is dropped: out of date, refused for good,
//! or out of attempts. After a crash, an accepted mail whose row remains is sent again, with the same Message-ID.

mod connections;
mod message;
mod outbox;
mod own;
mod reach;
mod recipient;
mod sender;
mod settings;
mod store;
mod transport;
mod trial;
mod trouble;
mod worker;

pub(crate) use message::Letter;
pub(crate) use outbox::{Leaves, Mail};
pub use own::OwnMail;
pub(crate) use reach::Reach;
pub use recipient::Recipient;
pub use sender::{Sender, Server};
pub use settings::Settings;
pub use transport::{Tls, Transport};
pub use trial::send_test;
pub(crate) use worker::Worker;

use crate::Auth;

/// The outbox; see [`Auth::mail`].
#[derive(Clone, Copy)]
pub struct Outbox<'a>(&'a Auth);

impl Auth {
    /// The outbox, for mails of the application.
    #[must_use]
    pub fn mail(&self) -> Outbox<'_> {
        Outbox(self)
    }
}
