//! Differs from the built-in project: fewer things end a session.

use std::borrow::Cow;

use crate::words::words;

words! {
    /// Why a session ended.
    pub(crate) EndedBy {
        Logout = "logout",
        Replay = "replay",
        Lifetime = "lifetime",
        Deactivation = "deactivation",
    }
}

impl From<EndedBy> for Cow<'static, str> {
    fn from(by: EndedBy) -> Self {
        by.name().into()
    }
}
