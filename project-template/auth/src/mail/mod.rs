//! Mail: written to an outbox in the transaction that has a reason for it, and sent from there in the background.
//!
//! A request never waits for a mail server. A mail exists if and only if what it tells of was committed, and it stays
//! until a server has taken it: over failures, restarts and crashes. A crash between a server's yes and the removal of the
//! row sends a mail twice, with the same Message-ID; nothing loses one.

mod message;
mod outbox;
mod reach;
mod sender;
mod settings;
mod store;
mod trouble;
mod worker;

pub use message::Letter;
pub(crate) use outbox::{Mail, deliver_due, outbox, pretend, queue};
pub(crate) use reach::{Reach, is_reachable};
pub use sender::{Sender, Server};
pub use settings::{Settings, Tls, Transport};
pub(crate) use worker::Worker;

use time::OffsetDateTime;
use uuid::Uuid;

use crate::users::Email;

/// Sends a mail at once, past the outbox, to see whether the settings work.
///
/// # Errors
/// What the mail server, or the way to it, has against it.
pub async fn send_test(settings: &crate::Settings, to: &Email, now: OffsetDateTime) -> anyhow::Result<()> {
    let server = settings.http.host();
    let text = format!("If you read this, {server} can send mail.\n");
    let letter = Letter {
        to: to.as_written().to_owned(),
        subject: format!("Test mail of {server}"),
        html: format!("<p>{text}</p>"),
        text,
    };
    let id = Uuid::now_v7();
    let message = letter.message(&settings.mail, id, now)?;
    let sender = Sender::new(&settings.mail)?;
    sender.send(&settings.mail, id, &letter, message).await.map_err(|not_sent| anyhow::anyhow!(not_sent.reason))
}
