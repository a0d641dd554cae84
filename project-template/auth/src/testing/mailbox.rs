use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use lettre::Message;
use uuid::Uuid;

use crate::mail::Letter;

/// All mails in the order of their requests, since those due at the same time are sent concurrently.
#[derive(Clone, Debug, Default)]
pub struct Mailbox(Arc<Mutex<BTreeMap<Uuid, Received>>>);

/// A mail that was sent.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the parts of a mail")]
pub struct Received {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// The whole message with its headers, as it would be transmitted.
    pub source: String,
}

impl Mailbox {
    pub(crate) fn put(&self, id: Uuid, letter: &Letter, message: &Message) {
        let Letter { to, subject, text, html, .. } = letter.clone();
        let source = String::from_utf8_lossy(&message.formatted()).into_owned();
        self.mails().insert(id, Received { to, subject, text, html, source });
    }

    fn mails(&self) -> std::sync::MutexGuard<'_, BTreeMap<Uuid, Received>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All mails.
    #[must_use]
    pub fn all(&self) -> Vec<Received> {
        self.mails().values().cloned().collect()
    }

    /// The mails to an address.
    #[must_use]
    pub fn to(&self, address: &str) -> Vec<Received> {
        self.mails().values().filter(|mail| mail.to == address).cloned().collect()
    }

    /// The latest mail to an address.
    #[must_use]
    pub fn latest(&self, address: &str) -> Received {
        self.to(address).pop().unwrap_or_else(|| panic!("no mail to {address} among {:?}", self.all()))
    }
}

impl Received {
    /// The path of the first link, for a client of the test.
    #[must_use]
    pub fn link(&self) -> String {
        let word = self.text.split_whitespace().find(|word| word.contains("://"));
        let path = word.and_then(|word| word.split_once("://")?.1.split_once('/'));
        path.map_or_else(|| panic!("no link in {}", self.text), |(_, path)| format!("/{path}"))
    }

    /// The code: the first word of six digits or more.
    #[must_use]
    pub fn code(&self) -> String {
        let is_code = |word: &&str| word.len() >= 6 && word.bytes().all(|byte| byte.is_ascii_digit());
        let code = self.text.split(|character: char| !character.is_alphanumeric()).find(is_code);
        code.unwrap_or_else(|| panic!("no code in {}", self.text)).to_owned()
    }
}
