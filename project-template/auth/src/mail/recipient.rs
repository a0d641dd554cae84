use crate::Auth;
use crate::email::Email;
use crate::languages::{self, Language};

/// Whom a mail is for: an address, or an account, whose language it then has.
#[derive(Clone, Copy, Debug)]
pub struct Recipient<'m> {
    pub(super) address: &'m Email,
    language: Option<&'m str>,
}

impl<'m> Recipient<'m> {
    /// A recipient and the tag of their language, if it is known.
    #[must_use]
    pub fn new(address: &'m Email, language: Option<&'m str>) -> Self {
        Self { address, language }
    }

    /// As it is written in mails.
    pub(crate) fn written(self) -> String {
        self.address.to_string()
    }

    /// The recipient's, if it is offered; else that of the request.
    pub(super) fn language(self, auth: &Auth) -> Language {
        let languages = auth.languages();
        let own = self.language.and_then(|tag| languages.nearest(tag));
        own.or_else(languages::current).unwrap_or_else(|| languages.default_language())
    }
}

impl<'m> From<&'m Email> for Recipient<'m> {
    fn from(address: &'m Email) -> Self {
        Self::new(address, None)
    }
}
