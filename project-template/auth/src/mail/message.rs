use lettre::Message;
use lettre::address::{Address, Envelope};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::Settings;
use crate::email::Email;
use crate::templates::Written;

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Letter {
    /// The address as its owner wrote it.
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    /// The tag of the language it is written in; none in the outbox of an earlier version.
    pub(crate) language: Option<String>,
}

// A letter holds secrets.
impl std::fmt::Debug for Letter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Letter").finish_non_exhaustive()
    }
}

impl Letter {
    pub(crate) fn of(to: String, written: Written) -> Self {
        let Written { subject, text, html, language } = written;
        Self { to, subject, text, html, language: Some(language.tag().to_owned()) }
    }

    /// The Message-ID is the same at every attempt.
    pub(super) fn message(&self, settings: &Settings, id: Uuid, now: OffsetDateTime) -> anyhow::Result<Message> {
        let to = address(&self.to)?;
        let from = &settings.from;
        // Other programs send no automatic reply (RFC 3834).
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        let subject = format!("{} {}", settings.subject_prefix, self.subject);
        let mut message = Message::builder()
            .from(from.clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(one_line(&subject))
            .date(now.into())
            .message_id(Some(format!("<{id}@{}>", from.email.domain())))
            .raw_header(HeaderValue::new(automatic, "auto-generated".into()))
            .envelope(Envelope::new(Some(from.email.clone()), vec![to])?);
        if let Some(language) = &self.language {
            // RFC 3282
            let name = HeaderName::new_from_ascii_str("Content-Language");
            message = message.raw_header(HeaderValue::new(name, language.clone()));
        }
        Ok(message.multipart(MultiPart::alternative_plain_html(self.text.clone(), self.html.clone()))?)
    }
}

/// The local part as written, the domain in its ASCII form.
fn address(written: &str) -> anyhow::Result<Address> {
    let email = Email::parse(written).ok_or_else(|| anyhow::anyhow!("the recipient's address is not valid"))?;
    let local = email.as_written().rsplit_once('@').map_or("", |(local, _)| local);
    let domain = email.key().rsplit_once('@').map_or("", |(_, domain)| domain);
    Ok(Address::new(local, domain)?)
}

/// A line break would start another header (header injection).
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Settings {
        crate::Settings::load(std::path::Path::new(""), text, &std::collections::BTreeMap::new()).unwrap().mail
    }

    fn formatted(letter: &Letter, settings: &Settings) -> String {
        let message = letter.message(settings, Uuid::nil(), OffsetDateTime::UNIX_EPOCH).unwrap();
        String::from_utf8(message.formatted()).unwrap()
    }

    fn letter(to: &str, subject: &str) -> Letter {
        let language = crate::languages::Language::english();
        let written = Written { subject: subject.into(), text: "plain".into(), html: "<p>rich</p>".into(), language };
        Letter::of(to.into(), written)
    }

    #[test]
    fn a_message_says_who_when_and_that_no_person_wrote_it_and_has_text_and_html() {
        let settings = settings("[mail]\nfrom = \"Example <no-reply@example.com>\"\nsubject_prefix = \"[Example]\"");
        let text = formatted(&letter("Ada@example.com", "Hello"), &settings);
        for line in [
            "From: Example <no-reply@example.com>\r\n",
            "To: Ada@example.com\r\n",
            "Subject: [Example] Hello\r\n",
            "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n",
            "Message-ID: <00000000-0000-0000-0000-000000000000@example.com>\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Content-Language: en\r\n",
            "MIME-Version: 1.0\r\n",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        let [plain, rich] = ["text/plain; charset=utf-8", "text/html; charset=utf-8"].map(|part| text.find(part));
        assert!(plain.unwrap() < rich.unwrap(), "the last part is the one that programs prefer: {text}");
    }

    #[test]
    fn a_letter_that_an_earlier_version_wrote_is_sent_without_a_language() {
        let written = r#"{"to":"ada@example.com","subject":"Hello","text":"plain","html":"<p>rich</p>"}"#;
        let text = formatted(&serde_json::from_str(written).unwrap(), &settings(""));
        assert!(text.contains("Subject:") && !text.contains("Content-Language"), "{text}");
    }

    #[test]
    fn a_subject_cannot_add_headers() {
        let text = formatted(&letter("ada@example.com", "Hello\r\nBcc: eve@example.com\n\nbody"), &settings(""));
        assert!(text.contains("Subject: Hello  Bcc: eve@example.com  body\r\n"), "{text}");
    }

    #[test]
    fn a_recipient_that_is_no_single_address_is_refused() {
        for to in
            ["ada@example.com, eve@example.com", "ada@example.com\r\nBcc: eve@example.com", "", "Ada <a@example.com>"]
        {
            assert!(
                letter(to, "Hello").message(&settings(""), Uuid::nil(), OffsetDateTime::UNIX_EPOCH).is_err(),
                "{to}"
            );
        }
    }

    #[test]
    fn an_international_domain_is_sent_to_in_its_ascii_form() {
        let text = formatted(&letter("Ada@BÜCHER.example", "Hello"), &settings(""));
        assert!(text.contains("To: Ada@xn--bcher-kva.example\r\n"), "{text}");
    }
}
