//! How and when the user of a session proved who they are: the claims `amr` (RFC 8176) and `auth_time`. Differs from the
//! built-in project: a mailed code is the only proof.

use time::OffsetDateTime;

use crate::words::words;

words! {
    /// A value of `amr`.
    pub(crate) Method {
        /// A mailed code. RFC 8176 has no word for it; `otp` would suggest a device.
        Mail = "email",
    }
}

pub(crate) struct Methods(Method);

impl Methods {
    pub(crate) fn to_text(&self) -> String {
        self.0.name().to_owned()
    }
}

impl From<Method> for Methods {
    fn from(method: Method) -> Self {
        Self(method)
    }
}

pub(crate) struct Authentication {
    pub(crate) methods: Methods,
    /// None for now.
    pub(crate) at: Option<OffsetDateTime>,
}
