use time::OffsetDateTime;
use uuid::Uuid;

use super::{Letter, Sender, Settings};
use crate::email::Email;
use crate::http;

/// Sends a test mail of the service with this name at once, to check the settings.
pub async fn send_test(
    (settings, http): (&Settings, &http::Settings),
    service: &str,
    to: &Email,
    now: OffsetDateTime,
) -> anyhow::Result<()> {
    let text = format!("If you read this, {service} can send mail.\n");
    let letter = Letter {
        to: to.as_written().to_owned(),
        subject: format!("Test mail from {service}"),
        html: format!("<p>{}</p>", text.replace('&', "&amp;").replace('<', "&lt;")),
        text,
        language: Some("en".to_owned()),
    };
    let id = Uuid::now_v7();
    let message = letter.message(settings, id, now)?;
    let sender = Sender::new(settings, http.public_host())?;
    sender.send(settings, id, &letter, message).await.map_err(|not_sent| anyhow::anyhow!(not_sent.reason))
}
