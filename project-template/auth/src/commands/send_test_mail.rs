//! `send-test-mail`.

use std::process::ExitCode;

use anyhow::Context;

use crate::Settings;
use crate::clock::Clock;
use crate::email::Email;
use crate::mail;

/// Sends a mail at once, and prints an error instead of logging it.
pub(super) async fn send(settings: &Settings, address: &str) -> anyhow::Result<ExitCode> {
    let email = Email::parse(address).with_context(|| format!("`{address}` is not an e-mail address"))?;
    mail::send_test((&settings.mail, &settings.http), &email, Clock::default().now())
        .await
        .context("the mail was not sent")?;
    println!("the mail to {} was handed over; check whether it arrives, and where", email.as_written());
    Ok(ExitCode::SUCCESS)
}
