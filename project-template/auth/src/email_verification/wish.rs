use serde::{Deserialize, Serialize};

use super::browser::Browser;
use crate::Auth;
use crate::codes::ReturnTo;
use crate::http::Fields;
use crate::sessions;

/// Read from the request for the mail, and kept in the mail's link.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Wish {
    pub(crate) next: ReturnTo,
    /// Whether the browser forgets the new session when it is closed.
    pub(crate) forgotten: bool,
    /// The browser that signs up; none for a mail that is requested again.
    pub(crate) browser: Option<Browser>,
}

impl Wish {
    pub(crate) fn read(auth: &Auth, fields: &mut Fields) -> Self {
        let next = ReturnTo::read(&auth.settings().http, fields);
        Self { next, forgotten: sessions::is_forgotten(fields).unwrap_or_default(), browser: None }
    }
}
