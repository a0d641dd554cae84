use std::borrow::Cow;

use crate::words::words;

words! {
    /// Why a session ended.
    pub(crate) EndedBy {
        Logout = "logout",
        LogoutAll = "logout_all",
        User = "user",
        Admin = "admin",
        Replay = "replay",
        Lifetime = "lifetime",
        Deactivation = "deactivation",
        PasswordChange = "password_change",
        PasswordReset = "password_reset",
        EmailChange = "email_change",
        Limit = "limit",
        Invalidation = "invalidation",
        Deletion = "deletion",
        Promotion = "promotion",
        /// The account's second factor was removed.
        SecondFactor = "second_factor",
        /// A passkey was removed.
        Passkey = "passkey",
    }
}

impl From<EndedBy> for Cow<'static, str> {
    fn from(by: EndedBy) -> Self {
        by.name().into()
    }
}
