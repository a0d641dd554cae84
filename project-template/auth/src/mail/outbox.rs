use std::time::Duration;

use anyhow::Context;
use time::OffsetDateTime;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::reach::Contact;
use super::sender::{BATCH, NotSent};
use super::store::{self, Row};
use super::{Letter, Outbox, Recipient};
use crate::Auth;
use crate::db::Tx;
use crate::error::Result;
use crate::metrics::MailOutcome;
use crate::templates;

/// It doubles with each further failure.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_hours(1);
/// Added to `mail.timeout`: a worker that holds a mail for longer is presumed dead, and another one may take the mail.
const SLACK: Duration = Duration::from_mins(1);

pub(crate) struct Mail<'m, M> {
    to: Recipient<'m>,
    content: &'m M,
    until: Option<OffsetDateTime>,
    leaves: Leaves,
}

impl<'m, M: templates::Mail> Mail<'m, M> {
    pub(crate) fn new(to: impl Into<Recipient<'m>>, content: &'m M) -> Self {
        Self { to: to.into(), content, until: None, leaves: Leaves::Yes }
    }

    /// The mail is not sent after this time, such as the end of its link's lifetime.
    pub(crate) fn until(self, end: OffsetDateTime) -> Self {
        Self { until: Some(end), ..self }
    }

    /// For requests that must not reveal whether there is a recipient: with [`Leaves::No`] the mail takes the same
    /// time, but is never sent.
    pub(crate) fn leaves(self, leaves: impl Into<Leaves>) -> Self {
        Self { leaves: leaves.into(), ..self }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaves {
    Yes,
    No,
}

impl From<bool> for Leaves {
    fn from(leaves: bool) -> Self {
        if leaves { Self::Yes } else { Self::No }
    }
}

impl Outbox<'_> {
    pub(crate) async fn write<M: templates::Mail>(self, tx: &mut Tx, mail: Mail<'_, M>) -> Result<()> {
        let written = self.0.templates().mail(mail.content, mail.to.language(self.0))?;
        self.put(tx, &Letter::of(mail.to.written(), written), mail.until, mail.leaves).await
    }

    pub(super) async fn put(
        self,
        tx: &mut Tx,
        letter: &Letter,
        until: Option<OffsetDateTime>,
        leaves: Leaves,
    ) -> Result<()> {
        let auth = self.0;
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(letter).map_err(anyhow::Error::new)?);
        let id = Uuid::now_v7();
        let sealed = auth.tokens().seal(&thing(id), &plain, auth.now());
        let row = Row { id, sealed, pretended: leaves == Leaves::No, attempts: 0, expires_at: until };
        store::insert(tx, &row, auth.now()).await?;
        auth.mail_wake().notify_one();
        Ok(())
    }

    pub(crate) async fn deliver_due(self) -> sqlx::Result<usize> {
        let mut deliveries = Deliveries::default();
        let (mut tried, mut outcome) = (0, Ok(()));
        loop {
            let taken = if outcome.is_ok() { deliveries.begin(self.0).await } else { Ok(0) };
            match taken {
                Ok(taken) => tried += taken,
                Err(error) => outcome = Err(error),
            }
            // Wait for all, even after an error: a mail cut off after its acceptance would be sent twice.
            match deliveries.next().await {
                Some(done) => outcome = outcome.and(done),
                None => return outcome.map(|()| tried),
            }
        }
    }

    /// Their number and the age of the oldest, by the system clock: the ids are UUIDv7.
    pub(crate) async fn waiting(self) -> sqlx::Result<Waiting> {
        let (length, oldest) = store::waiting(self.0.db()).await?;
        let age = |oldest| written_at(Uuid::now_v7()).saturating_sub(written_at(oldest));
        Ok(Waiting { length, oldest: oldest.map(age).unwrap_or_default() })
    }

    pub(crate) fn is_reachable(self) -> bool {
        self.0.mail_reach().is_reachable(self.0.now())
    }
}

pub(crate) struct Waiting {
    pub(crate) length: i64,
    pub(crate) oldest: Duration,
}

/// The sealing context, so that a mail cannot be opened in another row.
fn thing(id: Uuid) -> String {
    format!("mail {id}")
}

/// At most [`BATCH`] at once, so that a slow mail does not delay the others.
#[derive(Default)]
pub(super) struct Deliveries(JoinSet<sqlx::Result<()>>);

impl Deliveries {
    pub(super) async fn begin(&mut self, auth: &Auth) -> sqlx::Result<usize> {
        let room = BATCH.saturating_sub(u32::try_from(self.0.len()).unwrap_or(BATCH));
        if room == 0 {
            return Ok(0);
        }
        let now = auth.now();
        let until = now + auth.settings().mail.timeout + SLACK;
        let rows = store::take(auth.db(), now, until, room).await?;
        let taken = rows.len();
        for row in rows {
            let auth = auth.clone();
            self.0.spawn(async move { deliver(&auth, &row).await });
        }
        Ok(taken)
    }

    pub(super) async fn next(&mut self) -> Option<sqlx::Result<()>> {
        Some(self.0.join_next().await?.unwrap_or_else(|error| {
            tracing::error!(%error, "sending a mail failed unexpectedly; it will be tried again");
            Ok(())
        }))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn written_at(id: Uuid) -> Duration {
    let (seconds, nanos) = id.get_timestamp().map(|time| time.to_unix()).unwrap_or_default();
    Duration::new(seconds, nanos)
}

#[derive(Debug, PartialEq)]
enum Fate {
    Retry(Duration),
    Drop,
}

async fn deliver(auth: &Auth, row: &Row) -> sqlx::Result<()> {
    if row.pretended {
        return store::remove(auth.db(), row).await;
    }
    let now = auth.now();
    if row.expires_at.is_some_and(|end| end <= now) {
        auth.metrics().mail(MailOutcome::Dropped);
        tracing::error!(mail = %row.id, "a mail was dropped: it is out of date");
        return store::remove(auth.db(), row).await;
    }
    let Err(NotSent { reason, is_final, contact }) = send(auth, row, now).await else {
        auth.mail_reach().note(Contact::Answered, auth.now());
        auth.metrics().mail(MailOutcome::Sent);
        tracing::debug!(mail = %row.id, "mail sent");
        return store::remove(auth.db(), row).await;
    };
    auth.mail_reach().note(contact, auth.now());
    match fate(auth.settings().mail.attempts, row.attempts, is_final) {
        Fate::Drop => {
            auth.metrics().mail(MailOutcome::Dropped);
            tracing::error!(mail = %row.id, attempts = row.attempts, reason, "a mail was dropped: it cannot be sent");
            store::remove(auth.db(), row).await
        }
        Fate::Retry(pause) => {
            auth.metrics().mail(MailOutcome::Postponed);
            let seconds = pause.as_secs();
            tracing::warn!(mail = %row.id, attempts = row.attempts, seconds, reason, "a mail was not sent; trying again");
            store::postpone(auth.db(), row, auth.now() + pause).await
        }
    }
}

async fn send(auth: &Auth, row: &Row, now: OffsetDateTime) -> Result<(), NotSent> {
    let settings = &auth.settings().mail;
    let plain = auth.tokens().open(&thing(row.id), &row.sealed);
    let plain = plain.context("the key that sealed it is no longer among tokens.keys")?;
    let letter: Letter = serde_json::from_slice(&plain).map_err(anyhow::Error::new)?;
    let message = letter.message(settings, row.id, now)?;
    let sent = auth.mail_sender().send(settings, row.id, &letter, message).await;
    sent.map_err(|not_sent| not_sent.without(&letter.to))
}

fn fate(most: u32, attempts: i64, is_final: bool) -> Fate {
    if is_final || attempts >= i64::from(most) {
        return Fate::Drop;
    }
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX).min(16);
    Fate::Retry((FIRST_PAUSE * 2_u32.pow(doublings)).min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour_until_a_mail_is_given_up() {
        let settings = crate::Settings::load(std::path::Path::new(""), "", &std::collections::BTreeMap::new());
        let settings = settings.unwrap().mail;
        let last = i64::from(settings.attempts);
        let seconds = |attempts| fate(settings.attempts, attempts, false);
        assert_eq!(seconds(1), Fate::Retry(Duration::from_secs(10)));
        assert_eq!(seconds(2), Fate::Retry(Duration::from_secs(20)));
        assert_eq!(seconds(9), Fate::Retry(Duration::from_secs(2_560)));
        assert_eq!(seconds(10), Fate::Retry(Duration::from_hours(1)));
        assert_eq!(seconds(last - 1), Fate::Retry(Duration::from_hours(1)));
        assert_eq!(seconds(last), Fate::Drop);
        assert_eq!(fate(settings.attempts, 1, true), Fate::Drop);
    }
}
