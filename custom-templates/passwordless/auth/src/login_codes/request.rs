//! Differs from the built-in project: the request waits for the mail server.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use tracing::Instrument;

use super::routes::{MailUnavailable, subject};
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::codes::{self, Asked, Limits, RequestId, Sending};
use crate::error::{Error, Result};
use crate::http::Client;
use crate::languages::Language;
use crate::mail::{self, Mail};
use crate::request;
use crate::templates::mails::LoginCode;
use crate::users::{self, Email, User};

/// Has a code sent, if whoever reads the mail may sign in. It does the same, and takes about as long, if not.
///
/// # Errors
/// 503 `mail_unavailable` where the mail cannot be handed over; the code is void then. How long to wait, where the address
/// had its share.
pub(super) async fn request(auth: &Auth, email: &Email, client: &Client) -> Result<RequestId> {
    let (auth, email, client) = (auth.clone(), email.clone(), client.clone());
    let step = auth.settings().login_codes.step;
    // In a task of its own: a client that hangs up leaves no code that nobody was sent.
    let task = async move {
        let started = Instant::now();
        let sent = send(&auth, &email, &client).await;
        wait_for_step(started, step).await;
        sent
    };
    let task = tokio::spawn(request::of_same_request(task.in_current_span()));
    task.await.unwrap_or_else(|error| Err(anyhow::Error::new(error).into()))
}

async fn send(auth: &Auth, email: &Email, client: &Client) -> Result<RequestId> {
    if !auth.mail_reach().is_reachable(auth.now()) {
        return Err(MailUnavailable.into());
    }
    let user = User::of(&auth.settings().users, email);
    let is_admitted = users::claims(auth, &user).await?.is_some();
    let limits = Limits::from(&auth.settings().codes);
    let subject = subject(email).known_at(auth.throttle().known_at(email.key(), client).await?);
    let mut tx = auth.db().begin().await?;
    let Some(Asked { code, request }) = auth.codes().ask(&mut tx, subject, limits).await? else {
        return Err(Error::Throttled(auth.codes().wait(tx, subject, limits).await?.0));
    };
    let is_sent = if is_admitted { deliver(auth, &user, email, &code).await } else { mail::pretend(auth).await };
    if !is_sent {
        codes::discard(&mut tx, subject).await?;
        return Err(MailUnavailable.into());
    }
    if is_admitted {
        auth.audit().write(&mut tx, Event::at(Kind::CodeSent, email, Some(user.id)).because(Reason::Login)).await?;
    } else {
        auth.audit().note(Event::at(Kind::SignInFailed, email, Some(user.id)).because(Reason::Inactive));
    }
    tx.commit().await?;
    Ok(request)
}

/// Says whether a code is on its way.
async fn deliver(auth: &Auth, user: &User, email: &Email, code: &SecretString) -> bool {
    match auth.hooks().deliver_code(auth, user, code).await {
        Ok(true) => return true,
        Ok(false) => {}
        Err(error) => {
            tracing::error!(user = %user.id, error = error.message_in(Language::english()), "the application could not deliver a code");
            return false;
        }
    }
    let settings = &auth.settings().codes;
    let to = email.as_written();
    if settings.sending == Sending::Console {
        eprintln!("--- code to sign in as {to}: {}", code.expose_secret());
        return true;
    }
    let code = code.expose_secret().to_owned();
    let content = LoginCode { email: to.to_owned(), code, lifetime: settings.lifetime };
    mail::hand_over(auth, Mail { to, content: &content }).await
}

/// Waits until a whole number of steps has passed: whether a mail was sent makes no difference that can be seen, unless it
/// makes one of a whole step.
async fn wait_for_step(started: Instant, step: Duration) {
    if let Some(steps) = started.elapsed().as_millis().checked_div(step.as_millis()) {
        let steps = u32::try_from(steps + 1).unwrap_or(u32::MAX);
        tokio::time::sleep_until(started + step.saturating_mul(steps)).await;
    }
}
