use serde::Serialize;

use super::{Leaves, Letter, Outbox, Recipient};
use crate::db::Tx;
use crate::error::Result;

/// The templates (Jinja) of one of the application's mails. It chooses the variables; `service` is always there. The
/// HTML can begin with `{% extends "email/email_layout.html" %}`, and values in it are escaped. Leave out text that an
/// unauthenticated client may have typed, names above all: an attacker could send their own words to anyone.
/// attacker could send their own words to anyone.
#[derive(Clone, Copy, Debug)]
pub struct OwnMail {
    /// One line.
    pub subject: &'static str,
    /// For mail programs that show no HTML.
    pub text: &'static str,
    /// The same content as HTML.
    pub html: &'static str,
}

impl Outbox<'_> {
    /// Queues a mail, to be sent once the transaction is committed, and retried up to `mail.attempts` times.
    ///
    /// ```
    /// use auth::db::Tx;
    /// use auth::mail::OwnMail;
    /// use auth::users::Email;
    /// use auth::{Auth, Result};
    /// use serde_json::json;
    ///
    /// const INVITED: OwnMail = OwnMail {
    ///     subject: "You are a member of {{ team }}",
    ///     text: "{{ team }} is at {{ link }}",
    ///     html: "{% extends \"email/email_layout.html\" %}{% block content %}<p>{{ team }}</p>{% endblock %}",
    /// };
    ///
    /// async fn invite(auth: &Auth, tx: &mut Tx, member: &Email) -> Result<()> {
    ///     let values = json!({ "team": "Analytical Engines", "link": "https://app.example.com/teams/1" });
    ///     auth.mail().queue(tx, member, &INVITED, &values).await
    /// }
    /// ```
    ///
    /// It goes to an address, or to a `&User` in the language of the account: texts that pass through the filter `t` are
    /// translated if `languages.directory` has them.
    ///
    /// # Errors
    /// If a text is no template, or names a variable without a value.
    pub async fn queue(
        self,
        tx: &mut Tx,
        to: impl Into<Recipient<'_>>,
        mail: &OwnMail,
        values: &impl Serialize,
    ) -> Result<()> {
        let to = to.into();
        let texts = [mail.subject, mail.text, mail.html];
        let written = self.0.templates().own_mail(texts, values, to.language(self.0))?;
        let to = to.address.as_written().to_owned();
        self.put(tx, &Letter::of(to, written), None, Leaves::Yes).await
    }
}
