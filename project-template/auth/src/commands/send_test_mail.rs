use std::process::ExitCode;

use anyhow::Context;

use super::output;
use crate::Settings;
use crate::clock::Clock;
use crate::email::Email;
use crate::mail::{self, Transport};

pub(super) async fn send(settings: &Settings, address: &str) -> anyhow::Result<ExitCode> {
    let email = Email::parse(address).with_context(|| format!("`{address}` is not an e-mail address"))?;
    let name = settings.templates.service_name.as_deref();
    let service = name.unwrap_or_else(|| settings.http.host());
    mail::send_test((&settings.mail, &settings.http), service, &email, Clock::default().now())
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
    output::line(format_args!("the mail to {address} {done}"));
    Ok(ExitCode::SUCCESS)
}
