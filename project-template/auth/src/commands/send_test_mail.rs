//! `send-test-mail`.

use std::process::ExitCode;

use anyhow::Context;

use crate::Settings;
use crate::clock::Clock;
use crate::email::Email;
use crate::mail::{self, Transport};

/// Sends a mail at once, and prints an error instead of logging it.
pub(super) async fn send(settings: &Settings, address: &str) -> anyhow::Result<ExitCode> {
    let email = Email::parse(address).with_context(|| format!("`{address}` is not an e-mail address"))?;
    mail::send_test((&settings.mail, &settings.http), &email, Clock::default().now())
        .await
        .context("the mail was not sent")?;
    let address = email.as_written();
    let done = match settings.mail.transport {
        Transport::Console => "was printed: `mail.transport` is \"console\" or not set",
        Transport::File => "was written to a file: `mail.transport` is \"file\"",
        Transport::Smtp => "was handed over; check whether it arrives, and where",
        #[cfg(feature = "testing")]
        Transport::Memory(_) => "was kept in memory",
    };
    println!("the mail to {address} {done}");
    Ok(ExitCode::SUCCESS)
}
