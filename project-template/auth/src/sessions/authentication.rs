//! How and when the user of a session proved who they are: the claims `amr` (RFC 8176) and `auth_time`.

use time::OffsetDateTime;

use crate::words::words;

words! {
    /// A value of `amr`.
    pub(crate) Method {
        Password = "pwd",
        /// A mailed code or link. RFC 8176 has no word for it; `otp` would suggest a device.
        Mail = "email",
        /// An account at another service, or a way of the application.
        Federated = "federated",
        /// A code of an authenticator app, or a recovery code.
        Code = "otp",
        /// A passkey of one device.
        HardwareKey = "hwk",
        /// A passkey that is synced among devices.
        SoftwareKey = "swk",
        /// A fingerprint, a face or a PIN, at the authenticator.
        UserVerification = "user",
        /// Two factors.
        Several = "mfa",
    }
}

/// Each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Methods(Vec<Method>);

impl Methods {
    /// Of one whose authenticator verified its user.
    pub(crate) fn of_passkey(synced: bool) -> Self {
        let key = if synced { Method::SoftwareKey } else { Method::HardwareKey };
        Self(vec![key, Method::UserVerification, Method::Several])
    }

    /// Of one that is shown beside another factor, and may not have verified its user.
    pub(crate) fn of_second_passkey(synced: bool, verified: bool) -> Self {
        let Self(mut methods) = Self::of_passkey(synced);
        methods.retain(|method| verified || *method != Method::UserVerification);
        Self(methods)
    }

    /// These and others.
    pub(crate) fn with(self, others: &Self) -> Self {
        others.0.iter().copied().fold(self, Self::and)
    }

    /// Reads what [`Methods::to_text`] wrote; ignores unknown words.
    pub(crate) fn parse(text: &str) -> Self {
        let named = |word: &str| Method::ALL.iter().copied().find(|method| method.name() == word);
        text.split_whitespace().filter_map(named).fold(Self::default(), Self::and)
    }

    pub(crate) fn has(&self, method: Method) -> bool {
        self.0.contains(&method)
    }

    pub(crate) fn to_text(&self) -> String {
        self.0.iter().map(|method| method.name()).collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn without(mut self, method: Method) -> Self {
        self.0.retain(|other| *other != method);
        self
    }

    /// These and another one. A code beside anything else makes two factors.
    pub(crate) fn and(mut self, method: Method) -> Self {
        self.0.extend(Some(method).filter(|method| !self.0.contains(method)));
        let others = [Method::Password, Method::Mail, Method::Federated];
        let is_two = self.has(Method::Code) && others.into_iter().any(|method| self.has(method));
        if is_two && !self.has(Method::Several) {
            self.0.push(Method::Several);
        }
        self
    }
}

impl From<Method> for Methods {
    fn from(method: Method) -> Self {
        Self(vec![method])
    }
}

pub(crate) struct Authentication {
    pub(crate) methods: Methods,
    /// None for now.
    pub(crate) at: Option<OffsetDateTime>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_beside_another_method_makes_two_factors_and_nothing_else_does() {
        let text = |methods: &[Method]| methods.iter().copied().fold(Methods::default(), Methods::and).to_text();
        assert_eq!(text(&[Method::Password]), "pwd");
        assert_eq!(text(&[Method::Code]), "otp");
        assert_eq!(text(&[Method::Password, Method::Mail]), "pwd email", "a mailed code is no second factor");
        assert_eq!(text(&[Method::Password, Method::Code, Method::Code]), "pwd otp mfa");
        assert_eq!(text(&[Method::Mail, Method::Code]), "email otp mfa");
    }

    #[test]
    fn a_passkey_is_two_factors_and_says_whether_it_can_be_on_several_devices() {
        assert_eq!(Methods::of_passkey(false).to_text(), "hwk user mfa");
        assert_eq!(Methods::of_passkey(true).and(Method::Code).to_text(), "swk user mfa otp");
    }

    #[test]
    fn what_is_written_is_read_back_and_unknown_words_are_left_out() {
        let methods = Methods::from(Method::Password).and(Method::Code);
        assert_eq!(Methods::parse(&methods.to_text()), methods);
        assert_eq!(Methods::parse("pwd retina"), Method::Password.into());
        assert_eq!(Methods::parse(""), Methods::default());
    }
}
