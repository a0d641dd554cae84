//! Handing a mail over while its request waits.

use tokio::time::Instant;
use uuid::Uuid;

use super::reach::Contact;
use super::sender::NotSent;
use super::{Letter, Sender};
use crate::Auth;
use crate::languages;
use crate::metrics::MailOutcome;
use crate::templates;

/// A mail to be sent, before its texts are filled in.
pub(crate) struct Mail<'m, M> {
    /// The address.
    pub(crate) to: &'m str,
    /// What it says.
    pub(crate) content: &'m M,
}

/// Hands a mail over, within `mail.timeout`. Says whether it was taken; if not, why is in the log.
pub(crate) async fn hand_over<M: templates::Mail>(auth: &Auth, mail: Mail<'_, M>) -> bool {
    noted(auth, &send(auth, &mail).await.map_err(|not_sent| not_sent.without(mail.to)))
}

/// Asks the mail server whether it is there and sends nothing, for requests that must not show whether there was anybody to
/// write to: they fail when the others fail, and take about as long.
pub(crate) async fn pretend(auth: &Auth) -> bool {
    let Sender::Smtp(server) = auth.mail_sender() else { return true };
    let greeted = server.0.greeted(Instant::now() + auth.settings().mail.timeout).await;
    let asked = greeted.map(|connection| server.0.keep(connection)).map_err(|trouble| server.not_sent(trouble, ""));
    noted(auth, &asked)
}

async fn send<M: templates::Mail>(auth: &Auth, mail: &Mail<'_, M>) -> Result<(), NotSent> {
    let settings = &auth.settings().mail;
    let language = languages::current().unwrap_or_else(|| auth.languages().default_language());
    let written = auth.templates().mail(mail.content, language)?;
    let letter = Letter::of(mail.to.to_owned(), written);
    let id = Uuid::now_v7();
    let message = letter.message(settings, id, auth.now())?;
    auth.mail_sender().send(settings, id, &letter, message).await
}

fn noted(auth: &Auth, sent: &Result<(), NotSent>) -> bool {
    match sent {
        Err(NotSent { reason, contact: Contact::Unknown, .. }) => tracing::error!(reason, "a mail could not be made"),
        Err(NotSent { reason, contact: Contact::Answered, is_final }) => {
            tracing::error!(reason, is_final, "a mail was refused");
        }
        Err(NotSent { reason, contact: Contact::Unreachable, .. }) => {
            tracing::error!(reason, "the mail server is out of reach");
        }
        Ok(()) => {}
    }
    let contact = sent.as_ref().map_or_else(|not_sent| not_sent.contact, |()| Contact::Answered);
    auth.mail_reach().note(contact, auth.now());
    auth.metrics().mail(if sent.is_ok() { MailOutcome::Sent } else { MailOutcome::Dropped });
    sent.is_ok()
}
